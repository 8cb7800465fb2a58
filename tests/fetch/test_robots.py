"""X-Robots-Tag headers: which count, and that opted-out pictures are not taken."""

import time

import pytest
from fetch_calls import fetch, fetch_error
from loopback_servers import JPEG, Handler, Server, serving

from logoflow.fetch.robots import opt_out

pytestmark = pytest.mark.usefixtures("dialled")


@pytest.mark.parametrize(
    ("headers", "directive"),
    [
        (["noai"], "noai"),
        (["noimageai"], "noimageai"),
        (["noindex"], "noindex"),
        (["None"], "none"),
        (["noimageindex"], "noimageindex"),
        (["NoAI"], "noai"),
        (["nofollow, noindex"], "noindex"),
        ([" nofollow ,noimageai "], "noimageai"),
        (["all", "noai"], "noai"),
        (["logoflow: noai"], "noai"),
        (["LogoFlow : nofollow, noai"], "noai"),
        (["otherbot: noindex, logoflow: noai"], "noai"),
        (["*: noai"], "noai"),
        (["otherbot: noindex", "noai"], "noai"),
        (["max-snippet: 5, noai"], "noai"),
        (["unavailable_after: 25 Jun 2010 15:00:00 PST, noindex"], "noindex"),
        (["unavailable_after: Friday, 25-Jun-10 15:00:00 GMT, noindex"], "noindex"),
        ([], None),
        ([""], None),
        (["all"], None),
        (["nofollow, noarchive"], None),
        (["noaim"], None),
        (["otherbot: noindex"], None),
        (["otherbot: noindex, noai"], None),
        (["max-image-preview: none"], None),
        ([":,:,::"], None),
    ],
)
def test_directives_that_count(headers, directive):
    assert opt_out(headers) == directive


def test_a_picture_whose_owner_opts_out_is_not_taken(server):
    url = server.put("/art.jpg", JPEG, X_Robots_Tag=("nofollow", "otherbot: all", "NoImageAI"))
    error = fetch_error(url)
    assert error.kind == "opted_out"
    assert "noimageai" in str(error)
    assert fetch(url, honour_opt_out=False).content == JPEG


def test_directives_for_other_bots_do_not_count(server):
    url = server.put("/art.jpg", JPEG, X_Robots_Tag="otherbot: noindex")
    assert fetch(url).content == JPEG


def test_the_body_of_an_opted_out_picture_is_not_read():
    class Slow(Handler):
        def art(self):
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Robots-Tag: noai\r\n\r\n")
            self.server.stop.wait(5)

    with serving(Server(Slow)) as slow:
        start = time.monotonic()
        assert fetch_error(f"{slow.base}/art").kind == "opted_out"
        assert time.monotonic() - start < 3


def test_a_redirect_may_opt_out_too(server):
    url = server.put("/moved", b"", 302, Location="/good.jpg", X_Robots_Tag="noai")
    assert fetch_error(url).kind == "opted_out"
    assert len(server.asked) == 1
    assert fetch(url, honour_opt_out=False).content == JPEG


def test_an_error_page_with_noindex_is_reported_as_the_error(server):
    assert fetch_error(server.put("/gone", b"", 404, X_Robots_Tag="noindex")).kind == "not_found"
