import numpy as np
import pytest

from logoflow.inference.levels import Level
from logoflow.training import loop, region_steps, strategies
from logoflow.training.fit import fit
from logoflow.training.resume import drop_if_damaged

pytestmark = pytest.mark.slow

QUICK = {
    "backbone": "lenet5",
    "image_size": 64,
    "num_epochs": 4,
    "batch_size": 8,
    "levels": ("whole",),
    "unknown_acceptance_rate": None,
    "false_positive_rate": 0.2,
    "quiet": True,
}
REGIONS = {
    **QUICK,
    "backbone": "logo_lite0",
    "image_size": 160,
    "num_epochs": 1,
    "batch_size": 4,
}


@pytest.fixture(scope="module")
def uninterrupted(small_root):
    return fit(small_root, **QUICK)


def weights_of(classifier):
    return [value.data().asnumpy() for value in classifier.net.collect_params().values()]


def call_raises(function, calls, error):
    """Let a function raise an error at the end of its last allowed call."""
    remaining = [calls]

    def wrapped(*arguments, **options):
        result = function(*arguments, **options)
        remaining[0] -= 1
        if remaining[0] == 0:
            raise error
        return result

    return wrapped


@pytest.fixture(name="killed")
def killed_after_two_epochs(small_root, tmp_path, monkeypatch):
    """Folder of a training that ended in the middle, as after a kill."""
    with monkeypatch.context() as patch:
        patch.setattr(loop, "save_state", call_raises(loop.save_state, 2, MemoryError()))
        with pytest.raises(MemoryError):
            fit(small_root, **QUICK, resume_dir=tmp_path / "work")
    (folder,) = (tmp_path / "work").iterdir()
    return folder


def test_a_killed_training_continues_and_ends_like_an_uninterrupted_one(
    small_root, killed, uninterrupted, monkeypatch
):
    epochs = []
    train_epoch = loop._train_epoch
    monkeypatch.setattr(
        loop,
        "_train_epoch",
        lambda *arguments: epochs.append(arguments[-1]) or train_epoch(*arguments),
    )
    classifier = fit(small_root, **QUICK, resume_dir=killed.parent)
    assert epochs == [2, 3]
    history = classifier.metadata["history"]
    assert history["loss"] == uninterrupted.metadata["history"]["loss"]
    pairs = zip(weights_of(classifier), weights_of(uninterrupted), strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)
    assert not killed.exists(), "a finished training leaves no files"


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[: len(data) // 2],
        lambda data: data[:2000] + bytes(1000) + data[3000:],
        lambda _: b"",
    ],
)
def test_a_damaged_file_is_named_and_ignored(small_root, killed, damage):
    path = killed / "member0.resume.npz"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.warns(UserWarning, match=r"member0\.resume\.npz is damaged"):
        classifier = fit(small_root, **QUICK, resume_dir=killed.parent)
    assert len(classifier.metadata["history"]["loss"]) == 4


def test_other_settings_begin_anew(small_root, killed):
    settings = {**QUICK, "seed": 1, "num_epochs": 1}
    fit(small_root, **settings, resume_dir=killed.parent)
    assert [path.name for path in killed.parent.iterdir()] == [killed.name]


def test_an_interrupt_keeps_the_best_so_far(small_root, tmp_path, monkeypatch):
    train_epoch = call_raises(loop._train_epoch, 3, KeyboardInterrupt())
    monkeypatch.setattr(loop, "_train_epoch", train_epoch)
    with pytest.warns(UserWarning, match=r"interrupted after 2 of 4 epochs.*1 of 1 networks"):
        classifier = fit(small_root, **QUICK, resume_dir=tmp_path)
    assert len(classifier.metadata["history"]["loss"]) == 2
    assert list(classifier.decisions) == [Level("whole")]
    assert len([*tmp_path.glob("*/member0.resume.npz")]) == 1, "a later call can continue"


def test_an_interrupt_before_the_first_epoch_ends_is_raised(small_root, monkeypatch):
    train_epoch = call_raises(loop._train_epoch, 1, KeyboardInterrupt())
    monkeypatch.setattr(loop, "_train_epoch", train_epoch)
    with pytest.raises(KeyboardInterrupt):
        fit(small_root, **QUICK)


def test_an_interrupt_of_the_second_network_keeps_the_first(small_root, monkeypatch):
    train_epoch = call_raises(loop._train_epoch, 2, KeyboardInterrupt())
    monkeypatch.setattr(loop, "_train_epoch", train_epoch)
    settings = {**QUICK, "backbone": ["lenet5", "lenet5"], "num_epochs": 1}
    with pytest.warns(UserWarning, match="1 of 2 networks"):
        classifier = fit(small_root, **settings)
    assert classifier.metadata["backbone"] == "lenet5"


def test_a_training_without_progress_stops_early(small_root):
    settings = {**QUICK, "num_epochs": 9, "learning_rate": 0.0, "patience": 2}
    assert len(fit(small_root, **settings).metadata["history"]["loss"]) == 3


def test_a_killed_fine_tuning_on_regions_continues_with_the_stored_output_layer(
    small_root, tmp_path, monkeypatch
):
    monkeypatch.setattr(region_steps, "STEPS_PER_ROW", 1)
    expected = fit(small_root, **REGIONS)
    with monkeypatch.context() as patch:
        save_state = call_raises(region_steps.save_state, 2, MemoryError())
        patch.setattr(region_steps, "save_state", save_state)
        with pytest.raises(MemoryError):
            fit(small_root, **REGIONS, resume_dir=tmp_path)
    monkeypatch.setattr(strategies, "fit_region_head", call_raises(None, 1, AssertionError()))
    steps, patch_loss = [], region_steps.patch_loss
    monkeypatch.setattr(
        region_steps,
        "patch_loss",
        lambda *arguments: steps.append(1) or patch_loss(*arguments),
    )
    classifier = fit(small_root, **REGIONS, resume_dir=tmp_path)
    assert len(steps) == 2
    assert classifier.metadata["history"] == expected.metadata["history"]
    pairs = zip(weights_of(classifier), weights_of(expected), strict=True)
    assert all(np.allclose(a, b, atol=1e-5) for a, b in pairs)


def test_a_damaged_state_of_the_fine_tuning_is_named_and_removed(tmp_path):
    path = tmp_path / "member0.resume.npz"
    path.write_bytes(b"PK no zip")
    with pytest.warns(UserWarning, match=r"member0\.resume\.npz is damaged"):
        drop_if_damaged(path)
    assert not path.exists()


def test_an_interrupt_of_the_fine_tuning_keeps_the_average_so_far(small_root, monkeypatch):
    patch_loss = call_raises(region_steps.patch_loss, 2, KeyboardInterrupt())
    monkeypatch.setattr(region_steps, "patch_loss", patch_loss)
    with pytest.warns(UserWarning, match="interrupted after 2 of 4 steps"):
        classifier = fit(small_root, **REGIONS)
    assert classifier.decisions


def test_fine_tuning_on_regions_stops_early(small_root, monkeypatch):
    monkeypatch.setattr(region_steps, "STEPS_PER_ROW", 1)
    settings = {**REGIONS, "num_epochs": 9, "learning_rate": 0.0, "patience": 1}
    history = fit(small_root, **settings).metadata["history"]
    assert len(history["step"]) < 9
