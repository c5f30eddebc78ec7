"""Search order, downloads, cached arrays, pictures on disk."""

import hashlib
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np
import pytest

from xai_core import datasets
from xai_core.datasets import _sources, mnist
from xai_core.errors import Cancelled, DataNotFound

CONTENT = np.random.default_rng(0).bytes(600_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/missing":
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT[: 1000 if self.path == "/cut" else None])

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


@pytest.fixture
def folder(monkeypatch, tmp_path):
    monkeypatch.setenv("XAI_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return tmp_path / "data"


def files(folder):
    return [path for path in folder.rglob("*") if path.is_file()] if folder.exists() else []


def test_download(server, folder):
    shares = []
    path = _sources.download(f"{server}/file", "deep/file.bin", SHA256, shares.append)
    assert path == folder / "deep" / "file.bin"
    assert path.read_bytes() == CONTENT
    assert files(folder) == [path]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert len(shares) > 1


def test_a_wrong_checksum_leaves_nothing(server, folder):
    with pytest.raises(DataNotFound, match="checksum differs"):
        _sources.download(f"{server}/file", "file.bin", "0" * 64)
    assert files(folder) == []


def test_a_wrong_download_does_not_replace_a_good_file(server, folder):
    good = _sources.download(f"{server}/file", "file.bin", SHA256)
    with pytest.raises(DataNotFound):
        _sources.download(f"{server}/cut", "file.bin", SHA256)
    assert good.read_bytes() == CONTENT


@pytest.mark.parametrize("path", ["missing", "cut"])
def test_a_failing_server(server, folder, path):
    with pytest.raises(DataNotFound, match=r"could not be downloaded \(.*404|checksum differs"):
        _sources.download(f"{server}/{path}", "file.bin", SHA256)
    assert files(folder) == []


def test_no_server(folder):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(DataNotFound, match=r"could not be downloaded .* place the file at .*file\.bin"):
        _sources.download(f"http://127.0.0.1:{port}/", "file.bin", SHA256)
    assert files(folder) == []


def test_a_folder_that_cannot_be_made(server, folder):
    folder.write_text("a file where the folder should be")
    with pytest.raises(DataNotFound, match="could not be downloaded"):
        _sources.download(f"{server}/file", "deep/file.bin", SHA256)


def test_a_cancelled_download_leaves_nothing(server, folder):
    def stop(share):
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        _sources.download(f"{server}/file", "file.bin", SHA256, stop)
    assert files(folder) == []


def test_downloading_a_data_set_makes_it_the_one_in_use(server, folder, monkeypatch, tmp_path):
    np.savez(tmp_path / "served.npz", x_test=np.zeros((10, 28, 28), np.uint8), y_test=np.arange(10))
    content = (tmp_path / "served.npz").read_bytes()
    monkeypatch.setattr(f"{__name__}.CONTENT", content)
    monkeypatch.setattr(mnist, "URL", f"{server}/mnist.npz")
    monkeypatch.setattr(mnist, "SHA256", hashlib.sha256(content).hexdigest())
    datasets._load.cache_clear()
    try:
        before = datasets.load_dataset("mnist").provenance.origin
        datasets.download("mnist")
        after = datasets.load_dataset("mnist")
    finally:
        datasets._load.cache_clear()
    assert (before, after.provenance.origin, len(after)) == ("bundled subset", "full", 10)


def test_search_order(monkeypatch, tmp_path):
    monkeypatch.delenv("XAI_DATA_DIR", raising=False)
    monkeypatch.setattr(_sources, "REPOSITORY", tmp_path / "repository")
    shared, own = tmp_path / "shared" / "data", tmp_path / "repository" / "data"
    assert _sources.find("file") is None
    for folder in (shared, own):  # each found in turn, the nearer one first
        folder.mkdir(parents=True)
        (folder / "file").touch()
        assert _sources.find("file") == folder / "file"
    monkeypatch.setenv("XAI_DATA_DIR", str(tmp_path))
    assert _sources.find("file") is None


def test_cached_arrays_are_parsed_once_and_again_when_damaged(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    calls = []

    def build():
        calls.append(1)
        return {"x": np.arange(5)}

    for _ in range(3):
        assert _sources.cached_arrays("name", build)["x"].tolist() == [0, 1, 2, 3, 4]
    assert len(calls) == 1
    stored = tmp_path / "noiselens" / "name.npz"
    stored.write_bytes(stored.read_bytes()[:50])
    assert _sources.cached_arrays("name", build)["x"].tolist() == [0, 1, 2, 3, 4]
    assert len(calls) == 2
    assert files(tmp_path) == [stored]


def test_cached_arrays_without_a_cache_folder(monkeypatch, tmp_path):
    (tmp_path / "noiselens").write_text("a file where the folder should be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert _sources.cached_arrays("name", lambda: {"x": np.arange(3)})["x"].tolist() == [0, 1, 2]


def test_image_files(tmp_path):
    paths = []
    for index in range(3):
        paths.append(tmp_path / f"{index}.png")
        cv2.imwrite(str(paths[-1]), np.full((16, 16, 3), (0, 0, 50 * index), np.uint8))
    pictures = _sources.ImageFiles(paths, 16)
    assert np.asarray(pictures).dtype == np.uint8
    assert np.asarray(pictures)[:, 0, 0, 0].tolist() == [0, 50, 100]
    assert np.asarray(pictures, np.float32).dtype == np.float32
    assert _sources.ImageFiles(paths, 8).__getitem__(2).shape == (8, 8, 3)
    assert _sources.ImageFiles(paths, 8, channels=1)[2].shape == (8, 8, 1)
    with pytest.raises(ValueError, match="without a copy"):
        np.asarray(pictures, copy=False)
