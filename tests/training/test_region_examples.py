import mxnet as mx
import numpy as np
import pytest

from logoflow.datasets.class_list import read_classes
from logoflow.inference.prototypes import make_prototypes
from logoflow.inference.region_grid import region_boxes
from logoflow.inference.regions import RegionNet
from logoflow.labels import no_logo_index
from logoflow.loading.augment import make_augs
from logoflow.models.finetune import finetune_net
from logoflow.training import region_examples as region_examples_module
from logoflow.training.fit_regions import photos_with_boxes
from logoflow.training.region_examples import region_examples


@pytest.fixture(scope="module")
def region_net() -> RegionNet:
    net = finetune_net(3, "logo_lite0")
    return RegionNet(net, make_augs("regions", net)[1])


@pytest.mark.slow
def test_with_boxes_the_examples_are_logos_background_and_no_logo(region_net, small_root):
    no_logo = no_logo_index(read_classes(small_root))
    photos = photos_with_boxes(small_root, ["train_data"], use_boxes=True)
    examples, _ = region_examples(region_net, photos, no_logo, seed=0)
    for number, (path, label, boxes) in enumerate(photos):
        of_photo = examples.photos == number
        assert set(examples.labels[of_photo]) <= {label, no_logo}
        if boxes:
            assert examples.weights[of_photo & (examples.labels == label)].sum() == pytest.approx(1)
            height, width = mx.image.imread(str(path)).shape[:2]
            regions = region_boxes(width, height)[examples.regions[of_photo]]
            centres = regions[:, :2] + regions[:, 2:] / 2
            x, y, box_width, box_height = boxes[0]
            hits = (centres > [x, y]) & (centres < [x + box_width, y + box_height])
            assert hits.all(axis=1)[examples.labels[of_photo] == label].any()


def test_without_boxes_all_regions_on_the_grid_have_the_label(region_net, small_root):
    photos = photos_with_boxes(small_root, ["train_data"], use_boxes=False)[:3]
    examples, _ = region_examples(region_net, photos, None, seed=0)
    assert np.bincount(examples.photos).tolist() == [39, 39, 39]
    assert examples.labels[::39].tolist() == [label for _, label, _ in photos]


def test_of_many_photos_without_boxes_each_gives_fewer_regions(region_net, small_root, monkeypatch):
    monkeypatch.setattr(region_examples_module, "MAX_GRID_EXAMPLES", 30)
    photos = photos_with_boxes(small_root, ["train_data"], use_boxes=False)[:3]
    examples, _ = region_examples(region_net, photos, None, seed=0)
    assert np.bincount(examples.photos).tolist() == [10, 10, 10]
    assert (examples.regions[::10] == 0).all()  # the whole photo is always there


def test_a_seed_repeats_the_choice(region_net, small_root):
    photos = photos_with_boxes(small_root, ["train_data"], use_boxes=True)[:4]
    first, second = (region_examples(region_net, photos, 1, seed=5).examples for _ in range(2))
    assert np.array_equal(first.regions, second.regions)


def test_without_boxes_regions_of_each_photo_are_remembered(region_net, small_root, monkeypatch):
    monkeypatch.setattr(region_examples_module, "MAX_PROTOTYPES", 150)
    photos = photos_with_boxes(small_root, ["train_data"], use_boxes=False)[:3]
    prototypes = region_examples(region_net, photos, None, seed=0).prototypes
    assert np.bincount(prototypes.photos).tolist() == [50, 50, 50]
    for number, (_, label, _) in enumerate(photos):
        assert (prototypes.labels[prototypes.photos == number] == label).all()
    lengths = np.linalg.norm(prototypes.embeddings, axis=1)
    assert np.median(lengths) == pytest.approx(1, abs=1e-3)
    assert lengths.max() < 1.001, "a black region may have length 0"


def test_regions_like_the_artwork_of_a_brand_get_the_weight(region_net, small_root):
    photos = photos_with_boxes(small_root, ["train_data"], use_boxes=False)[:2]
    plain, _ = region_examples(region_net, photos, None, seed=0)
    logo = 17  # a region of the first photo stands for the artwork of its brand
    embeddings = region_net.embed(plain.features[[logo]])
    artwork = make_prototypes(embeddings, photos[0][1], 99)
    photos[1] = (photos[1][0], photos[0][1] + 1, [])  # a brand without artwork
    examples, _ = region_examples(region_net, photos, None, seed=0, artwork=artwork)
    weights = examples.weights[examples.photos == 0]
    assert weights.argmax() == logo
    assert weights.sum() == pytest.approx(1)
    assert np.allclose(examples.weights[examples.photos == 1], 1 / 39)


def test_with_boxes_or_without_an_embedding_nothing_is_remembered(region_net, small_root):
    photos = photos_with_boxes(small_root, ["train_data"], use_boxes=True)[:2]
    assert region_examples(region_net, photos, None, seed=0).prototypes is None
    other = finetune_net(3, "efficientnet_lite0")
    other_net = RegionNet(other, make_augs("regions", other)[1])
    without_boxes = photos_with_boxes(small_root, ["train_data"], use_boxes=False)[:2]
    assert region_examples(other_net, without_boxes, None, seed=0).prototypes is None
