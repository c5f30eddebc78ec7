"""The rules of the layout that import-linter cannot see: scripts, lazy imports, files that must agree with each other."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

import xai_core

REPOSITORY = Path(__file__).resolve().parents[1]
SCRIPTS = [REPOSITORY / "app.py", *sorted((REPOSITORY / "pages").glob("*.py"))]
LONGEST_SCRIPT = 150  # lines

PUBLIC = {
    "load_dataset",
    "add_noise",
    "load_denoiser",
    "load_classifier",
    "activations",
    "explain",
    "metrics",
    "list_datasets",
    "list_denoisers",
    "list_classifiers",
    "list_explainers",
    "list_noises",
}
"""The names that examples and acceptance checks use."""

HEAVY = {"tensorflow", "keras", "streamlit", "plotly", "matplotlib", "pandas", "scipy", "skimage", "sklearn", "cv2", "PIL"}


def python_files(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((REPOSITORY / folder).rglob("*.py"))]


def imported(path: Path) -> set[str]:
    """The packages that a file imports anywhere, inside functions too; relative imports are its own package's."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.partition(".")[0])
    return names


def relative(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


def test_importing_the_library_imports_nothing_heavy() -> None:
    code = "import json, sys, xai_core; dir(xai_core); print(json.dumps(sorted(name.partition('.')[0] for name in sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert not HEAVY & set(json.loads(done.stdout))


def test_public_names() -> None:
    assert set(xai_core.__all__) >= PUBLIC
    assert set(dir(xai_core)) >= set(xai_core.__all__)
    for name in xai_core.__all__:
        assert getattr(xai_core, name) is not None


def test_unknown_public_name() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = xai_core.no_such_name


@pytest.mark.parametrize("path", python_files("xai_core"), ids=relative)
def test_library_is_free_of_the_dashboard(path: Path) -> None:
    forbidden = {"streamlit", "ui", "pages", "app"}
    if REPOSITORY / "xai_core" / "render" not in path.parents:
        forbidden.add("plotly")
    assert not imported(path) & forbidden


@pytest.mark.parametrize("path", [*SCRIPTS, *python_files("ui")], ids=relative)
def test_dashboard_leaves_networks_and_figures_to_the_library(path: Path) -> None:
    assert not imported(path) & {"tensorflow", "keras", "plotly", "matplotlib", "skimage", "sklearn", "h5py"}


@pytest.mark.parametrize("path", python_files("ui"), ids=relative)
def test_ui_does_not_import_pages(path: Path) -> None:
    assert not imported(path) & {"pages", "app"}


@pytest.mark.parametrize("path", SCRIPTS, ids=relative)
def test_scripts_are_thin(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= LONGEST_SCRIPT
    # What computes or caches belongs below: a page neither defines classes nor caches.
    assert not [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef)]
    assert "cache_data" not in source
    assert "cache_resource" not in source


def test_docker_copies_what_is_there() -> None:
    """Each COPY source of the Dockerfile exists and is let through by .dockerignore, which lets through nothing else."""
    lines = (REPOSITORY / "Dockerfile").read_text().splitlines()
    sources = {source.rstrip("/") for line in lines if line.startswith("COPY ") for source in line.split()[1:-1]}
    allowed = {line[1:] for line in (REPOSITORY / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert sources == allowed
    assert [source for source in sources if not (REPOSITORY / source).exists()] == []


def test_requirements_agree() -> None:
    def bound(file: str, package: str) -> str:
        found = re.search(rf"^{re.escape(package)}(.*)$", (REPOSITORY / file).read_text(), re.MULTILINE)
        assert found, f"{package} is missing in {file}"
        return found[1]

    assert bound("requirements-gpu.txt", "tensorflow[and-cuda]") == bound("requirements.txt", "tensorflow")


def test_streamlit_knows_every_setting() -> None:
    from streamlit import config

    def keys(table: dict[str, Any], prefix: str = "") -> list[str]:
        found = []
        for name, value in table.items():
            found += keys(value, f"{prefix}{name}.") if isinstance(value, dict) else [prefix + name]
        return found

    settings = tomllib.loads((REPOSITORY / ".streamlit" / "config.toml").read_text())
    assert [key for key in keys(settings) if key not in config.get_config_options()] == []
    assert settings["server"]["enableXsrfProtection"] is True
    assert settings["server"]["enableCORS"] is True
    assert settings["server"]["maxUploadSize"] == 10
    assert settings["client"]["showErrorDetails"] == "none"
    assert settings["browser"]["gatherUsageStats"] is False
