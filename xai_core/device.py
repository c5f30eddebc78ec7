"""The device that TensorFlow computes on, and how it takes memory."""

import ctypes
import platform
from functools import cache


@cache
def configure() -> str:
    """Prepare TensorFlow once and return the device's name: "CPU" or, say, "GPU: NVIDIA H200".

    A GPU's memory grows as needed instead of being taken whole. On Linux, large buffers are kept by the process:
    glibc otherwise gives every tensor over 32 MB back at once, and the page faults of taking it anew cost more than
    the convolution that fills it (2.7 times the whole forward pass, measured by benchmarks/allocator.py).
    """
    if platform.system() == "Linux":
        _keep_large_buffers()
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)
    if not gpus:
        return "CPU"
    details = tf.config.experimental.get_device_details(gpus[0])
    return f"GPU: {details.get('device_name', gpus[0].name)}"


def _keep_large_buffers() -> None:
    # Names and numbers of glibc's malloc.h; another C library has no mallopt, or ignores it.
    trim_threshold, top_pad, mmap_max = -1, -2, -4
    try:
        libc = ctypes.CDLL(None)
        for option, value in ((mmap_max, 0), (trim_threshold, 512 << 20), (top_pad, 64 << 20)):
            libc.mallopt(ctypes.c_int(option), ctypes.c_int(value))
    except (OSError, AttributeError):
        pass
