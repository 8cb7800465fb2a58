from collections import Counter

import numpy as np
import pytest
from PIL import Image

from logoflow.datasets.splits import Photo
from logoflow.datasets.splitting import k_folds


@pytest.fixture
def photos(tmp_path, draw):
    """Write ten photos of bmw and twenty of no-logo, all different."""
    classes = {"bmw": range(10), "no-logo": range(10, 30)}
    return [
        Photo(draw(tmp_path / f"{seed}.png", seed), label)
        for label, seeds in classes.items()
        for seed in seeds
    ]


def test_each_photo_is_held_out_once_and_in_training_otherwise(photos):
    folds = k_folds(photos, 5)
    assert len(folds) == 5
    assert Counter(photo for _, held_out in folds for photo in held_out) == Counter(photos)
    for train, held_out in folds:
        assert [p for p in photos if p in train or p in held_out] == photos
        assert not set(train) & set(held_out)


def test_each_fold_has_its_share_of_every_class(photos):
    for _, held_out in k_folds(photos, 5):
        assert Counter(photo.label for photo in held_out) == {"bmw": 2, "no-logo": 4}


def test_near_duplicates_are_held_out_together(photos, tmp_path):
    twins = []
    for photo in photos[8:12]:
        path = tmp_path / f"twin-{photo.path.name}"
        pixels = np.asarray(Image.open(photo.path)) * 0.8
        Image.fromarray(pixels.astype(np.uint8)).save(path)
        twins.append(Photo(path, photo.label))
    for seed in range(5):
        for _, held_out in k_folds([*photos, *twins], 5, seed):
            assert [p in held_out for p in twins] == [p in held_out for p in photos[8:12]]


def test_the_seed_determines_the_folds(photos):
    assert k_folds(photos, 3, seed=1) == k_folds(photos, 3, seed=1)
    assert k_folds(photos, 3, seed=1) != k_folds(photos, 3, seed=2)


@pytest.mark.parametrize("k", [0, 1, 31])
def test_a_number_of_folds_out_of_range_is_refused(photos, k):
    with pytest.raises(ValueError, match="give 2 to 30"):
        k_folds(photos, k)
