import shutil
import subprocess
import sys

import pytest
from mxnet.gluon.data.vision import ImageFolderDataset

from logoflow.datasets.prepared import SPLITS, class_folders, folder_tree, photos_of


@pytest.mark.parametrize("split", SPLITS)
def test_photos_and_labels_are_those_of_gluon(small_root, split):
    gluon = ImageFolderDataset(str(small_root / split))
    assert class_folders(small_root, split) == gluon.synsets
    assert [(str(path), label) for path, label in photos_of(small_root, split)] == gluon.items


def test_other_files_are_skipped_with_a_warning(small_root, tmp_path):
    shutil.copytree(small_root, tmp_path / "root")
    (tmp_path / "root/val_data/aldi/notes.txt").write_text("a cup")
    (tmp_path / "root/val_data/list.json").write_text("[]")
    with pytest.warns(UserWarning, match="notes.txt is skipped"):
        photos = photos_of(tmp_path / "root", "val_data")
    assert len(photos) == 14


def test_a_missing_split_is_an_error(small_root):
    with pytest.raises(FileNotFoundError):
        photos_of(small_root, "more_data")


def test_listing_photos_needs_no_mxnet(small_root):
    script = f"""
import sys, logoflow as lf
assert len(lf.photos_of({str(small_root)!r}, "test_data")) == 14
assert "mxnet" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_the_tree_counts_photos_and_hides_internal_files(small_root):
    text = folder_tree(small_root, max_folders=1)
    assert text.splitlines()[1:6] == [
        "  boxes.json",
        "  classes.json",
        "  test_data/  14 photos",
        "    adidas/  4 photos",
        "    ... 2 more folders",
    ]
