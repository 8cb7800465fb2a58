import pytest

from logoflow.datasets.class_list import check_classes, read_classes
from logoflow.errors import ClassListError


def test_check_classes_names_the_differences():
    assert check_classes(["a", "b"], ("a", "b"), "the net") is None
    with pytest.raises(ClassListError, match="the net: missing b; not in the list c"):
        check_classes(["a", "c"], ["a", "b"], "the net")
    with pytest.raises(ClassListError, match="another order"):
        check_classes(["b", "a"], ["a", "b"], "the net")


def test_read_classes_needs_a_prepared_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="prepare_root"):
        read_classes(tmp_path)
    for content in ("{", '{"a": 1}', "[1]"):
        (tmp_path / "classes.json").write_text(content)
        with pytest.raises(ClassListError, match="classes.json"):
            read_classes(tmp_path)
