import os
import shutil

import pandas as pd
import pytest

from logoflow.datasets.load import load_splits
from logoflow.datasets.prepare import prepare_root
from logoflow.datasets.prepared import read_boxes, unlabelled_photos
from logoflow.datasets.table import read_table


@pytest.fixture
def photos(tmp_path, draw):
    """Draw five photos each of two brands, 32 x 24 pixels, and list them in a DataFrame."""
    rows = []
    for label in ("bmw", "dhl"):
        for number in range(5):
            draw(tmp_path / "set/photos" / label / f"{number}.jpg", number)
            rows.append({"path": f"photos/{label}/{number}.jpg", "label": label})
    return tmp_path / "set", pd.DataFrame(rows)


def write(folder, frame, name="table.csv", **options):
    frame.to_csv(folder / name, index=False, **options)
    return folder / name


def counts(splits):
    return [tuple(row) for row in splits.counts().itertuples(index=False)]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_csv_files_of_any_usual_form_are_read(photos, separator, encoding):
    folder, frame = photos
    frame["label"] = frame.label.replace("dhl", "nestlé")
    path = write(folder, frame, sep=separator, encoding=encoding)
    splits = read_table(path)
    assert splits.classes == ("bmw", "nestlé")
    assert counts(splits) == [(3, 1, 1)] * 2
    assert splits.notes == ()
    assert read_table(str(path)) == splits == read_table(folder)


def test_a_parquet_file_a_frame_and_an_archive_are_read(photos, tmp_path, monkeypatch):
    folder, frame = photos
    frame.to_parquet(folder / "table.parquet")
    expected = read_table(folder / "table.parquet")
    assert counts(expected) == [(3, 1, 1)] * 2
    archive = shutil.make_archive(str(tmp_path / "set"), "zip", folder)
    assert counts(read_table(archive)) == counts(expected)
    monkeypatch.chdir(folder)
    assert read_table(frame).train == expected.train
    root = prepare_root("table", frame)
    assert root == prepare_root("table", frame.copy())
    assert root != prepare_root("table", frame[:8])


def test_columns_may_have_other_names(photos):
    folder, frame = photos
    frame.columns = ["File Name", "CLASS"]
    frame["width"], frame["height"] = 32, 24  # of the photo, beside the corners of the box
    frame = frame.assign(xmin=1, ymin=2, xmax=11, ymax=8)
    splits = read_table(write(folder, frame))
    assert {photo.boxes for photo in splits.train} == {((1, 2, 10, 6),)}


def test_boxes_and_splits_are_kept(photos, tmp_path):
    folder, frame = photos
    frame = frame.assign(x=2, y=3, width=10, height=8)
    frame["split"] = ["train", "train", "Training", "valid", "test"] * 2
    frame = pd.concat([frame, frame[:1].assign(x=20, width=5)])
    splits = load_splits("table", write(folder, frame))
    assert counts(splits) == [(3, 1, 1)] * 2
    assert splits.train[0].boxes == ((2, 3, 10, 8), (20, 3, 5, 8))
    root = prepare_root("table", folder / "table.csv", tmp_path / "root")
    assert read_boxes(root)["test_data/dhl/4.jpg"] == [[2, 3, 10, 8]]


def test_what_a_split_lacks_is_cut_off(photos):
    folder, frame = photos
    frame["split"] = ["train", "train", "train", "train", "test"] * 2
    assert counts(read_table(write(folder, frame))) == [(3, 1, 1)] * 2


def test_rows_without_a_label_are_photos_to_answer(photos, draw, tmp_path):
    folder, frame = photos
    new = draw(folder / "photos/new.jpg", 99)
    frame = pd.concat([frame, pd.DataFrame([{"path": "photos/new.jpg", "label": None}])])
    assert read_table(write(folder, frame)).unlabelled == (new,)
    root = prepare_root("table", folder / "table.csv", tmp_path / "root")
    assert unlabelled_photos(root) == [new]


def test_faulty_rows_are_reported_with_file_and_line_and_the_photos_stay(photos):
    folder, frame = photos
    frame = frame.assign(x="2", y="3", width="10", height="8")
    frame.loc[0, "x"] = "four hundred"
    frame.loc[1, ["x", "y"]] = ["400", "300"]
    frame.loc[2, "width"] = "0"
    frame.loc[3, "path"] = "photos/gone.jpg"
    frame.loc[4, ["x", "y", "width", "height"]] = ""
    splits = read_table(write(folder, frame))
    assert splits.counts().loc["bmw"].sum() == 4
    notes = " ".join(splits.notes)
    for line in ("table.csv, line 2: four", "table.csv, line 3: 400", "table.csv, line 4: 2, 3, 0"):
        assert line in notes
    assert "1 listed photos are missing: photos/gone.jpg." in notes


def test_a_photo_with_two_labels_is_left_out_unless_boxes_say_which_is_larger(photos):
    folder, frame = photos
    frame = pd.concat([frame, frame[:1].assign(label="dhl")])
    splits = read_table(write(folder, frame))
    assert splits.counts().to_numpy().sum() == 9
    assert "1 photos have two or more labels" in " ".join(splits.notes)
    frame = frame.assign(x=1, y=1, width=4, height=4)
    frame.iloc[-1, frame.columns.get_loc("width")] = 20
    splits = read_table(write(folder, frame))
    assert splits.counts().loc["dhl"].sum() == 6


def test_a_photo_in_two_splits_is_used_once(photos):
    folder, frame = photos
    frame["split"] = ["train", "train", "train", "val", "test"] * 2
    frame = pd.concat([frame, frame[:1].assign(split="test")])
    splits = read_table(write(folder, frame))
    assert counts(splits) == [(2, 1, 2), (3, 1, 1)]
    assert "1 photos are in two splits" in " ".join(splits.notes)


def test_paths_may_have_backslashes_another_case_or_be_absolute(photos):
    folder, frame = photos
    frame["path"] = frame.path.str.replace("/", "\\").str.upper()
    frame.loc[0, "path"] = str(folder / "photos/bmw/0.jpg")
    assert counts(read_table(write(folder, frame))) == [(3, 1, 1)] * 2


def test_the_path_of_a_table_is_expanded(photos, monkeypatch):
    folder, frame = photos
    table = write(folder, frame)
    monkeypatch.setenv("DISK", str(folder))
    assert read_table("$DISK/table.csv") == read_table(table.as_uri()) == read_table(table)


def test_wrong_tables_are_refused_with_what_to_do(photos, tmp_path):
    folder, frame = photos
    with pytest.raises(
        ValueError, match="has no column label: it has path, make.*Name the columns"
    ):
        read_table(write(folder, frame.rename(columns={"label": "make"})))
    with pytest.raises(ValueError, match=r"table.csv, line 2: there is no split 'often'"):
        read_table(write(folder, frame.assign(split="often")))
    with pytest.raises(FileNotFoundError, match="Paths are relative to"):
        read_table(write(tmp_path, frame))
    write(folder, frame, "second.csv")
    with pytest.raises(FileNotFoundError, match=r"must contain one table.*second.csv, table.csv"):
        read_table(folder)
    with pytest.raises(ValueError, match="'table' needs data_dir"):
        load_splits("table")
    assert os.listdir(folder)
