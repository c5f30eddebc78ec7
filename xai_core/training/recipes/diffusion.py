"""Diffusion models: noise predictors for all levels, from nearly none to nearly nothing but noise."""

from ..recipe import Augmentation, Recipe

MEAN, DEVIATION = 0.286, 0.353
"""Of the pixels of Fashion-MNIST's training pictures."""

LEVELS = (("gaussian", 1, 900), ("gaussian", 10, 100))
"""Half of the pictures over the whole way from pure noise (ten times the pixels' deviation) down, half where one denoises."""

RECIPES: tuple[Recipe, ...] = (
    Recipe(
        "diffusion-fashion",
        "Diffusion model (Fashion-MNIST)",
        "denoiser",
        "xai_core.denoisers.neural.diffusion:build_diffusion",
        ("fashion_mnist",),
        28,
        1,
        arguments=(("widths", (16, 48, 96)), ("mean", MEAN), ("deviation", DEVIATION)),
        noise=LEVELS,
        levels="logarithmic",
        deviation=DEVIATION,
        clipped=0,
        guided=True,
        augmentation=Augmentation(flip_horizontal=True),
        epochs=8,
        batch=64,
        patience=8,
        average=0.98,
        held_out=0.05,
        half=True,
        precision="mixed_bfloat16",
    ),
)
