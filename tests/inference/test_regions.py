import mxnet as mx
import numpy as np
import pytest
from mxnet import autograd, gluon
from scipy.special import log_softmax

from logoflow.inference import regions
from logoflow.inference.classifier import LogoClassifier
from logoflow.inference.levels import Level
from logoflow.inference.pooling import pool_grid, pool_logits
from logoflow.inference.region_evidence import mean_region_logits, region_evidence
from logoflow.inference.region_grid import (
    CELL,
    SCALES,
    grid_size,
    region_boxes,
    window_regions,
)
from logoflow.inference.regions import RegionNet, region_nets
from logoflow.loading.augment import make_augs
from logoflow.models.article_nets import lenet5
from logoflow.models.build import build_net
from logoflow.models.finetune import finetune_net

CLASSES = ("acme", "no-logo", "zeta")


def region_logits(classifier: LogoClassifier, photo: np.ndarray) -> np.ndarray:
    nets = classifier.nets_for_regions()
    return region_evidence(nets, photo, ["regions"], None)["regions"].logits


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (300, 420, 3), dtype=np.uint8)


@pytest.fixture(scope="module", params=["logo_lite0", "efficientnet_lite0"])
def classifier(request) -> LogoClassifier:
    mx.random.seed(0)
    net = finetune_net(3, request.param)
    _, augs = make_augs("logoflow", net, image_size=96)
    return LogoClassifier(net, CLASSES, augs)


def test_the_region_of_the_whole_photo_gets_the_logits_of_the_network(classifier, photo):
    net = RegionNet(classifier.net, classifier.augs)
    rows, columns = grid_size(420, 300, SCALES[0])
    data = net._to_input(photo, rows * CELL, columns * CELL)
    assert np.allclose(net.logits(photo)[0], classifier.net(data).asnumpy()[0], atol=1e-4)


def test_logits_come_from_the_features_of_the_same_regions(classifier, photo):
    net, output = RegionNet(classifier.net, classifier.augs), classifier.net.output
    features = net.features(photo)
    assert len(features) == len(region_boxes(420, 300))
    assert np.allclose(output(mx.nd.array(features)).asnumpy(), net.logits(photo), atol=1e-4)


@pytest.mark.parametrize("parameters", [".*", ".*(gamma|beta)"])
def test_later_training_is_noticed(photo, parameters):
    """Also of the normalisation alone, which the compiled network does not notice by itself."""
    mx.random.seed(0)
    net = finetune_net(3, "logo_lite0")
    region_net = RegionNet(net, make_augs("regions", net)[1])
    before = region_net.logits(photo)
    trainer = gluon.Trainer(net.collect_params(parameters), "sgd", {"learning_rate": 0.1})
    with autograd.record():
        loss = gluon.loss.SoftmaxCELoss()(
            net(mx.nd.random.normal(shape=(2, 3, 64, 64))), mx.nd.arange(2)
        )
    loss.backward()
    trainer.step(2)
    after = RegionNet(net, make_augs("regions", net)[1]).logits(photo)
    assert np.allclose(region_net.logits(photo), after, atol=1e-4)
    assert not np.allclose(before, after, atol=1e-2)


@pytest.mark.slow
def test_photos_of_many_shapes_are_scored_alike(classifier, photo, monkeypatch):
    """The network is compiled for frequent shapes one by one. The others share one."""
    photos = [photo, photo[:, :300], photo[:200], photo]
    expected = [RegionNet(classifier.net, classifier.augs).logits(one) for one in photos]
    monkeypatch.setattr(regions, "MAX_COMPILED_CELLS", 300)
    net = RegionNet(classifier.net, classifier.augs)
    for _ in range(3):
        for one, logits in zip(photos, expected, strict=True):
            assert np.allclose(net.logits(one), logits, atol=1e-4)
    assert 1 < len(net._compiled) < 15
    assert () in net._compiled


@pytest.mark.slow
def test_features_of_a_photo_outlast_later_photos(classifier):
    """They are computed when they are asked for, and photos of one size share a network."""
    photos = np.random.default_rng(1).integers(0, 256, (5, 150, 200, 3), dtype=np.uint8)
    net = RegionNet(classifier.net, classifier.augs)
    expected = [net.features(one) for one in photos]
    lazy = [net.photo_features(one) for one in photos]
    for features, values in zip(lazy, expected, strict=True):
        assert np.allclose(features.all(), values, atol=1e-4)


def test_the_levels_pool_these_logits(classifier, photo):
    logits = region_logits(classifier, photo)
    grid = logits[window_regions(420, 300)]
    (by_region,), (by_grid,) = (classifier.scores(photo, level=lv) for lv in ("regions", "grid"))
    assert np.allclose(by_region, pool_logits(logits, 1, top=5))
    assert np.allclose(by_grid, pool_grid(grid))


@pytest.mark.slow
def test_levels_with_and_without_windows_can_be_calibrated_together(classifier, photo):
    photos = [photo, photo[::-1], photo[:, ::-1], np.full_like(photo, 90)]
    levels = ["windows", "grid", "regions"]
    boxes = [[(10, 10, 60, 60)], [], [], []]
    truth = ["acme", "zeta", "zeta", "no-logo"]
    with pytest.warns(UserWarning, match="photos without a logo"):
        classifier.calibrate(photos, truth, levels=levels, boxes=boxes)
    assert {Level(name) for name in levels} <= set(classifier.decisions)
    for level in levels:  # the background of the first photo counts as a photo without a logo
        assert classifier.decisions[Level(level)].no_logo_photos == 2
        assert len(classifier.predict(photos, level=level)) == 4


def test_a_saved_classifier_scores_regions_alike(classifier, photo, tmp_path):
    again = LogoClassifier.load(classifier.save(tmp_path / "model"))
    assert np.array_equal(region_logits(again, photo), region_logits(classifier, photo))


def test_an_ensemble_averages_log_probabilities(photo):
    ensemble = build_net("logo_lite0 + efficientnet_lite0", 3)
    ensemble.initialize(mx.init.Xavier())
    _, augs = make_augs("logoflow", ensemble, image_size=96)
    nets = region_nets(ensemble, augs)
    expected = np.mean([log_softmax(net.logits(photo), axis=1) for net in nets], axis=0)
    features = [net.photo_features(photo) for net in nets]
    assert np.allclose(mean_region_logits(nets, features), expected)


def test_a_network_that_does_not_pool_is_refused(photo):
    net = lenet5(3)
    net.initialize()
    _, augs = make_augs("article")
    with pytest.raises(ValueError, match="LeNet5|HybridSequential|cannot score regions"):
        LogoClassifier(net, CLASSES, augs).predict(photo, level="regions")


def test_a_dark_photo_has_finite_scores(classifier):
    black = np.zeros((200, 200, 3), np.uint8)
    assert np.isfinite(classifier.scores(black, level="regions")).all()
    assert np.isfinite(classifier.scores(black, level="grid")).all()
