import random
from functools import partial

import mxnet as mx
import numpy as np
import pytest
from mxnet import nd

from logoflow.loading.array_augs import on_arrays
from logoflow.loading.augment import train_augs, transform, val_test_augs
from logoflow.loading.crops import LogoCropAug


def photo(height=300, width=400):
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def by_mxnet(image, augs):
    data = nd.array(image, dtype="float32")
    for aug in augs:
        data = aug(data)
    return data.asnumpy().transpose(2, 0, 1)


@pytest.mark.parametrize("augs", [train_augs, val_test_augs], ids=["training", "validation"])
@pytest.mark.parametrize("size", [(300, 400), (224, 224), (225, 301), (100, 500), (90, 80)])
def test_pixels_and_draws_are_those_of_mxnets_augmenters(augs, size):
    image = photo(*size)
    for seed in range(6):
        random.seed(seed)
        expected = by_mxnet(image, augs)
        drawn = random.random()
        for given in (image, nd.array(image, dtype="uint8")):
            random.seed(seed)
            data, _ = transform(given, 0, augs)
            assert np.array_equal(data.asnumpy(), expected)
            assert random.random() == drawn


def test_what_computes_or_is_unknown_is_left_to_mxnet():
    image = photo()
    others = [mx.image.ColorNormalizeAug(nd.zeros(3), nd.ones(3)), mx.image.ResizeAug(8), abs]
    assert [on_arrays(aug, image) for aug in others] == [None] * 3
    assert on_arrays(mx.image.CenterCropAug((500, 500)), image) is None, "it would have to enlarge"


def test_our_own_take_arrays_with_their_boxes():
    crop = partial(LogoCropAug(8), boxes=[(10, 10, 20, 20)])
    assert on_arrays(crop, photo()) is crop
