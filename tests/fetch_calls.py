"""What the tests of fetch call: one URL fetched without the cache, or its error."""

import pytest

from logoflow.errors import FetchError
from logoflow.fetch.fetch_image import fetch_image


def fetch(url, allow_private=True, **options):
    """Fetch from a server on loopback, past the cache."""
    return fetch_image(url, allow_private, cache=False, **options)


def fetch_error(url, *args, **options):
    """Fetch a URL that must fail, and give its error."""
    with pytest.raises(FetchError) as caught:
        fetch(url, *args, **options)
    assert caught.value.url == url
    return caught.value
