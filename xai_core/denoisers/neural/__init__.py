"""Networks that denoise, one file each. Adding one is a file with a function that builds it, a recipe, and a line here.

supports: neural; channels - of the pictures that it takes (a grey one takes the channels of a colour picture one by one);
shape - (H, W, C) where it takes no other; guided - its last input channel is the noise's level; blind - it needs no level;
trained_on - the data set whose pictures it knows.
"""

from ...registry import Spec

AUTOENCODER = "xai_core.denoisers.neural.autoencoder:build_autoencoder"
REPORT = "Gondara (2016), doi:10.1109/ICDMW.2016.0041"

NETWORKS: tuple[Spec, ...] = (
    Spec(
        "autoencoder-mnist",
        "Autoencoder (MNIST)",
        AUTOENCODER,
        "The report's network, trained on digits under four noises: it redraws the picture from 256 numbers.",
        citation=REPORT,
        passes="1 forward pass",
        supports={"shape": (28, 28, 1), "neural": True, "blind": True, "trained_on": "mnist"},
    ),
    Spec(
        "autoencoder-fashion",
        "Autoencoder (Fashion-MNIST)",
        AUTOENCODER,
        "The same network, trained on clothes.",
        citation=REPORT,
        passes="1 forward pass",
        supports={"shape": (28, 28, 1), "neural": True, "blind": True, "trained_on": "fashion_mnist"},
    ),
)
