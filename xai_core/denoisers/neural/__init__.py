"""Networks that denoise, one file each. Adding one is a file with a function that builds it, a recipe, and a line here.

supports: neural; channels - of the pictures that it takes (a grey one takes the channels of a colour picture one by one);
shape - (H, W, C) where it takes no other; guided - its last input channel is the noise's level; blind - it needs no level;
pictures - the data sets whose pictures it was made for; reach - pixels that an output pixel sees, each way; stride - multiples at
which a crop may begin; highest - the noise level that a diffusion model was trained up to, from which it draws out of nothing;
mean, brightness_spread - of the training pictures' pixels, and how much (standard deviation) one picture's mean differs from it.
"""

from ...registry import Spec

AUTOENCODER = "xai_core.denoisers.neural.autoencoder:build_autoencoder"
REPORT = "Gondara (2016), doi:10.1109/ICDMW.2016.0041"

DNCNN = "xai_core.denoisers.neural.dncnn:build_dncnn"
FFDNET = "xai_core.denoisers.neural.ffdnet:build_ffdnet"
ADNET = "xai_core.denoisers.neural.adnet:build_adnet"
VARIATIONAL = "xai_core.denoisers.neural.variational:build_variational"
SKIP_AUTOENCODER = "xai_core.denoisers.neural.skip_autoencoder:build_skip_autoencoder"
UNET = "xai_core.denoisers.neural.unet:build_unet"
DIFFUSION = "xai_core.denoisers.neural.diffusion:build_diffusion"
SMALL_COLOUR = {
    "shape": (32, 32, 3),
    "channels": 3,
    "neural": True,
    "blind": True,
    "pictures": ("cifar10", "small_photos"),
}
VAE = "Kingma & Welling (2014), arXiv:1312.6114"
BETA_VAE = "Higgins et al. (2017), beta-VAE, ICLR"
BIAS_FREE = "Mohan et al. (2020), arXiv:1906.05478; Zhang et al. (2021), arXiv:2008.13751"

