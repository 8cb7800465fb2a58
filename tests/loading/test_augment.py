import random

import mxnet as mx
import numpy as np
import pytest
from mxnet import nd

from logoflow.loading.augment import (
    augs_from_json,
    augs_to_json,
    make_augs,
    train_augs,
    transform,
    val_test_augs,
)
from logoflow.models.backbones.registry import new_net

STATISTICS = ([100.0, 110.0, 120.0], [50.0, 60.0, 70.0])


def photo(height=300, width=400):
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return nd.array(pixels, dtype="uint8")


def test_transform_gives_channels_first_floats_and_a_float_label():
    data, label = transform(photo(), 3, val_test_augs)
    assert data.shape == (3, 224, 224)
    assert data.dtype == np.float32
    assert label == 3.0
    assert isinstance(label, np.float32)


def test_the_articles_validation_crop_is_the_middle_of_the_photo():
    image = photo()
    data, _ = transform(image, 0, val_test_augs)
    middle = image[38 : 38 + 224, 88 : 88 + 224].astype("float32").transpose((2, 0, 1))
    assert (data == middle).asnumpy().all()


def test_the_articles_training_augmentation_mirrors_half_of_the_photos():
    image = photo(224, 224)
    plain = image.astype("float32").transpose((2, 0, 1)).asnumpy()
    random.seed(0)
    same = [np.array_equal(transform(image, 0, train_augs)[0].asnumpy(), plain) for _ in range(60)]
    assert 15 < sum(same) < 45


def test_a_photo_smaller_than_the_crop_is_enlarged_to_it():
    for augs in (train_augs, val_test_augs):
        assert transform(photo(100, 500), 0, augs)[0].shape == (3, 224, 224)


def test_recipe_article_gives_the_articles_augmenters():
    assert make_augs("article") == (train_augs, val_test_augs)


def test_recipe_pytorch_article_resizes_and_normalises_with_the_training_statistics():
    training, validation = make_augs("pytorch-article", statistics=STATISTICS)
    grey = nd.full((100, 200, 3), 100, dtype="uint8")
    for augs in (training, validation):
        data, _ = transform(grey, 0, augs)
        assert data.shape == (3, 224, 224)
        assert data[:, 0, 0].asnumpy() == pytest.approx([0, -10 / 60, -20 / 70], abs=1e-6)


def test_recipe_pytorch_article_normalises_as_a_pretrained_net_expects():
    net = new_net("efficientnet_lite0", 3)
    grey = nd.full((100, 200, 3), 255, dtype="uint8")
    data, _ = transform(grey, 0, make_augs("pytorch-article", net)[1])
    assert data[:, 0, 0].asnumpy() == pytest.approx([1, 1, 1])


def test_recipe_logoflow_never_mirrors_and_keeps_pixels_in_range():
    training, validation = make_augs("logoflow", statistics=STATISTICS)
    names = {type(aug).__name__ for aug in training + validation}
    assert "HorizontalFlipAug" not in names
    random.seed(4)
    white, _ = transform(nd.full((50, 50, 3), 255, dtype="uint8"), 0, training)
    white_level = (np.array([255.0] * 3) - STATISTICS[0]) / STATISTICS[1]
    assert (white.max(axis=(1, 2)).asnumpy() <= white_level + 1e-5).all()


def test_recipe_logoflow_needs_statistics_for_a_net_without_backbone():
    with pytest.raises(ValueError, match="training_statistics"):
        make_augs("logoflow")
    with pytest.raises(ValueError, match="article, pytorch-article, logoflow"):
        make_augs("fastai")


def test_the_articles_recipes_have_a_fixed_size():
    with pytest.raises(ValueError, match="224"):
        make_augs("article", image_size=160)
    _, validation = make_augs("logoflow", statistics=STATISTICS, image_size=160)
    assert transform(photo(), 0, validation)[0].shape == (3, 160, 160)


def test_validation_preprocessing_survives_json():
    for recipe in ("article", "pytorch-article", "logoflow"):
        augs = make_augs(recipe, statistics=STATISTICS)[1]
        again = augs_from_json(augs_to_json(augs))
        expected, _ = transform(photo(), 0, augs)
        assert (transform(photo(), 0, again)[0] == expected).asnumpy().all()


def test_random_or_unknown_steps_are_neither_stored_nor_built():
    with pytest.raises(ValueError, match="horizontalflipaug"):
        augs_to_json([mx.image.HorizontalFlipAug(0.5)])
    with pytest.raises(ValueError, match="Cannot store"):
        augs_to_json([lambda data: data])
    with pytest.raises(ValueError, match=r"os\.system"):
        augs_from_json([["os.system", {}]])
