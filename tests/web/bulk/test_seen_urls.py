from contextlib import closing

import pytest
from disks import full_after

from logoflow.web.bulk.seen_urls import SeenUrls


def test_a_url_belongs_to_the_first_shard_that_has_it():
    seen = SeenUrls()
    assert seen.first_shard(["a", "b", "a"], 0) == [0, 0, 0]
    assert seen.first_shard(["c", "b", "\ud800"], 1) == [1, 0, 1]
    assert seen.first_shard(["\ud800", "d", ""], 2) == [1, 2, 2]
    seen.close()


def test_a_full_folder_for_temporary_files_is_named():
    with closing(SeenUrls()) as seen:
        assert seen.first_shard(["a"], 0) == [0]
        urls = [f"http://a/{number}" for number in range(20_000)]
        with (
            full_after(50_000),
            pytest.raises(OSError, match="logoflow-seen-.* Make room there, or set TMPDIR"),
        ):
            seen.first_shard(urls, 1)


def test_a_folder_that_is_full_from_the_start_is_named_too():
    with full_after(100), pytest.raises(OSError, match="logoflow-seen-.* Make room there"):
        SeenUrls()
