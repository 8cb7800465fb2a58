from http.server import BaseHTTPRequestHandler

import pytest
from archive_files import files_in, zip_with

from logoflow.datasets import archives
from logoflow.datasets.archives import fetch_archive, open_source
from logoflow.errors import ArchiveError


def test_fetch_archive_downloads_once(tmp_path, serve):
    archive = zip_with(tmp_path / "set.zip", [("a.txt", b"a")])
    url = serve(tmp_path) + "/set.zip"
    for _ in range(2):
        fetched = fetch_archive(url, folder=tmp_path / "kept")
    assert fetched.read_bytes() == archive.read_bytes()
    assert serve.handler.requests == ["/set.zip"]


def test_fetch_archive_gives_two_urls_two_files(tmp_path, serve):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        zip_with(tmp_path / name / "set.zip", [(f"{name}.txt", b"")])
    url = serve(tmp_path)
    kept = [fetch_archive(f"{url}/{name}/set.zip", folder=tmp_path) for name in ("one", "two")]
    assert kept[0] != kept[1]


def test_fetch_archive_refuses_what_is_not_an_archive_of_acceptable_size(
    tmp_path, serve, monkeypatch
):
    (tmp_path / "login.html").write_text("<p>Please log in</p>")
    zip_with(tmp_path / "set.zip", [("a.txt", b"a")])
    url = serve(tmp_path)
    with pytest.raises(ArchiveError, match="neither a zip nor a tar"):
        fetch_archive(url + "/login.html", folder=tmp_path / "kept")
    with pytest.raises(ArchiveError, match="404"):
        fetch_archive(url + "/other.zip", folder=tmp_path / "kept")
    with pytest.raises(ArchiveError, match="not an http"):
        fetch_archive("file:///etc/passwd", folder=tmp_path / "kept")
    monkeypatch.setattr(archives, "MAX_BYTES", 50)
    with pytest.raises(ArchiveError, match="larger than 50 bytes"):
        fetch_archive(url + "/set.zip", folder=tmp_path / "kept")
    assert files_in(tmp_path / "kept") == set()


def test_fetch_archive_can_be_repeated_after_a_failed_download(tmp_path, serve):
    content = zip_with(tmp_path / "set.zip", [("a.txt", b"a" * 5000)]).read_bytes()

    class FailsOnce(BaseHTTPRequestHandler):
        tries = 0

        def __init__(self, *args, directory):
            super().__init__(*args)

        def log_message(self, *args):
            pass

        def do_GET(self):
            FailsOnce.tries += 1
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[:30] if FailsOnce.tries == 1 else content)

    url = serve(tmp_path, FailsOnce) + "/set.zip"
    with pytest.raises(ArchiveError, match="Try again"):
        fetch_archive(url, folder=tmp_path / "kept")
    assert files_in(tmp_path / "kept") == set()
    assert fetch_archive(url, folder=tmp_path / "kept").read_bytes() == content


def test_open_source_takes_a_folder_an_archive_or_a_url(tmp_path, serve, own_data):
    zip_with(tmp_path / "set.zip", [("set/a.txt", b"a")])
    assert open_source(tmp_path, "set") == tmp_path
    for source in (tmp_path / "set.zip", serve(tmp_path) + "/set.zip"):
        folder = open_source(source, "set")
        assert folder.parent == own_data
        assert files_in(folder) == {"set/a.txt"}
        assert open_source(source, "set") == folder
    with pytest.raises(FileNotFoundError, match="nowhere"):
        open_source(tmp_path / "nowhere", "set")


class Redirecting(BaseHTTPRequestHandler):
    def __init__(self, *args, directory):
        super().__init__(*args)

    def log_message(self, *args):
        pass

    def do_GET(self):
        self.server.seen.append(dict(self.headers))
        self.send_response(302)
        self.send_header("Location", "http://169.254.169.254/latest/meta-data/")
        self.end_headers()


def test_fetch_archive_follows_no_redirect_to_a_metadata_address(tmp_path, serve, monkeypatch):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login ann password secret")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    seen = []
    monkeypatch.setattr("http.server.HTTPServer.seen", seen, raising=False)
    with pytest.raises(ArchiveError, match="never fetched from"):
        fetch_archive(serve(tmp_path, Redirecting) + "/set.zip", folder=tmp_path / "kept")
    assert len(seen) == 1
    assert "Authorization" not in seen[0], "the password of .netrc was sent"
