import os

import numpy as np
import pyarrow as pa
import pytest

from logoflow.web.bulk.shards import Answer, shard_path, write_shard
from logoflow.web.bulk.throughput import throughput

START = 1_700_000_000


@pytest.fixture
def folder(tmp_path):
    """Make a folder of shards, each with its time in seconds after the start and its rows."""

    def make(shards, settings=None, lock=None):
        for number, (seconds, rows) in enumerate(shards):
            part = pa.table({"url": [f"http://a/{n}" for n in range(rows)]})
            write_shard(tmp_path, number, part, [Answer("ok")] * rows, "model-1")
            os.utime(shard_path(tmp_path, number), (0, START + seconds))
        for name, seconds in (("_settings.json", settings), (".lock", lock)):
            if seconds is not None:
                (tmp_path / name).write_text("")
                os.utime(tmp_path / name, (0, START + seconds))
        return tmp_path

    return make


def rates(frame):
    return frame["rows_per_second"].tolist()


def test_rows_per_second_count_from_the_start_of_the_run(folder):
    frame = throughput(folder([(10, 20), (14, 20), (16, 6)], settings=0, lock=0))
    assert frame["shard"].tolist() == [0, 1, 2]
    assert frame["answered"].tolist() == [20, 40, 46]
    assert frame["seconds"].tolist() == [10, 14, 16]
    assert rates(frame) == pytest.approx([2, 5, 3])


def test_shards_are_in_the_order_of_their_writing(folder):
    frame = throughput(folder([(14, 1), (10, 2), (16, 3)], settings=0))
    assert frame["shard"].tolist() == [1, 0, 2]
    assert frame["rows"].tolist() == [2, 1, 3]


def test_a_single_shard_is_enough(folder):
    assert rates(throughput(folder([(4, 8)], settings=0))) == [2]


def test_without_a_known_start_the_first_rate_is_missing(folder):
    frame = throughput(folder([(10, 20), (14, 20)]))
    assert frame["seconds"].tolist() == [0, 4]
    np.testing.assert_equal(rates(frame), [np.nan, 5])


def test_the_latest_run_counts_from_its_own_start(folder):
    shards = [(10, 20), (20, 20), (1010, 20), (1020, 20)]
    frame = throughput(folder(shards, settings=0, lock=1000))
    assert frame["seconds"].tolist() == [10, 20, 30, 40]
    assert rates(frame) == [2, 2, 2, 2]


def test_a_later_run_with_nothing_to_do_changes_nothing(folder):
    frame = throughput(folder([(10, 20), (20, 20)], settings=0, lock=5000))
    assert frame["seconds"].tolist() == [10, 20]


def test_pauses_between_earlier_runs_are_left_out(folder):
    frame = throughput(folder([(10, 20), (20, 20), (4000, 20), (4010, 20)], settings=0))
    assert frame["seconds"].tolist() == [10, 20, 20, 30]
    np.testing.assert_equal(rates(frame), [2, 2, np.nan, 2])


def test_clumps_of_shards_from_many_workers_are_averaged_and_are_no_pauses(folder):
    shards = [(100 * (1 + n // 4) + n % 4 / 100, 500) for n in range(16)]
    frame = throughput(folder(shards, settings=0), over=4)
    assert frame["seconds"].max() == pytest.approx(400, abs=0.1)
    assert rates(frame)[3:] == pytest.approx([20] * 13, rel=0.01)


def test_two_shards_of_the_same_instant_have_one_rate(folder):
    np.testing.assert_equal(
        rates(throughput(folder([(10, 20), (10, 20)], settings=0))), [2, np.nan]
    )


def test_a_folder_without_shards_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=f"No shards of answers in {tmp_path}"):
        throughput(tmp_path)
