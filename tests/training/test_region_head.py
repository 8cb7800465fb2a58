import mxnet as mx
import numpy as np
import pytest

from logoflow.training.region_examples import Examples
from logoflow.training.region_head import (
    STRENGTHS,
    choose_strength,
    fit_output,
    fit_regression,
    focus_on_logos,
    left_out_probabilities,
    photo_log_loss,
    possible_folds,
)


def made_up(photos: int = 12, regions: int = 6, classes: int = 2) -> Examples:
    """One telling region a photo; all others look alike in all classes."""
    generator = np.random.default_rng(0)
    features = generator.normal(size=(photos, regions, 8)).astype(np.float32)
    labels = np.arange(photos) % classes
    features[:, 2, :classes] += 9 * np.eye(classes)[labels]
    return Examples(
        features.reshape(-1, 8),
        np.repeat(labels, regions),
        np.full(photos * regions, 1 / regions),
        np.repeat(np.arange(photos), regions),
        np.tile(np.arange(regions), photos),
    )


@pytest.mark.parametrize("classes", [2, 3])
def test_the_output_layer_gives_the_probabilities_of_the_model(classes):
    examples = made_up(classes=classes)
    model, output = fit_regression(examples, None, 1.0), mx.gluon.nn.Dense(classes, in_units=8)
    output.initialize()
    fit_output(output, model)
    shares = mx.nd.softmax(output(mx.nd.array(examples.features))).asnumpy()
    assert np.allclose(shares, model.predict_proba(examples.features), atol=1e-4)


def test_a_class_without_examples_is_never_the_answer():
    examples, output = made_up(), mx.gluon.nn.Dense(3, in_units=8)
    output.initialize()
    fit_output(output, fit_regression(examples, None, 1.0))
    answers = output(mx.nd.array(examples.features)).asnumpy().argmax(axis=1)
    assert set(answers) == {0, 1}


def test_the_telling_region_gets_the_most_weight():
    focused = focus_on_logos(made_up(), strength=0.1, folds=3)
    by_photo = focused.weights.reshape(12, 6)
    assert np.allclose(by_photo.sum(axis=1), 1)
    assert (by_photo.argmax(axis=1) == 2).mean() > 0.9


def test_each_photo_is_scored_by_models_that_have_not_seen_it():
    examples = made_up()
    odd = examples.photos == 0
    wrong = examples._replace(labels=np.where(odd, 1, examples.labels))
    shares = left_out_probabilities(wrong, None, 1.0, folds=3)
    assert shares[odd][2].argmax() == 0  # the photo's own wrong label was not learnt


def test_cross_validation_chooses_a_strength_and_needs_two_photos_a_class():
    examples = made_up()
    assert possible_folds(examples) == 5
    assert choose_strength(examples, None, 5) in STRENGTHS
    few = examples.subset(examples.photos < 2)
    assert possible_folds(few) == 1
    assert choose_strength(few, None, 1) in STRENGTHS


def test_the_log_loss_is_over_photos():
    examples = made_up(photos=2).subset(np.array([0, 1, 6, 7]))  # two regions of each photo
    shares = np.array([[1.0, 0.0], [0.5, 0.5], [0.5, 0.5], [0.5, 0.5]])
    assert photo_log_loss(examples, shares) == pytest.approx(-np.log([0.75, 0.5]).mean())


def test_no_logo_counts_at_most_as_much_as_all_brands():
    examples = made_up(photos=12, classes=2)
    many = examples._replace(labels=np.where(examples.photos < 2, examples.labels, 1))
    balanced = fit_regression(many, 1, 0.001)
    plain = fit_regression(many, None, 0.001)
    assert balanced.intercept_[0] < plain.intercept_[0]
