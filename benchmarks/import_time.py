"""How long `import xai_core` takes: median of 11 fresh interpreters, less the time of an empty one. Goal: under 0.3 s."""

import statistics
import subprocess
import sys
import time
from pathlib import Path

REPEATS = 11


def seconds(code: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).resolve().parents[1], check=True)
    return time.perf_counter() - start


def main() -> None:
    seconds("import xai_core")  # compiles the files and warms the disk
    empty = statistics.median(seconds("pass") for _ in range(REPEATS))
    full = statistics.median(seconds("import xai_core") for _ in range(REPEATS))
    print(f"import xai_core: {full - empty:.3f} s (goal: under 0.300 s)")


if __name__ == "__main__":
    main()