NETWORKS: tuple[Spec, ...] = (
    Spec(
        "autoencoder-mnist",
        "Autoencoder (MNIST)",
        AUTOENCODER,
        "The report's network, trained on digits under four noises: it redraws the picture from 256 numbers.",
        citation=REPORT,
        passes="1 forward pass",
        supports={"shape": (28, 28, 1), "neural": True, "blind": True, "pictures": ("mnist",)},
    ),
    Spec(
        "autoencoder-fashion",
        "Autoencoder (Fashion-MNIST)",
        AUTOENCODER,
        "The same network, trained on clothes.",
        citation=REPORT,
        passes="1 forward pass",
        supports={"shape": (28, 28, 1), "neural": True, "blind": True, "pictures": ("fashion_mnist",)},
    ),
    Spec(
        "unet-mnist",
        "U-Net (MNIST)",
        UNET,
        "Bias-free residual U-Net for digits, told the noise level.",
        citation=BIAS_FREE,
        passes="1 forward pass",
        supports={"shape": (28, 28, 1), "channels": 1, "neural": True, "guided": True, "pictures": ("mnist",)},
    ),
    Spec(
        "unet-fashion",
        "U-Net (Fashion-MNIST)",
        UNET,
        "Bias-free residual U-Net for clothes, told the noise level.",
        citation=BIAS_FREE,
        passes="1 forward pass",
        supports={"shape": (28, 28, 1), "channels": 1, "neural": True, "guided": True, "pictures": ("fashion_mnist",)},
    ),
    Spec(
        "diffusion-fashion",
        "Diffusion model (Fashion-MNIST)",
        DIFFUSION,
        "A noise predictor for every level: it answers at once, or draws several answers that could all be true.",
        citation="Ho et al. (2020), arXiv:2006.11239; Karras et al. (2022), arXiv:2206.00364",
        passes="1 forward pass; a sample takes one a step",
        supports={
            "shape": (28, 28, 1),
            "channels": 1,
            "neural": True,
            "guided": True,
            "pictures": ("fashion_mnist",),
            "highest": 900,
            "mean": 0.286,
            "brightness_spread": 0.126,
        },
    ),
    Spec(
        "unet-cifar10",
        "U-Net (CIFAR-10)",
        UNET,
        "Bias-free residual U-Net for small colour pictures, told the noise level.",
        citation=BIAS_FREE,
        passes="1 forward pass",
        supports={"shape": (32, 32, 3), "channels": 3, "neural": True, "guided": True, "pictures": ("cifar10", "small_photos")},
    ),
    Spec(
        "variational-cifar10-single",
        "Variational, one stage (CIFAR-10)",
        VARIATIONAL,
        "One convolutional stage to the mean and spread of a 16 x 16 map of 4 channels, and back.",
        citation=VAE,
        passes="1 forward pass",
        supports=SMALL_COLOUR,
    ),
    Spec(
        "variational-cifar10",
        "Variational, stacked (CIFAR-10)",
        VARIATIONAL,
        "Two stages to the mean and spread of an 8 x 8 map of 16 channels: samples of it give several pictures for one.",
        citation=VAE,
        passes="1 forward pass",
        supports=SMALL_COLOUR,
    ),
    Spec(
        "variational-cifar10-beta-low",
        "Variational, beta 0.1 (CIFAR-10)",
        VARIATIONAL,
        "The stacked network with a tenth of the price on information: sharper, its latents far from the prior.",
        citation=BETA_VAE,
        passes="1 forward pass",
        supports=SMALL_COLOUR,
    ),
    Spec(
        "variational-cifar10-beta-high",
        "Variational, beta 10 (CIFAR-10)",
        VARIATIONAL,
        "The stacked network with ten times the price on information: few channels carry any, the rest is redrawn smooth.",
        citation=BETA_VAE,
        passes="1 forward pass",
        supports=SMALL_COLOUR,
    ),
    Spec(
        "autoencoder-cifar10",
        "Autoencoder, stacked (CIFAR-10)",
        VARIATIONAL,
        "The stacked network without sampling and without a price: one code, one picture.",
        citation=REPORT,
        passes="1 forward pass",
        supports=SMALL_COLOUR,
    ),
    Spec(
        "variational-stl10",
        "Variational, stacked (STL-10)",
        VARIATIONAL,
        "The same two stages for pictures of 96 x 96: a 24 x 24 map of 16 channels.",
        citation=VAE,
        passes="1 forward pass",
        supports={"shape": (96, 96, 3), "channels": 3, "neural": True, "blind": True, "pictures": ("stl10",)},
    ),
    Spec(
        "unet-grey",
        "U-Net (grey photographs)",
        UNET,
        "Bias-free residual U-Net for photographs of any size, told the noise level.",
        citation=BIAS_FREE,
        passes="1 forward pass",
        supports={
            "channels": 1,
            "reach": 53,
            "stride": 8,
            "neural": True,
            "guided": True,
            "pictures": ("bsd68", "set12", "casting", "simulated_castings"),
        },
    ),
    Spec(
        "unet-blind",
        "Blind U-Net (grey photographs)",
        UNET,
        "The same network without the level: all it gives is the picture times its own Jacobian.",
        citation=BIAS_FREE,
        passes="1 forward pass",
        supports={"channels": 1, "reach": 53, "stride": 8, "neural": True, "blind": True, "pictures": ("bsd68", "set12")},
    ),
    Spec(
        "dncnn",
        "DnCNN (sigma 25)",
        DNCNN,
        "Seventeen layers that find the noise; trained for the one level 25.",
        citation="Zhang, Zuo, Chen, Meng & Zhang (2017), doi:10.1109/TIP.2017.2662206",
        passes="1 forward pass",
        supports={"channels": 1, "reach": 17, "neural": True, "blind": True, "level": 25, "pictures": ("bsd68", "set12")},
    ),
    Spec(
        "ffdnet",
        "FFDNet",
        FFDNET,
        "Fast: works on half the resolution, told the noise level.",
        citation="Zhang, Zuo & Zhang (2018), doi:10.1109/TIP.2018.2839891",
        passes="1 forward pass",
        supports={"channels": 1, "reach": 31, "stride": 2, "neural": True, "guided": True, "pictures": ("bsd68", "set12")},
    ),
    Spec(
        "adnet",
        "ADNet (sigma 25)",
        ADNET,
        "Dilated convolutions and an attention on the noise they find; trained for the one level 25.",
        citation="Tian et al. (2020), doi:10.1016/j.neunet.2019.12.024",
        passes="1 forward pass",
        supports={"channels": 1, "reach": 20, "neural": True, "blind": True, "level": 25, "pictures": ("bsd68", "set12")},
    ),
    Spec(
        "unet-colour",
        "U-Net (colour photographs)",
        UNET,
        "The same network for the three channels of colour together.",
        citation=BIAS_FREE,
        passes="1 forward pass",
        supports={
            "channels": 3,
            "reach": 53,
            "stride": 8,
            "neural": True,
            "guided": True,
            "pictures": ("cbsd68", "photos", "galaxies", "simulated_galaxies", "hubble"),
        },
    ),
    Spec(
        "skip-autoencoder",
        "Skip autoencoder (castings)",
        SKIP_AUTOENCODER,
        "Redraws a casting at five scales without Gaussian noise or waves; it must be told neither.",
        citation="Hami & JameBozorg (2024), arXiv:2404.10664",
        passes="1 forward pass",
        supports={
            "channels": 1,
            "reach": 78,
            "stride": 16,
            "neural": True,
            "blind": True,
            "pictures": ("casting", "simulated_castings"),
        },
    ),
)
