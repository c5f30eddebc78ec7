"""Figures: image quality with and without a clean picture, residuals, classification."""

from .bootstrap import Estimate, Paired, ReportEstimates, bootstrap_mean, bootstrap_report, grouped_difference, paired
from .calibration import Calibration, calibration
from .classification import Report, classification_report, wilson_interval
from .features import ClusterScores, Neighbours, cluster_scores, knn_accuracy, nearest
from .gradient import GradientSimilarity, gradient_similarity
from .image_quality import mse, pixel_accuracy, psnr, psnr_8bit, ssim
from .label_noise import LabelNoise, label_noise, missed_by_all
from .learning_curve import PowerLaw, power_law
from .multiscale import ms_ssim
from .no_reference import JInvariance, Sure, blur_effect, j_invariance, sure
from .perceptual import lpips, lpips_available
from .spectrum import RadialPower, power_spectrum, radial_power
from .whiteness import Whiteness, residual_whiteness

__all__ = [
    "Calibration",
    "ClusterScores",
    "Estimate",
    "GradientSimilarity",
    "JInvariance",
    "LabelNoise",
    "Neighbours",
    "Paired",
    "PowerLaw",
    "RadialPower",
    "Report",
    "ReportEstimates",
    "Sure",
    "Whiteness",
    "blur_effect",
    "bootstrap_mean",
    "bootstrap_report",
    "calibration",
    "classification_report",
    "cluster_scores",
    "gradient_similarity",
    "grouped_difference",
    "j_invariance",
    "knn_accuracy",
    "label_noise",
    "lpips",
    "lpips_available",
    "missed_by_all",
    "ms_ssim",
    "mse",
    "nearest",
    "paired",
    "pixel_accuracy",
    "power_law",
    "power_spectrum",
    "psnr",
    "psnr_8bit",
    "radial_power",
    "residual_whiteness",
    "ssim",
    "sure",
    "wilson_interval",
]
