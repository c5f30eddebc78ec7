"""Training: recipes as frozen values, one loop, weights with a manifest."""

from .exports import export
from .folds import cross_validate
from .loop import RUNS, State, running, train
from .recipe import Augmentation, Recipe
from .recipes import RECIPES, TRAINABLE, get_recipe

__all__ = [
    "RECIPES",
    "RUNS",
    "TRAINABLE",
    "Augmentation",
    "Recipe",
    "State",
    "cross_validate",
    "export",
    "get_recipe",
    "running",
    "train",
]
