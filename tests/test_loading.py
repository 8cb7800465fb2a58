import json
import random
import shutil

import mxnet as mx
import numpy as np
import pytest

from logoflow.augment import needs_statistics
from logoflow.backbones import new_net
from logoflow.classes import ClassListError
from logoflow.crops import LogoCropAug
from logoflow.loading import PhotoFolder, make_loaders, training_statistics


def test_batches_have_the_articles_shapes_and_every_photo_once(small_root):
    train_data, val_data, test_data = make_loaders(small_root, "article", 4)
    for data in (train_data, val_data, test_data):
        batches = list(data)
        assert [len(labels) for _, labels in batches] == [4, 4, 4, 2]
        assert all(photos.shape[1:] == (3, 224, 224) for photos, _ in batches)
        labels = np.concatenate([labels.asnumpy() for _, labels in batches])
        assert sorted(labels) == [0] * 4 + [1] * 4 + [2] * 6


def test_validation_keeps_its_order_and_training_is_shuffled_by_the_seed(small_root):
    def labels_of(data):
        return np.concatenate([labels.asnumpy() for _, labels in data]).tolist()

    loaders = make_loaders(small_root, "article")
    assert labels_of(loaders.val) == sorted(labels_of(loaders.val))
    orders = []
    for _ in range(2):
        np.random.seed(5)  # noqa: NPY002 - Gluon's sampler uses it
        orders.append(labels_of(loaders.train))
    assert orders[0] == orders[1] != sorted(orders[0])


def test_worker_processes_give_the_same_validation_batches(small_root):
    here = list(make_loaders(small_root, "article", 8).val)
    workers = list(make_loaders(small_root, "article", 8, num_workers=2).val)
    for (a, x), (b, y) in zip(here, workers, strict=True):
        assert np.array_equal(a.asnumpy(), b.asnumpy())
        assert np.array_equal(x.asnumpy(), y.asnumpy())


def test_a_missing_class_folder_is_an_error_before_labels_shift(small_root, tmp_path):
    root = tmp_path / "root"
    shutil.copytree(small_root, root)
    shutil.rmtree(root / "val_data" / "aldi")
    with pytest.raises(ClassListError, match="missing aldi"):
        make_loaders(root, "article")


def test_a_folder_that_was_not_prepared_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match="prepare_root"):
        make_loaders(tmp_path, "article")


def test_training_statistics_are_those_of_the_photos(tmp_path):
    import cv2

    for i, level in enumerate((40, 60)):
        folder = tmp_path / "train_data" / "grey"
        folder.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / f"{i}.png"), np.full((50 + 100 * i, 80, 3), level, np.uint8))
    mean, std = training_statistics(tmp_path)
    assert mean == pytest.approx([50, 50, 50])
    assert std == pytest.approx([10, 10, 10])


def test_recipe_pytorch_article_has_mean_zero_and_deviation_one_over_training(small_root):
    photos = np.concatenate(
        [x.asnumpy() for x, _ in make_loaders(small_root, "pytorch-article").train]
    )
    assert photos.mean(axis=(0, 2, 3)) == pytest.approx([0, 0, 0], abs=0.05)
    assert photos.std(axis=(0, 2, 3)) == pytest.approx([1, 1, 1], abs=0.1)


def test_backbones_bring_their_own_normalisation():
    net = new_net("efficientnet_lite0", 3)
    assert not needs_statistics("logoflow", net)
    assert needs_statistics("logoflow", None)
    assert not needs_statistics("pytorch-article", net)
    assert needs_statistics("pytorch-article", None)
    assert not needs_statistics("article", None)


def test_logo_crops_get_the_photos_own_boxes(small_root):
    boxes = json.loads((small_root / "boxes.json").read_text())
    train_data = make_loaders(small_root, "logoflow", net=new_net("efficientnet_lite0", 3)).train
    folder = train_data._dataset
    assert {f"train_data/{name}" for name in folder.boxes} == {
        name for name in boxes if name.startswith("train_data/")
    }
    assert len(folder.boxes) == 8
    random.seed(0)
    seen = {folder[0][0].asnumpy().tobytes() for _ in range(4)}
    assert len(seen) == 4


def test_photos_are_turned_upright_as_everywhere_else(tmp_path):
    from PIL import Image

    (tmp_path / "a").mkdir()
    exif = Image.Exif()
    exif[274] = 6
    Image.new("RGB", (40, 20), "red").save(tmp_path / "a" / "x.jpg", exif=exif)
    data, _ = PhotoFolder(tmp_path, [])[0]
    assert data.shape == (3, 40, 20)
    assert isinstance(data, mx.nd.NDArray)


class SpyCrop(LogoCropAug):
    """Crops as its parent does and notes what it was asked for."""

    def __init__(self):
        super().__init__(8)
        self.asked = []

    def __call__(self, src, boxes=(), region=None):
        self.asked.append("region" if region else "box" if boxes else "most")
        return super().__call__(src, boxes, region)


