import os

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from disks import full_after

from logoflow.web.bulk.shards import (
    Answer,
    answers_of,
    check_settings,
    kept_answers,
    locked_folder,
    read_shard,
    shard_path,
    write_shard,
)

PART = pa.table({"url": ["http://a/1", None, "http://a/3"], "score": [0.5, float("nan"), None]})
TOP = [{"brand": "shell", "probability": 0.9}]
ANSWERS = [
    Answer("ok", None, "no-logo", 0.1, TOP, "unknown brand", 500, 375, "ab12", "http://b/1", 0.25),
    Answer("refused", "there is no URL in this row"),
    Answer("timeout", "no complete answer in time", seconds=20.0),
]


def write(folder, part=PART, answers=ANSWERS, number=0):
    write_shard(folder, number, part, answers, "model-1")
    return shard_path(folder, number)


def check_settings_of(folder, **settings):
    folder.mkdir(exist_ok=True)
    check_settings(folder, settings)


def test_answers_are_read_back_as_they_were_written(tmp_path):
    table = read_shard(write(tmp_path))
    assert answers_of(table) == ANSWERS
    assert table.column_names[:4] == ["url", "status", "error", "brand"]
    assert table["model"].to_pylist() == ["model-1"] * 3
    assert table["score"].to_pylist()[0] == 0.5


def test_pandas_reads_the_folder(tmp_path):
    write(tmp_path)
    write(tmp_path, number=1)
    check_settings_of(tmp_path / "other", model="a")
    (tmp_path / "_summary.json").write_text("{}")
    frame = pd.read_parquet(tmp_path, columns=["url", "status", "score"])
    assert list(frame.status) == ["ok", "refused", "timeout"] * 2


def test_answers_are_kept_for_their_own_rows(tmp_path):
    assert kept_answers(tmp_path, 0, PART) == []
    write(tmp_path)
    assert kept_answers(tmp_path, 0, PART) == ANSWERS
    longer = pa.concat_tables([PART, PART])
    assert kept_answers(tmp_path, 0, longer) == ANSWERS


def test_answers_for_other_rows_are_not_overwritten(tmp_path):
    path = write(tmp_path)
    before = path.read_bytes()
    columns = PART.to_pydict()
    for changed in (
        PART.slice(0, 2),
        PART.slice(1),
        PART.rename_columns(["url", "likes"]),
        PART.drop_columns(["score"]),
        pa.table({**columns, "score": [0.5, 1.0, None]}),
    ):
        with pytest.raises(ValueError, match="the input has changed"):
            kept_answers(tmp_path, 0, changed)
    assert path.read_bytes() == before


def test_a_damaged_shard_is_named(tmp_path):
    path = write(tmp_path)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ValueError, match=r"part-000000\.parquet is damaged .*: delete it"):
        kept_answers(tmp_path, 0, PART)


def test_other_parquet_files_are_not_taken_for_shards(tmp_path):
    PART.to_pandas().to_parquet(shard_path(tmp_path, 0))
    with pytest.raises(ValueError, match="not a shard of answers"):
        kept_answers(tmp_path, 0, PART)
    with pytest.raises(ValueError, match="holds other Parquet files"):
        check_settings_of(tmp_path, model="a")


@pytest.mark.parametrize("name", ["others.parquet", "part-a.parquet", "below/part-000000.parquet"])
def test_a_folder_with_other_parquet_files_is_refused(tmp_path, name):
    (tmp_path / "_ignored").mkdir()
    for ignored in ("_ignored/a.parquet", ".part-000000.parquet"):
        (tmp_path / ignored).write_bytes(b"")
    check_settings_of(tmp_path, model="a")
    write(tmp_path)
    check_settings_of(tmp_path, model="a")
    assert len(pd.read_parquet(tmp_path)) == 3
    (tmp_path / name).parent.mkdir(exist_ok=True)
    PART.to_pandas().to_parquet(tmp_path / name)
    with pytest.raises(ValueError, match=f"{name}.*choose another output folder"):
        check_settings_of(tmp_path, model="a")


def test_answers_with_different_settings_do_not_mix(tmp_path):
    check_settings_of(tmp_path, model="a", level="windows")
    check_settings_of(tmp_path, model="a", level="whole")  # nothing was answered at "windows"
    write(tmp_path)
    check_settings_of(tmp_path, model="a", level="whole")
    differs = "made with level='whole', and this call has level='windows'"
    with pytest.raises(ValueError, match=differs):
        check_settings_of(tmp_path, model="a", level="windows")


def test_a_full_disk_leaves_the_other_shards_complete(tmp_path):
    write(tmp_path)
    with (
        full_after(1000),
        pytest.raises(OSError, match="Cannot write .*part-000001.parquet .*continues from there"),
    ):
        write(tmp_path, number=1)
    assert [path.name for path in tmp_path.iterdir()] == ["part-000000.parquet"]
    assert kept_answers(tmp_path, 0, PART) == ANSWERS


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_a_file_cannot_be_the_folder_of_answers(tmp_path, name):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=f"{name} cannot be .* choose another output"):
        locked_folder(tmp_path / name).__enter__()


def test_a_folder_is_for_one_run_at_a_time(tmp_path):
    folder = tmp_path / "new"
    with locked_folder(folder):
        (folder / ".part-000001.parquet.x1.part").write_bytes(b"half")
        with pytest.raises(RuntimeError, match="Another run writes to"), locked_folder(folder):
            pass
    with locked_folder(folder):
        assert [path.name for path in folder.iterdir()] == [".lock"]


def test_the_time_of_the_lock_file_is_the_start_of_the_latest_run(tmp_path):
    with locked_folder(tmp_path):
        pass
    os.utime(tmp_path / ".lock", (0, 0))
    with locked_folder(tmp_path):
        assert (tmp_path / ".lock").stat().st_mtime > 0


def test_a_folder_of_an_earlier_version_is_refused(tmp_path):
    path = write(tmp_path)
    (tmp_path / "_settings.json").write_text('{"model": "a"}')
    pq.write_table(pq.read_table(path).drop_columns(["reason"]), path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"part-000000.parquet was written by an earlier version"):
        check_settings(tmp_path, {"model": "a"})
    assert path.read_bytes() == before


def test_no_flipped_bit_changes_an_answer_unnoticed(tmp_path):
    path = write(tmp_path)
    content = path.read_bytes()
    for position in range(4, len(content), 41):
        path.write_bytes(
            content[:position] + bytes([content[position] ^ 8]) + content[position + 1 :]
        )
        try:
            answers = answers_of(read_shard(path))
        except ValueError:  # named as damaged, or as another file
            continue
        assert answers == ANSWERS, f"a wrong answer after a change at {position}"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"model": "a"'])
def test_damaged_settings_are_named(tmp_path, text):
    write(tmp_path)
    (tmp_path / "_settings.json").write_text(text)
    with pytest.raises(ValueError, match=r"_settings\.json is cut or altered"):
        check_settings(tmp_path, {"model": "a"})
