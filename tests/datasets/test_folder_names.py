import pytest

from logoflow.datasets.folder_names import split_of


@pytest.mark.parametrize(
    ("folder", "split"),
    [
        ("train", "train"),
        ("TRAINING", "train"),
        ("TrainSet", "train"),
        ("training_set", "train"),
        ("seg_train", "train"),
        ("train2017", "train"),
        ("01-train", "train"),
        ("train_data", "train"),
        ("val", "val"),
        ("Valid", "val"),
        ("validation", "val"),
        ("val_images", "val"),
        ("dev", "val"),
        ("test1", "test"),
        ("testing", "test"),
        ("Test Data", "test"),
        ("seg_pred", "unlabelled"),
    ],
)
def test_many_names_of_splits_are_known(folder, split):
    assert split_of(folder) == (split, ())


@pytest.mark.parametrize("folder", ["bmw", "testarossa", "trainers", "Validus", "trains", "2023"])
def test_names_of_brands_are_no_splits(folder):
    assert split_of(folder) is None