def test_backgrounds_come_after_the_photos_as_no_logo(small_root):
    boxes = {
        name.removeprefix("train_data/"): found
        for name, found in json.loads((small_root / "boxes.json").read_text()).items()
        if name.startswith("train_data/")
    }
    crop = SpyCrop()
    folder = PhotoFolder(small_root / "train_data", [crop], boxes, backgrounds=0.5)
    assert len(folder) == 14 + 4
    random.seed(0)
    labels = [folder[index][1] for index in range(14, 18)]
    assert labels == [folder.synsets.index("no-logo")] * 4
    assert crop.asked == ["region"] * 4


def test_a_photo_without_room_beside_its_logo_stays_what_it_is(small_root):
    everywhere = {f"{brand}/{path.name}": [(0, 0, 999, 999)] for brand, path in _photos(small_root)}
    folder = PhotoFolder(small_root / "train_data", [LogoCropAug(32)], everywhere, backgrounds=1.0)
    random.seed(0)
    labels = {float(folder[index][1]) for index in range(14, len(folder))}
    assert len(folder) == 14 + 8
    assert folder.synsets.index("no-logo") not in labels


def _photos(root):
    return [(path.parent.name, path) for path in sorted((root / "train_data").glob("*/*"))]


def test_without_negatives_only_training_loses_its_no_logo_photos(small_root):
    net = new_net("efficientnet_lite0", 3)
    loaders = make_loaders(small_root, "logoflow", 4, net=net, negatives=False)
    labels = np.concatenate([y.asnumpy() for _, y in loaders.train])
    assert sorted(labels) == [0] * 4 + [1] * 4
    assert len(loaders.val._dataset) == len(loaders.test._dataset) == 14


def test_without_boxes_there_are_no_backgrounds_either(small_root):
    net = new_net("efficientnet_lite0", 3)
    photos = make_loaders(small_root, "logoflow", net=net, boxes=False).train._dataset
    assert photos.boxes == {}
    assert len(photos) == 14


def test_mined_places_are_half_of_what_a_no_logo_photo_shows(small_root):
    folder = PhotoFolder(small_root / "train_data", [LogoCropAug(8)])
    index = next(i for i, item in enumerate(folder.items) if item[1] == 2)
    name = "/".join(folder.items[index][0].split("/")[-2:])
    folder.boxes[name] = [(0, 0, 3, 3)]
    random.seed(0)
    folder.augs = [SpyCrop()]
    for _ in range(60):
        folder[index]
    assert 15 < folder.augs[0].asked.count("box") < 45
    assert "most" not in folder.augs[0].asked


def batches_of(root, **options):
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002 - the order of photos
    net = new_net("efficientnet_lite0", 3)
    loader = make_loaders(root, "logoflow", 5, net=net, size=32, **options).train
    return [(data.asnumpy(), labels.asnumpy()) for _ in range(2) for data, labels in loader]


def test_a_seed_repeats_order_and_augmentation_with_and_without_workers_and_cache(small_root):
    expected = batches_of(small_root, cache=False)
    for options in ({"cache": True}, {"num_workers": 2}, {"num_workers": 1, "cache": False}):
        found = batches_of(small_root, **options)
        for (data, labels), (x, y) in zip(found, expected, strict=True):
            assert np.array_equal(labels, y)
            assert np.array_equal(data, x)
    half = len(expected) // 2
    assert not np.array_equal(expected[0][0], expected[half][0]), "another epoch, other crops"


def test_worker_processes_learn_of_places_mined_later(small_root):
    net = new_net("efficientnet_lite0", 3)
    photos = [path for path in _photos(small_root) if path[0] == "no-logo"]
    seen = []
    for workers in (0, 1):
        loader = make_loaders(
            *(small_root, "logoflow", 20, workers), net=net, size=16, negatives=True
        ).train
        places = {f"no-logo/{path.name}": [(0, 0, 3, 3)] for _, path in photos}
        loader._dataset.boxes.update(places)
        random.seed(0)
        np.random.seed(0)  # noqa: NPY002 - the order of photos
        seen.append(next(iter(loader))[0].asnumpy())
    assert np.array_equal(*seen)


def test_large_photos_are_shrunk_and_their_boxes_with_them(tmp_path):
    import cv2

    (tmp_path / "a").mkdir()
    image = np.zeros((400, 800, 3), np.uint8)
    image[100:200, 200:400] = 255
    cv2.imwrite(str(tmp_path / "a" / "x.png"), image)

    class Tight(LogoCropAug):
        def __call__(self, src, boxes=(), region=None):
            (box,) = boxes
            return super().__call__(src, region=tuple(round(side) for side in box))

    folder = PhotoFolder(tmp_path, [Tight(10)], {"a/x.png": [(200, 100, 200, 100)]}, side=100)
    data, _ = folder[0]
    assert data.asnumpy().min() == 255
