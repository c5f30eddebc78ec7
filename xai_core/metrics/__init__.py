"""Figures: image quality with and without a clean picture, residuals, classification."""

from .classification import Report, classification_report, wilson_interval
from .gradient import GradientSimilarity, gradient_similarity
from .image_quality import mse, pixel_accuracy, psnr, psnr_8bit, ssim
from .multiscale import ms_ssim
from .no_reference import JInvariance, Sure, blur_effect, j_invariance, sure
from .perceptual import lpips, lpips_available
from .spectrum import RadialPower, power_spectrum, radial_power
from .whiteness import Whiteness, residual_whiteness

__all__ = [
    "GradientSimilarity",
    "JInvariance",
    "RadialPower",
    "Report",
    "Sure",
    "Whiteness",
    "blur_effect",
    "classification_report",
    "gradient_similarity",
    "j_invariance",
    "lpips",
    "lpips_available",
    "ms_ssim",
    "mse",
    "pixel_accuracy",
    "power_spectrum",
    "psnr",
    "psnr_8bit",
    "radial_power",
    "residual_whiteness",
    "ssim",
    "sure",
    "wilson_interval",
]
