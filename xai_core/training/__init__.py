"""Training: recipes as frozen values, one loop, weights with a manifest."""

from .loop import train
from .recipes import RECIPES, TRAINABLE, Augmentation, Recipe, get_recipe

__all__ = ["RECIPES", "TRAINABLE", "Augmentation", "Recipe", "get_recipe", "train"]
