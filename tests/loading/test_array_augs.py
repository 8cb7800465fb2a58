import random
from functools import partial

import mxnet as mx
import numpy as np
import pytest
from mxnet import nd

from logoflow.loading.array_augs import array_version, normalise_channels
from logoflow.loading.augment import train_augs, transform, val_test_augs
from logoflow.loading.crops import LogoCropAug


def photo(height=300, width=400):
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def augmented_by_mxnet(image, augs):
    data = nd.array(image, dtype="float32")
    for aug in augs:
        data = aug(data)
    return data.asnumpy().transpose(2, 0, 1)


@pytest.mark.parametrize("augs", [train_augs, val_test_augs], ids=["training", "validation"])
@pytest.mark.parametrize("size", [(300, 400), (224, 224), (225, 301), (100, 500), (90, 80)])
def test_pixels_and_draws_equal_those_of_mxnets_augmenters(augs, size):
    image = photo(*size)
    for seed in range(6):
        random.seed(seed)
        expected = augmented_by_mxnet(image, augs)
        next_draw = random.random()
        for source in (image, nd.array(image, dtype="uint8")):
            random.seed(seed)
            data, _ = transform(source, 0, augs)
            # OpenCV of another version than MXNet's enlarges the small photos.
            assert np.allclose(data.asnumpy(), expected, rtol=0, atol=0.01)
            assert min(size) < 224 or np.array_equal(data.asnumpy(), expected)
            assert random.random() == next_draw


@pytest.mark.parametrize("size", [(300, 400), (64, 64), (40, 30), (20, 900), (1, 1)])
@pytest.mark.parametrize("interp", [0, 1, 2, 3, 4, 9])
def test_photos_are_resized_as_by_mxnet(size, interp):
    image, aug = photo(*size), mx.image.ForceResizeAug((96, 64), interp=interp)
    expected = augmented_by_mxnet(image, [aug])
    assert np.allclose(transform(image, 0, [aug])[0].asnumpy(), expected, rtol=0, atol=0.01)


def test_other_augmenters_have_no_array_version():
    image = photo()
    others = [mx.image.ColorNormalizeAug(nd.zeros(3), nd.ones(3)), mx.image.ResizeAug(8), abs]
    assert [array_version(aug, image) for aug in others] == [None] * 3
    small = mx.image.RandomCropAug((500, 500))
    assert array_version(small, image) is None, "the photo is too small"
    by_chance = mx.image.ForceResizeAug((64, 64), interp=10)
    assert array_version(by_chance, image) is None


def test_our_own_augmenters_take_arrays_and_keep_their_boxes():
    crop = partial(LogoCropAug(8), boxes=[(10, 10, 20, 20)])
    assert array_version(crop, photo()) is crop


def test_channels_are_normalised_as_mxnet_does():
    image = photo(31, 47)
    mean, std = nd.array([123.7, 116.3, 103.5]), nd.array([58.4, 57.1, 57.4])
    aug = mx.image.ColorNormalizeAug(mean, std)
    expected = augmented_by_mxnet(image, [aug])
    assert np.array_equal(normalise_channels(image, aug), expected)
    assert np.array_equal(transform(image, 0, [aug])[0].asnumpy(), expected)
