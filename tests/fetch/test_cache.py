"""Fetched pictures are cached, and returned only to callers that may fetch them."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from loopback_servers import JPEG, picture

from logoflow.errors import FetchError
from logoflow.fetch.fetch_image import fetch_image
from logoflow.utils.paths import cache_home
from logoflow.web.classify_url import get_image

pytestmark = pytest.mark.usefixtures("dialled")


def test_a_second_call_needs_no_network(server):
    url = f"{server.base}/good.jpg"
    first = fetch_image(url, allow_private=True)
    server.put("/good.jpg", b"gone", 404)
    assert fetch_image(url, allow_private=True) == first
    assert len(server.asked) == 1


def test_urls_with_the_same_file_name_do_not_mix(server):
    colours = {"/a/logo.jpg": "red", "/b/logo.jpg": "blue", "/a/logo.jpg?v=2": "green"}
    for path, colour in colours.items():
        content = picture(colour=colour)
        server.put(path.split("?")[0], content)
        assert fetch_image(server.base + path, allow_private=True).content == content
    for path, colour in colours.items():
        assert fetch_image(server.base + path, True).content == picture(colour=colour)


def test_limits_hold_for_cached_pictures_too(server):
    url = f"{server.base}/good.jpg"
    fetch_image(url, allow_private=True)
    for limit in ({"max_bytes": 10}, {"max_pixels": 10}):
        with pytest.raises(FetchError) as caught:
            fetch_image(url, allow_private=True, **limit)
        assert caught.value.kind == "too_large"
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "damage", ["cut", "changed", "gone", "empty note", "odd note", "no note", "old"]
)
def test_a_damaged_cache_entry_is_fetched_again(server, damage):
    url = f"{server.base}/good.jpg"
    path = fetch_image(url, allow_private=True).path
    note = path.with_suffix(".json")
    match damage:
        case "cut":
            path.write_bytes(JPEG[:-10])
        case "changed":
            path.write_bytes(picture(colour="blue"))
        case "gone":
            path.unlink()
        case "empty note":
            note.write_text("")
        case "odd note":
            note.write_text('["format"]')
        case "no note":
            note.unlink()
        case "old":  # written by a version that ignored opt-outs
            fields = json.loads(note.read_text())
            del fields["opted_out"]
            note.write_text(json.dumps(fields))
    assert fetch_image(url, allow_private=True).content == JPEG
    assert len(server.asked) == 2
    assert path.read_bytes() == JPEG


def test_a_picture_from_a_private_address_needs_allow_private(server):
    url = f"{server.base}/good.jpg"
    path = fetch_image(url, allow_private=True).path
    assert json.loads(path.with_suffix(".json").read_text())["private"] is True
    with pytest.raises(FetchError) as caught:
        fetch_image(url)
    assert caught.value.kind == "refused"


def test_a_public_picture_is_returned_to_every_caller(server, resolver, dialled):
    resolver.answers["public.example"] = [["93.184.216.34"]]
    dialled.routes["93.184.216.34"] = server.server_address
    url = f"http://public.example:{server.server_port}/good.jpg"
    assert fetch_image(url, allow_private=True) == fetch_image(url) == fetch_image(url)
    assert len(server.asked) == 1


def test_a_redirect_through_a_private_address_makes_a_picture_private(server, resolver, dialled):
    resolver.answers |= {"public.example": [["93.184.216.34"]], "127.0.0.1": [["127.0.0.1"]]}
    dialled.routes["93.184.216.34"] = server.server_address
    target = f"http://public.example:{server.server_port}/good.jpg"
    url = server.put("/moved", b"", 302, Location=target)
    path = fetch_image(url, allow_private=True).path
    assert json.loads(path.with_suffix(".json").read_text())["private"] is True


def test_many_threads_may_fetch_the_same_url(server):
    url = f"{server.base}/good.jpg"
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: fetch_image(url, allow_private=True), range(24)))
    assert {result.content for result in results} == {JPEG}
    assert sorted(path.suffix for path in (cache_home() / "urls").iterdir()) == [".jpg", ".json"]


def test_without_cache_nothing_is_read_or_written(server):
    url = f"{server.base}/good.jpg"
    assert fetch_image(url, allow_private=True, cache=False).path is None
    assert not (cache_home() / "urls").exists()

    fetch_image(url, allow_private=True)
    blue = picture(colour="blue")
    server.put("/good.jpg", blue)
    assert fetch_image(url, allow_private=True, cache=False).content == blue
    assert fetch_image(url, allow_private=True).content == JPEG


def test_a_cached_opted_out_picture_needs_honour_opt_out_false(server):
    url = server.put("/art.jpg", JPEG, X_Robots_Tag="noai")
    path = fetch_image(url, allow_private=True, honour_opt_out=False).path
    assert json.loads(path.with_suffix(".json").read_text())["opted_out"] is True
    assert fetch_image(url, allow_private=True, honour_opt_out=False).path == path
    assert len(server.asked) == 1

    with pytest.raises(FetchError) as caught:
        fetch_image(url, allow_private=True)
    assert caught.value.kind == "opted_out"
    server.put("/art.jpg", JPEG)  # the owner changed their mind
    assert fetch_image(url, allow_private=True).content == JPEG


def test_a_picture_cached_without_decoding_is_not_taken_for_complete(server):
    whole = picture(size=(400, 300))
    url = server.put("/cut.jpg", whole[:-1000])
    fetch_image(url, allow_private=True, decode=False)
    fetch_image(url, allow_private=True, decode=False)
    assert len(server.asked) == 1

    with pytest.raises(FetchError) as caught:
        fetch_image(url, allow_private=True)
    assert caught.value.kind == "not_an_image"
    server.put("/cut.jpg", whole)
    assert fetch_image(url, allow_private=True).content == whole
    assert fetch_image(url, allow_private=True, decode=False).content == whole
    assert len(server.asked) == 3


@pytest.mark.parametrize("rule", ["no-store", "no-cache", "max-age=0", "private, max-age=0"])
def test_a_picture_that_its_server_calls_short_lived_is_fetched_again(server, rule):
    url = server.put("/latest.jpg", JPEG, Cache_Control=rule)
    assert fetch_image(url, allow_private=True).content == JPEG
    blue = picture(colour="blue")
    server.put("/latest.jpg", blue, Cache_Control=rule)
    assert fetch_image(url, allow_private=True).content == blue


def test_a_picture_is_used_for_as_long_as_its_server_allows(server, monkeypatch):
    url = server.put("/latest.jpg", JPEG, Cache_Control="public, max-age=600")
    fetch_image(url, allow_private=True)
    now = time.time()
    for seconds, requests in ((500, 1), (700, 2)):
        monkeypatch.setattr("logoflow.fetch.cache.time.time", lambda later=now + seconds: later)
        fetch_image(url, allow_private=True)
        assert len(server.asked) == requests


def test_a_server_is_asked_whether_its_picture_has_changed(server):
    url = server.put(
        "/latest.jpg", JPEG, ETag='"one"', Last_Modified="Mon, 05 Jan 2026 10:00:00 GMT"
    )
    first = fetch_image(url, allow_private=True)
    server.put("/latest.jpg", b"", 304, ETag='"one"')
    assert fetch_image(url, allow_private=True, max_age=0) == first
    headers = server.asked[-1][1]
    assert headers["If-None-Match"] == '"one"'
    assert headers["If-Modified-Since"] == "Mon, 05 Jan 2026 10:00:00 GMT"
    blue = picture(colour="blue")
    server.put("/latest.jpg", blue, ETag='"two"')
    assert fetch_image(url, allow_private=True, max_age=0).content == blue


def test_get_image_shows_the_picture_that_is_there_now(server):
    url = server.put("/latest.jpg", JPEG)
    assert get_image(url, allow_private=True).read_bytes() == JPEG
    blue = picture(colour="blue")
    server.put("/latest.jpg", blue)
    assert get_image(url, allow_private=True).read_bytes() == blue
