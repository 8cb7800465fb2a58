import pandas as pd

from logoflow.plots.training import plot_history


def test_history_shows_the_baseline_and_omits_missing_accuracies(figures):
    frame = pd.DataFrame(
        {"loss": [2.0, 1.0], "train_acc": [0.5, 0.6], "val_acc": [0.4, 0.5], "test_acc": [None] * 2}
    )
    plot_history(frame, 0.33)
    labels = [line.get_label() for line in figures[0][0].axes[1].lines]
    assert labels == ["train", "val", "majority class"]
