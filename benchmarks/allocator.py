"""What keeping large buffers is worth: seconds of a forward pass with and without `device._keep_large_buffers`.

Run: python -m benchmarks.allocator
"""

import statistics
import subprocess
import sys

SCRIPT = """
import statistics, sys, time
if sys.argv[1] == "keep":
    from xai_core.device import _keep_large_buffers
    _keep_large_buffers()
import numpy as np, tensorflow as tf
from xai_core.training import get_recipe
model = get_recipe("galaxy-cnn2").network()
images = np.random.default_rng(0).random((64, 96, 96, 3), np.float32)
run = tf.function(lambda batch: model(batch, training=False))
run(images)
times = []
for _ in range(15):
    began = time.perf_counter()
    run(images)
    times.append(time.perf_counter() - began)
print(statistics.median(times))
"""


def main() -> None:
    for choice in ("plain", "keep"):
        seconds = [
            float(subprocess.run([sys.executable, "-c", SCRIPT, choice], capture_output=True, text=True, check=True).stdout)
            for _ in range(3)
        ]
        print(f"{choice:6} CNN-2, 64 pictures of 96x96: {1000 * statistics.median(seconds):.0f} ms")


if __name__ == "__main__":
    main()
