import mxnet as mx
import numpy as np
import pytest

from logoflow.inference.classifier import LogoClassifier
from logoflow.inference.levels import Level
from logoflow.inference.ocr import BrandNameReader, Line
from logoflow.loading.augment import make_augs
from logoflow.models.article_nets import lenet5

CLASSES = ("adidas", "aldi", "no-logo")


@pytest.fixture
def classifier():
    mx.random.seed(0)
    net = lenet5(3)
    net.initialize(mx.init.Xavier())
    augs = make_augs("logoflow", statistics=([120.0] * 3, [60.0] * 3), image_size=64)[1]
    return LogoClassifier(net, CLASSES, augs)


@pytest.fixture(scope="module")
def photos():
    rng = np.random.default_rng(0)
    return [rng.integers(0, 255, (90, 120, 3), dtype=np.uint8) for _ in range(12)]


TRUTH = ["adidas", "aldi", "no-logo"] * 4
BOXES = [[(10, 10, 30, 30)], [(50, 20, 30, 30)], []] * 4


def test_a_photo_and_its_background_are_read_once(classifier, photos, monkeypatch):
    read = []

    def lines(reader, image):
        read.append(image)
        return [Line("aldi", 60, 30)]

    monkeypatch.setattr(BrandNameReader, "read", lines)
    level = Level("few-windows", read_names=True)
    classifier.calibrate(photos, TRUTH, levels=[level], boxes=BOXES, unknown_acceptance_rate=None)
    assert len(read) == len(photos)
    assert level in classifier.decisions


def test_boxes_of_other_photos_are_refused(classifier, photos):
    with pytest.raises(ValueError, match="11 lists of boxes for 12 photos"):
        classifier.calibrate(photos, TRUTH, boxes=BOXES[:11])
    assert not classifier.decisions
