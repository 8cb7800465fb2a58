import numpy as np
import pytest
from sklearn.metrics import auc, roc_auc_score

from logoflow.metrics.scores import auroc, brand_top1, logo_scores, precision_recall, roc

CLASSES = ["bmw", "no-logo", "ups"]
TRUTH = [0, 0, 2, 1, 1]
PROBABILITIES = np.array(
    [
        [0.7, 0.2, 0.1],  # right
        [0.1, 0.6, 0.3],  # the other brand, if no-logo is ignored
        [0.1, 0.5, 0.4],  # right, if no-logo is ignored
        [0.3, 0.5, 0.2],
        [0.1, 0.8, 0.1],
    ]
)


def random_answers(photos=300):
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, photos)
    return truth, rng.dirichlet([1, 1, 1], photos) * 0.6 + np.eye(3)[truth] * 0.4


def test_the_logo_score_compares_the_highest_brand_with_no_logo():
    expected = [7 / 9, 3 / 9, 4 / 9, 3 / 8, 1 / 9]
    assert logo_scores(PROBABILITIES, CLASSES) == pytest.approx(expected)


def test_hesitating_between_two_brands_does_not_lower_the_logo_score():
    sure, undecided = logo_scores(np.array([[0.9, 0.1, 0.0], [0.45, 0.05, 0.45]]), CLASSES)
    assert sure == pytest.approx(undecided)


def test_without_a_no_logo_class_the_logo_score_is_the_highest_probability():
    assert logo_scores(np.array([[0.3, 0.7]]), ["bmw", "ups"]).tolist() == [0.7]


def test_brand_top1_ignores_no_logo():
    assert brand_top1(TRUTH, PROBABILITIES, CLASSES) == pytest.approx(2 / 3)
    assert brand_top1([0, 1], PROBABILITIES[:2, [0, 2]], ["bmw", "ups"]) == 1


def test_auroc_is_the_share_of_pairs_in_the_right_order():
    # Brands 7/9, 3/9, 4/9 against 3/8 and 1/9: five of six pairs in order.
    assert auroc(TRUTH, PROBABILITIES, CLASSES) == pytest.approx(5 / 6)
    truth, probabilities = random_answers()
    best = probabilities[:, [0, 2]].max(axis=1)
    expected = roc_auc_score(truth != 1, best / (best + probabilities[:, 1]))
    assert auroc(truth, probabilities, CLASSES) == pytest.approx(expected)


def test_roc_gives_the_share_of_photos_that_reach_each_threshold():
    frame = roc(TRUTH, PROBABILITIES, CLASSES)
    assert frame["threshold"].tolist() == pytest.approx([np.inf, 7 / 9, 4 / 9, 3 / 8, 3 / 9, 1 / 9])
    assert frame["false_positive_rate"].tolist() == [0, 0, 0, 0.5, 0.5, 1]
    assert frame["true_positive_rate"].tolist() == pytest.approx([0, 1 / 3, 2 / 3, 2 / 3, 1, 1])
    frame = roc(*random_answers(), CLASSES)
    area = auc(frame["false_positive_rate"], frame["true_positive_rate"])
    assert area == pytest.approx(auroc(*random_answers(), CLASSES))


def test_precision_recall_at_each_threshold():
    frame = precision_recall(TRUTH, PROBABILITIES, CLASSES).sort_values("threshold")
    assert frame["threshold"].tolist() == pytest.approx([1 / 9, 3 / 9, 3 / 8, 4 / 9, 7 / 9, np.inf])
    assert frame["recall"].tolist() == pytest.approx([1, 1, 2 / 3, 2 / 3, 1 / 3, 0])
    assert frame["precision"].tolist() == pytest.approx([3 / 5, 3 / 4, 2 / 3, 1, 1, 1])


@pytest.mark.parametrize("metric", [auroc, roc, precision_recall])
def test_metrics_of_logo_against_no_logo_need_both(metric):
    with pytest.raises(ValueError, match="no photos without a logo"):
        metric([0, 2], PROBABILITIES[:2], CLASSES)
    with pytest.raises(ValueError, match="no photos of a brand"):
        metric([1, 1], PROBABILITIES[:2], CLASSES)


def test_brand_top1_needs_brands():
    with pytest.raises(ValueError, match="no photos of a brand"):
        brand_top1([1, 1], PROBABILITIES[:2], CLASSES)


def test_arrays_that_do_not_match_are_refused():
    with pytest.raises(ValueError, match="for 2 classes"):
        logo_scores(PROBABILITIES, ["bmw", "no-logo"])
    with pytest.raises(ValueError, match="0 of them brands"):
        logo_scores(np.ones((2, 1)), ["no-logo"])
    with pytest.raises(ValueError, match="4 labels"):
        auroc(TRUTH[:4], PROBABILITIES, CLASSES)
    with pytest.raises(ValueError, match="out of range"):
        auroc([0, 0, 2, 1, 3], PROBABILITIES, CLASSES)
