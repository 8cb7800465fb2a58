import json
import random
import shutil

import numpy as np
import pytest

from logoflow.datasets.prepared import photos_of
from logoflow.errors import ClassListError
from logoflow.images.decode import read_image
from logoflow.loading.augment import needs_statistics, transform
from logoflow.loading.loaders import make_loaders, training_statistics
from logoflow.models.backbones.registry import new_net


def test_batches_have_the_articles_shapes_and_contain_every_photo_once(small_root):
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


@pytest.mark.slow
def test_worker_processes_give_the_same_validation_batches(small_root):
    here = list(make_loaders(small_root, "article", 8).val)
    workers = list(make_loaders(small_root, "article", 8, num_workers=2).val)
    for (a, x), (b, y) in zip(here, workers, strict=True):
        assert np.array_equal(a.asnumpy(), b.asnumpy())
        assert np.array_equal(x.asnumpy(), y.asnumpy())


def test_a_missing_class_folder_is_an_error(small_root, tmp_path):
    root = tmp_path / "root"
    shutil.copytree(small_root, root)
    shutil.rmtree(root / "val_data" / "aldi")
    with pytest.raises(ClassListError, match="missing aldi"):
        make_loaders(root, "article")


def test_the_error_for_an_unprepared_folder_says_what_to_do(tmp_path):
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


def test_logo_crops_use_the_boxes_of_the_photo(small_root):
    boxes = json.loads((small_root / "boxes.json").read_text())
    train_data = make_loaders(small_root, "logoflow", net=new_net("efficientnet_lite0", 3)).train
    folder = train_data.dataset
    assert {f"train_data/{name}" for name in folder.boxes} == {
        name for name in boxes if name.startswith("train_data/")
    }
    assert len(folder.boxes) == 8
    random.seed(0)
    different_crops = {folder[0][0].asnumpy().tobytes() for _ in range(4)}
    assert len(different_crops) == 4


def test_use_no_logo_false_leaves_no_logo_photos_out_of_training_only(small_root):
    net = new_net("efficientnet_lite0", 3)
    loaders = make_loaders(small_root, "logoflow", 4, net=net, use_no_logo=False)
    labels = np.concatenate([y.asnumpy() for _, y in loaders.train])
    assert sorted(labels) == [0] * 4 + [1] * 4
    assert len(loaders.photos.val) == len(loaders.photos.test) == 14


def test_without_boxes_there_are_no_background_crops(small_root):
    net = new_net("efficientnet_lite0", 3)
    photos = make_loaders(small_root, "logoflow", net=net, use_boxes=False).photos.train
    assert photos.boxes == {}
    assert len(photos) == 14


def batches_of(root, **options):
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002 - the order of photos
    net = new_net("efficientnet_lite0", 3)
    loader = make_loaders(root, "logoflow", 5, net=net, image_size=32, **options).train
    return [(data.asnumpy(), labels.asnumpy()) for _ in range(2) for data, labels in loader]


@pytest.mark.slow
def test_a_seed_repeats_order_and_augmentation_with_and_without_workers_and_cache(small_root):
    expected = batches_of(small_root, cache=False)
    for options in ({"cache": True}, {"num_workers": 2}, {"num_workers": 1, "cache": False}):
        batches = batches_of(small_root, **options)
        for (data, labels), (expected_data, expected_labels) in zip(batches, expected, strict=True):
            assert np.array_equal(labels, expected_labels)
            assert np.array_equal(data, expected_data)
    epoch_length = len(expected) // 2
    assert not np.array_equal(expected[0][0], expected[epoch_length][0]), (
        "the second epoch has other crops"
    )


@pytest.mark.slow
def test_hard_negatives_found_later_reach_worker_processes(small_root):
    net = new_net("efficientnet_lite0", 3)
    no_logo = (small_root / "train_data" / "no-logo").iterdir()
    places = {f"no-logo/{path.name}": [(0, 0, 3, 3)] for path in no_logo}
    first_batches = []
    for workers in (0, 1):
        loader = make_loaders(small_root, "logoflow", 20, workers, net=net, image_size=16).train
        loader.dataset.boxes.update(places)
        random.seed(0)
        np.random.seed(0)  # noqa: NPY002 - the order of photos
        first_batches.append(next(iter(loader))[0].asnumpy())
    assert np.array_equal(*first_batches)


def test_loaders_unpack_in_the_articles_order_and_carry_photos_and_classes(small_root):
    data = make_loaders(small_root, "pytorch-article")
    train_data, val_data, test_data = data
    assert (train_data, val_data, test_data) == (data.train, data.val, data.test)
    assert data.classes == ("adidas", "aldi", "no-logo")
    assert data.photos.val.items == photos_of(small_root, "val_data")
    path, label = data.photos.val.items[0]
    preprocessed, _ = transform(read_image(path), label, data.preprocessing)
    batch, _ = next(iter(val_data))
    assert np.array_equal(batch[0].asnumpy(), preprocessed.asnumpy())
