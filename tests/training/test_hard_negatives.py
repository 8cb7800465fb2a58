import mxnet as mx
import numpy as np
import pytest
from mxnet import gluon

from logoflow.images.decode import read_image
from logoflow.inference.classifier import LogoClassifier
from logoflow.loading.augment import make_augs
from logoflow.training.hard_negatives import _is_end_of_round, hard_negatives

CLASSES = ("adidas", "aldi", "no-logo")


def brightness_classifier():
    """Take bright pictures for adidas, dark ones for no-logo."""
    net = gluon.nn.HybridSequential()
    net.add(gluon.nn.GlobalAvgPool2D(), gluon.nn.Dense(3, in_units=3))
    net.initialize(mx.init.Zero())
    net[1].weight.set_data(mx.nd.array([[1, 1, 1], [0, 0, 0], [-1, -1, -1]]))
    statistics = ([127.0] * 3, [64.0] * 3)
    return LogoClassifier(
        net, CLASSES, make_augs("logoflow", statistics=statistics, image_size=32)[1]
    )


def test_the_windows_most_like_a_brand_are_found(small_root):
    folder = small_root / "train_data"
    found = hard_negatives(brightness_classifier(), folder, layout="few-windows", share=0.25)
    # 6 no-logo photos of 4 windows each beside the whole one: a quarter are 6 windows.
    assert sum(len(regions) for regions in found.values()) == 6
    bright = min(_brightness(folder / name, box) for name, boxes in found.items() for box in boxes)
    missed = [
        _brightness(path, (0, 0, *read_image(path).shape[1::-1]))
        for path in (folder / "no-logo").iterdir()
        if f"no-logo/{path.name}" not in found
    ]
    assert missed
    assert np.median(missed) < bright


def _brightness(path, box):
    x, y, width, height = box
    return read_image(path)[y : y + height, x : x + width].mean()


def test_finds_are_regions_of_their_photos_and_fit_a_photo_folder(small_root):
    from logoflow.loading.crops import LogoCropAug
    from logoflow.loading.photo_folder import PhotoFolder

    found = hard_negatives(
        brightness_classifier(), small_root / "train_data", layout="windows", share=0.1
    )
    photos = PhotoFolder(small_root / "train_data", [LogoCropAug(16)], found)
    for index, (path, label) in enumerate(photos.items):
        for x, y, width, height in photos.boxes_of(path):
            shape = read_image(path).shape
            assert label == 2
            assert x + width <= shape[1]
            assert y + height <= shape[0]
        assert photos[index][0].shape == (3, 16, 16)


def test_without_a_no_logo_class_there_is_nothing_to_mine(tmp_path):
    (tmp_path / "adidas").mkdir()
    with pytest.raises(ValueError, match="of the class no-logo"):
        hard_negatives(brightness_classifier(), tmp_path)


@pytest.mark.parametrize(
    ("num_epochs", "rounds", "ends"),
    [(4, 2, [1]), (6, 3, [1, 3]), (3, 1, []), (1, 2, []), (5, 2, [2])],
)
def test_rounds_share_the_epochs(num_epochs, rounds, ends):
    found = [e for e in range(num_epochs) if _is_end_of_round(e, num_epochs, rounds)]
    assert found == ends
