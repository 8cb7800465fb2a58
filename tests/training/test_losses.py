import numpy as np
import pytest
from mxnet import gluon, nd

from logoflow.training.losses import balanced_weights, class_weight_list, make_loss


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


def test_weights_by_name_or_label_become_a_list_in_label_order():
    classes = ["bmw", "no-logo", "ups"]
    assert class_weight_list({"ups": 2, 1: 0.5}, classes) == [1.0, 0.5, 2.0]
    assert class_weight_list({np.int64(0): np.float32(4)}, classes) == [4.0, 1.0, 1.0]
    assert class_weight_list(np.array([1, 2, 3]), classes) == [1.0, 2.0, 3.0]


def test_a_name_that_is_a_number_is_a_name():
    assert class_weight_list({"1": 3.0}, ["0", "1"]) == [1.0, 3.0]
    assert class_weight_list({"1": 3.0}, ["1", "2"]) == [3.0, 1.0]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"bwm": 2}, "no class: give the name of a class, or its label.*Did you mean bmw"),
        ({2: 1}, "key 2, which is no class"),
        ({True: 1}, "key True, which is no class"),
        ({"bmw": 1, 0: 2}, "a class has two weights"),
        ({"bmw": "heavy"}, "class weight of bmw is 'heavy'"),
        ([1, float("inf")], "class weight of ups is inf"),
        ([0, 0], "All class_weights are 0"),
        ([1], "1 class_weights, but 2 classes"),
    ],
)
def test_weights_that_cannot_be_meant_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        class_weight_list(wrong, ["bmw", "ups"])


def test_a_loss_without_class_names_takes_no_dict():
    with pytest.raises(ValueError, match="the loss has no class names"):
        make_loss({0: 1.0, 1: 5.0})
