"""Training: recipes as frozen values, one loop, weights with a manifest."""

from .folds import cross_validate
from .loop import RUNS, State, running, train
from .recipes import RECIPES, TRAINABLE, Augmentation, Recipe, get_recipe

__all__ = ["RECIPES", "RUNS", "TRAINABLE", "Augmentation", "Recipe", "State", "cross_validate", "get_recipe", "running", "train"]
