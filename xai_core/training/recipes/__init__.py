"""The recipes of all trained models, one file a study. Adding one is a `Recipe` in the file of its study."""

from ...registry import Registry, Spec
from ..recipe import Recipe
from . import castings, cifar10, denoisers, diffusion, galaxies, noise_kinds, small

RECIPES: tuple[Recipe, ...] = (
    *denoisers.RECIPES,
    *small.RECIPES,
    *galaxies.RECIPES,
    *castings.RECIPES,
    *cifar10.RECIPES,
    *diffusion.RECIPES,
    *noise_kinds.RECIPES,
)

TRAINABLE = Registry("trainable model", tuple(Spec(r.name, r.label, r.build, "") for r in RECIPES))


def get_recipe(name: str) -> Recipe:
    """The recipe of that name; `UnknownName` with the closest match otherwise."""
    TRAINABLE.get(name)
    return next(recipe for recipe in RECIPES if recipe.name == name)
