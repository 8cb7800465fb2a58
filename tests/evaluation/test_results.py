import numpy as np

from logoflow.evaluation.results import TrainingResult, load_result, save_result
from logoflow.inference.decision import Decision
from logoflow.inference.levels import Level

WHOLE = Level("whole")


def test_a_result_is_the_same_after_saving_and_loading(tmp_path):
    scores, truth = np.log([[0.7, 0.3], [0.1, 0.9]]), np.array([0, 1])
    result = TrainingResult(
        ("adidas", "no-logo"),
        ("adidas/1.jpg", "no-logo/2.jpg"),
        truth,
        {WHOLE: scores},
        {WHOLE: Decision(no_logo_bias=0.5, threshold=0.9, false_positive_rate=0.02, photos=3)},
        60.0,
    )
    save_result(tmp_path / "result.npz", result)
    loaded = load_result(tmp_path / "result.npz")
    assert np.array_equal(loaded.truth, truth)
    assert np.array_equal(loaded.scores[WHOLE], scores)
    assert loaded._replace(truth=None, scores=None) == result._replace(truth=None, scores=None)
