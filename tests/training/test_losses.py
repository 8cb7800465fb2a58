import numpy as np
import pytest
from mxnet import gluon, nd

from logoflow.training.losses import balanced_weights, make_loss


def batch(seed=0):
    rng = np.random.default_rng(seed)
    return nd.array(rng.normal(size=(5, 4))), nd.array([0, 3, 1, 1, 2])


def test_by_default_it_is_gluons_cross_entropy():
    yhat, y = batch()
    expected = gluon.loss.SoftmaxCrossEntropyLoss()(yhat, y).asnumpy()
    assert np.array_equal(make_loss()(yhat, y).asnumpy(), expected)


def test_smoothing_is_cross_entropy_against_smoothed_labels():
    yhat, y = batch()
    labels = np.full((5, 4), 0.1 / 4)
    labels[np.arange(5), y.asnumpy().astype(int)] += 0.9
    expected = -(labels * nd.log_softmax(yhat).asnumpy()).sum(axis=1)
    assert make_loss(label_smoothing=0.1)(yhat, y).asnumpy() == pytest.approx(expected, abs=1e-5)


def test_a_class_weight_counts_its_photos_so_often():
    yhat, y = batch()
    plain = make_loss(label_smoothing=0.2)(yhat, y).asnumpy()
    weighted = make_loss([1, 3, 1, 0], label_smoothing=0.2)(yhat, y).asnumpy()
    assert weighted == pytest.approx(plain * [1, 0, 3, 3, 1])


def test_smoothing_everything_away_is_refused():
    with pytest.raises(ValueError, match="label_smoothing is 1"):
        make_loss(label_smoothing=1)


def test_balanced_weights_make_every_class_count_the_same(small_root):
    weights = balanced_weights(small_root)
    assert np.array(weights) * [4, 4, 6] == pytest.approx([14 / 3] * 3)
