import numpy as np
import pytest

from logoflow.evaluation.linear_probe import _training_rows, assess_head, photo_features


@pytest.fixture(scope="module")
def features(small_root):
    return photo_features(small_root, image_size=64)


@pytest.fixture(scope="module")
def all_photos(features):
    """The assessment of an output layer that was trained on all photos."""
    return assess_head(features, num_epochs=3)


def test_every_training_photo_has_a_row_for_each_crop(features):
    assert features.crops == 2
    # 8 photos with one box, and 6 + 2 photos without a logo.
    assert len(features.train[1]) == 2 * 16
    assert np.array_equal(*np.split(features.train[1], 2))
    assert not np.array_equal(*np.split(features.train[0], 2)), "two different crops"


def test_validation_and_test_photos_have_one_row(features):
    assert len(features.val[1]) == len(features.test[1]) == 14
    assert [path.parent.name for path in features.test_paths] == [
        features.classes[int(label)] for label in features.test[1]
    ]


def test_the_same_seed_gives_the_same_answers(features, all_photos):
    again = assess_head(features, num_epochs=3)
    assert np.array_equal(again.probabilities, all_photos.probabilities)


@pytest.mark.parametrize(
    "settings",
    [{"photos_per_brand": 1}, {"use_no_logo": False}, {"class_weights": [5, 1, 1]}, {"seed": 1}],
)
def test_every_setting_changes_the_answers(features, all_photos, settings):
    other = assess_head(features, num_epochs=3, **settings)
    assert np.array_equal(other.truth, all_photos.truth)
    assert not np.allclose(other.probabilities, all_photos.probabilities)


@pytest.mark.parametrize(
    ("photos_per_brand", "use_no_logo", "rows_per_class"),
    [(None, True, [8, 8, 16]), (1, True, [2, 2, 16]), (3, False, [6, 6, 0])],
)
def test_a_photo_is_kept_with_all_its_crops_or_not_at_all(
    features, photos_per_brand, use_no_logo, rows_per_class
):
    rows = _training_rows(features, photos_per_brand, use_no_logo, seed=0)
    labels = features.train[1][rows].astype(int)
    assert np.bincount(labels, minlength=3).tolist() == rows_per_class
    first_crops, second_crops = np.split(rows, 2)
    assert np.array_equal(first_crops + 16, second_crops)
