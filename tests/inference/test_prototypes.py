import mxnet as mx
import numpy as np
import pytest

from logoflow.inference.classifier import LogoClassifier
from logoflow.inference.collect_evidence import collect_evidence
from logoflow.inference.evidence import Evidence
from logoflow.inference.levels import Level
from logoflow.inference.prototypes import join_prototypes, make_prototypes
from logoflow.inference.region_grid import region_boxes, window_regions
from logoflow.inference.regions import RegionNet
from logoflow.loading.augment import make_augs
from logoflow.models.backbones.logo_lite0 import embed
from logoflow.models.finetune import finetune_net

CLASSES = ("acme", "no-logo", "zeta")


def similarities_of(evidence: Evidence, layout: str) -> np.ndarray:
    parts = evidence.regions[layout]
    return parts.compare(np.arange(len(parts.logits)))


def unit_rows(rows: int, seed: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(rows, 256)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_each_region_gets_its_nearest_prototype_of_each_class():
    known, regions = unit_rows(30, 0), unit_rows(5, 1)
    labels = np.random.default_rng(2).integers(0, 3, 30).astype(np.int32)
    prototypes = make_prototypes(known, labels, np.arange(30))
    similarities = prototypes.similarities(regions, num_classes=4)
    for label in range(3):
        cosines = regions @ known[labels == label].T
        assert np.allclose(similarities[:, label], cosines.max(axis=1), atol=1e-3)
    assert (similarities[:, 3] == -1).all(), "there are no prototypes of the last class"


def test_a_photo_can_be_left_out():
    vectors = unit_rows(2, 0)
    prototypes = join_prototypes(
        [make_prototypes(vectors[:1], 0, photos=0), make_prototypes(vectors[1:], 0, photos=1)]
    )
    with_itself, without = (
        prototypes.similarities(vectors[:1], 1, without_photo=photo) for photo in (None, 0)
    )
    assert with_itself[0, 0] == pytest.approx(1, abs=1e-3)
    assert without[0, 0] == pytest.approx(vectors[0] @ vectors[1], abs=1e-3)


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (300, 420, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def classifier(photo) -> LogoClassifier:
    """It knows one photo, as zeta."""
    mx.random.seed(0)
    net = finetune_net(3, "logo_lite0")
    _, augs = make_augs("regions", net)
    region_net = RegionNet(net, augs)
    embeddings = region_net.embed(region_net.features(photo))
    return LogoClassifier(net, CLASSES, augs, prototypes=make_prototypes(embeddings, 2, 0))


def test_regions_are_embedded_as_crops_are(classifier, photo):
    net = RegionNet(classifier.net, classifier.augs)
    data = net._to_input(photo, 192, 256)  # the first region: the whole photo at 256 pixels
    (of_region,) = net.embed(net.features(photo)[:1])
    assert np.allclose(of_region, embed(classifier.net, data).asnumpy()[0], atol=1e-4)


def test_the_grid_remembers_the_photo(classifier, photo):
    (evidence,) = collect_evidence(classifier, [photo], [Level("grid")])
    similarities = similarities_of(evidence, "grid")
    assert np.allclose(similarities[:, 2], 1, atol=1e-3)
    assert (similarities[:, :2] == -1).all()
    assert classifier.predict(photo, level="grid").brand[0] == "zeta"


def test_logits_are_the_same_with_and_without_prototypes(classifier, photo):
    levels = [Level("grid"), Level("regions"), Level("more-regions")]
    without = LogoClassifier(classifier.net, CLASSES, classifier.augs)
    (evidence,), (plain,) = (
        collect_evidence(which, [photo], levels) for which in (classifier, without)
    )
    for level in levels:
        assert np.array_equal(evidence.parts(level).logits, plain.parts(level).logits)
        assert plain.parts(level).compare is None
    regions, grid = plain.parts(Level("regions")).logits, plain.parts(Level("grid")).logits
    assert len(regions) == len(region_boxes(420, 300))
    assert np.array_equal(grid, regions[window_regions(420, 300)])
    assert np.array_equal(plain.parts(Level("more-regions")).logits[: len(regions)], regions)


def test_similarities_do_not_depend_on_the_levels_beside(classifier, photo):
    (alone,) = collect_evidence(classifier, [photo], [Level("grid")])
    (beside,) = collect_evidence(classifier, [photo], [Level("grid"), Level("more-regions")])
    one, other = (similarities_of(evidence, "grid") for evidence in (alone, beside))
    assert np.allclose(one, other, atol=1e-6)


def test_a_saved_classifier_remembers_alike(classifier, photo, tmp_path):
    again = LogoClassifier.load(classifier.save(tmp_path / "model"))
    assert np.array_equal(again.scores(photo, level="grid"), classifier.scores(photo, level="grid"))
    forgetful = LogoClassifier(classifier.net, CLASSES, classifier.augs)
    forgetful.save(tmp_path / "model")
    assert not list((tmp_path / "model").glob("prototypes-*")), "the former file is removed"


def test_a_network_without_an_embedding_cannot_use_prototypes():
    net = finetune_net(3, "efficientnet_lite0")
    with pytest.raises(ValueError, match="logo_lite0"):
        LogoClassifier(net, CLASSES, [], prototypes=make_prototypes(unit_rows(1, 0), 0, 0))
