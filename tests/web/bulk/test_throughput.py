import os

import matplotlib.pyplot as plt
import numpy as np
import pyarrow as pa
import pytest

from logoflow.web.bulk import throughput as reports
from logoflow.web.bulk.classify_urls import BulkSummary
from logoflow.web.bulk.shards import Answer, shard_path, write_shard

START = 1_700_000_000


@pytest.fixture
def folder(tmp_path):
    """A folder of shards written when the test says: seconds after the start, rows of each."""

    def written(shards, settings=None, lock=None):
        for number, (seconds, rows) in enumerate(shards):
            part = pa.table({"url": [f"http://a/{n}" for n in range(rows)]})
            write_shard(tmp_path, number, part, [Answer("ok")] * rows, "model-1")
            os.utime(shard_path(tmp_path, number), (0, START + seconds))
        for name, seconds in (("_settings.json", settings), (".lock", lock)):
            if seconds is not None:
                (tmp_path / name).write_text("")
                os.utime(tmp_path / name, (0, START + seconds))
        return tmp_path

    return written


@pytest.fixture
def figures(monkeypatch):
    shown = []
    monkeypatch.setattr(
        reports,
        "show_figure",
        lambda figure, caption="", alt="": shown.append((figure, caption, alt)),
    )
    yield shown
    plt.close("all")


def rates(frame):
    return frame["rows_per_second"].tolist()


def test_rows_per_second_count_from_the_start_of_the_run(folder):
    frame = reports.throughput(folder([(10, 20), (14, 20), (16, 6)], settings=0, lock=0))
    assert frame["shard"].tolist() == [0, 1, 2]
    assert frame["answered"].tolist() == [20, 40, 46]
    assert frame["seconds"].tolist() == [10, 14, 16]
    assert rates(frame) == pytest.approx([2, 5, 3])


def test_shards_are_in_the_order_that_they_came(folder):
    frame = reports.throughput(folder([(14, 1), (10, 2), (16, 3)], settings=0))
    assert frame["shard"].tolist() == [1, 0, 2]
    assert frame["rows"].tolist() == [2, 1, 3]


def test_a_single_shard_is_enough(folder):
    assert rates(reports.throughput(folder([(4, 8)], settings=0))) == [2]


def test_without_a_known_start_the_first_rate_is_missing(folder):
    frame = reports.throughput(folder([(10, 20), (14, 20)]))
    assert frame["seconds"].tolist() == [0, 4]
    np.testing.assert_equal(rates(frame), [np.nan, 5])


def test_the_latest_run_counts_from_its_own_start(folder):
    shards = [(10, 20), (20, 20), (1010, 20), (1020, 20)]
    frame = reports.throughput(folder(shards, settings=0, lock=1000))
    assert frame["seconds"].tolist() == [10, 20, 30, 40]
    assert rates(frame) == [2, 2, 2, 2]


def test_a_later_run_that_had_nothing_to_do_changes_nothing(folder):
    frame = reports.throughput(folder([(10, 20), (20, 20)], settings=0, lock=5000))
    assert frame["seconds"].tolist() == [10, 20]


def test_pauses_between_earlier_runs_are_left_out(folder):
    frame = reports.throughput(folder([(10, 20), (20, 20), (4000, 20), (4010, 20)], settings=0))
    assert frame["seconds"].tolist() == [10, 20, 20, 30]
    np.testing.assert_equal(rates(frame), [2, 2, np.nan, 2])


def test_clumps_of_many_workers_are_no_pauses_and_are_averaged(folder):
    shards = [(100 * (1 + n // 4) + n % 4 / 100, 500) for n in range(16)]
    frame = reports.throughput(folder(shards, settings=0), over=4)
    assert frame["seconds"].max() == pytest.approx(400, abs=0.1)
    assert rates(frame)[3:] == pytest.approx([20] * 13, rel=0.01)


def test_shards_of_one_instant_have_no_rate_of_their_own(folder):
    np.testing.assert_equal(
        rates(reports.throughput(folder([(10, 20), (10, 20)], settings=0))), [2, np.nan]
    )


def test_a_folder_without_shards_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=f"No shards of answers in {tmp_path}"):
        reports.throughput(tmp_path)


@pytest.mark.parametrize(
    ("end", "unit", "shown"), [(90, "seconds", 90), (600, "minutes", 10), (7200, "hours", 2)]
)
def test_throughput_is_drawn_in_a_fitting_unit(folder, figures, end, unit, shown):
    frame = reports.throughput(folder([(end / 2, 20), (end, 10)], settings=0))
    reports.plot_throughput(frame, caption="Figure 1.", alt="Lines.")
    figure, caption, alt = figures[0]
    assert (caption, alt) == ("Figure 1.", "Lines.")
    top, below = figure.axes
    assert top.lines[0].get_xydata().tolist() == [[0, 0], [shown / 2, 20], [shown, 30]]
    assert below.lines[0].get_xdata().tolist() == [0, shown / 2, shown]
    assert below.lines[0].get_ydata().tolist() == pytest.approx([40 / end, 40 / end, 20 / end])
    assert below.lines[0].get_drawstyle() == "steps-pre"
    assert below.get_xlabel() == unit


def summary(statuses, brands):
    return BulkSummary("out", sum(statuses.values()), statuses, brands, "model-1", 3.0)


def drawn(axis):
    labels = [label.get_text() for label in axis.get_yticklabels()]
    return dict(zip(labels, [bar.get_width() for bar in axis.patches], strict=True))


def test_counts_are_drawn_by_status_and_brand(figures):
    statuses = {"ok": 1007, "not_found": 1}
    reports.plot_counts(summary(statuses, {"shell": 3, "bmw": 4, "no-logo": 1000}), caption="C.")
    left, right = figures[0][0].axes
    assert drawn(left) == statuses
    assert list(drawn(right).items()) == [("no-logo", 1000), ("bmw", 4), ("shell", 3)]
    assert [text.get_text() for text in left.texts] == ["1,007", "1"]


def test_rare_brands_share_a_bar(figures):
    brands = {f"brand{n}": 10 - n for n in range(6)}
    reports.plot_counts(summary({"ok": 45}, brands), most=2)
    assert drawn(figures[0][0].axes[1]) == {"brand0": 10, "brand1": 9, "4 others": 26}


def test_a_run_without_any_answer_has_no_brands_to_draw(figures):
    reports.plot_counts(summary({"timeout": 2}, {}))
    (axis,) = figures[0][0].axes
    assert drawn(axis) == {"timeout": 2}
    reports.plot_counts(summary({}, {}))
