"""Scenes computed: the chain of one, the figures of a model over a whole split."""

from .chain import Pictures, pictures, source
from .evaluation import evaluate

__all__ = ["Pictures", "evaluate", "pictures", "source"]
