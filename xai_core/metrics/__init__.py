"""Figures: image quality, classification."""

from .classification import Report, classification_report, wilson_interval
from .image_quality import mse, pixel_accuracy, psnr, ssim

__all__ = ["Report", "classification_report", "mse", "pixel_accuracy", "psnr", "ssim", "wilson_interval"]
