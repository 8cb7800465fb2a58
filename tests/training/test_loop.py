import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import time

import mxnet as mx
import numpy as np
import pytest
from mxnet import gluon, nd

from logoflow.errors import ClassListError, ResumeError
from logoflow.evaluation.measure import report_on
from logoflow.loading.loaders import PhotoLoader
from logoflow.loading.photo_folder import PhotoFolder
from logoflow.models.backbones.registry import new_net
from logoflow.recipes import get_recipe
from logoflow.training.averaging import WeightAverage
from logoflow.training.batches import _get_batch, evaluate_accuracy
from logoflow.training.checkpoint import save_state
from logoflow.training.fixed_features import extract_features, train_head
from logoflow.training.history import History
from logoflow.training.loop import train
from logoflow.utils.devices import default_ctx


def points(photos=50, seed=0):
    """Two classes that a linear net tells apart: 6 numbers a photo."""
    rng = np.random.default_rng(seed)
    labels = np.arange(photos) % 2
    data = rng.normal(size=(photos, 6)).astype(np.float32) + 2.0 * labels[:, None]
    return gluon.data.ArrayDataset(nd.array(data), nd.array(labels.astype(np.float32)))


def blobs(photos=50, seed=0, batch_size=8):
    """Batches of these points in a new order each time."""
    return gluon.data.DataLoader(points(photos, seed), batch_size, shuffle=True)


def small_net(seed=0, ctx=None):
    mx.random.seed(seed)
    net = gluon.nn.HybridSequential()
    net.add(gluon.nn.Dense(8, activation="relu"), gluon.nn.Dropout(0.2), gluon.nn.Dense(2))
    net.initialize(mx.init.Xavier(), ctx=ctx or mx.cpu())
    return net


def run(tmp_path, net=None, epochs=3, **options):
    net = net or small_net()
    options = {"seed": 1, "learning_rate": 0.1, **options}
    loaders = blobs(), blobs(30, 1), blobs(30, 2)
    history = train(net, mx.cpu(), *loaders, 8, epochs, tmp_path / "net", **options)
    return net, history


def article(**settings):
    """The Gluon article's recipe but for some settings."""
    return get_recipe("article", **settings)


def test_batch_is_shared_out_to_the_devices():
    ctx = [mx.cpu(0), mx.cpu(1)]
    data, label, batch_size = _get_batch((nd.arange(10).reshape(5, 2), nd.arange(5)), ctx)
    assert [piece.context for piece in data] == ctx
    assert [len(piece) for piece in label] == [3, 2]
    assert batch_size == 5


def test_a_last_batch_smaller_than_the_number_of_devices_is_no_error():
    ctx = [mx.cpu(i) for i in range(3)]
    data, _, batch_size = _get_batch((nd.ones((2, 4)), nd.ones(2)), ctx)
    assert len(data) == 2
    assert batch_size == 2


def test_accuracy_counts_every_photo_once_whatever_the_devices():
    for ctx in (mx.cpu(), [mx.cpu()], [mx.cpu(0), mx.cpu(1), mx.cpu(2)]):
        net = gluon.nn.Lambda(lambda x: nd.concat(nd.zeros_like(x), x, dim=1))
        data = nd.array([1.0] * 6 + [-1.0] * 4 + [1.0]).reshape(11, 1)
        pairs = gluon.data.ArrayDataset(data, nd.ones(11))
        batches = gluon.data.DataLoader(pairs, 5)
        assert evaluate_accuracy(batches, net, ctx) == pytest.approx(7 / 11)


def test_train_prints_the_articles_line_and_learns(tmp_path, capsys):
    _, history = run(tmp_path, epochs=4)
    printed = capsys.readouterr().out.splitlines()
    lines = [line for line in printed if line.startswith("Epoch")]
    assert len(lines) == 4
    line = r"Epoch 0. Loss: \d+.\d{3}, Train acc .{4}, Val acc .{4}, Test acc .{4}, Time .+\.\d sec"
    assert re.fullmatch(line, lines[0])
    assert history.frame["val_acc"].max() > 0.9
    assert history.frame["loss"].iloc[-1] < history.frame["loss"].iloc[0]


def test_best_epoch_is_the_only_checkpoint_and_loads_back(tmp_path):
    net, history = run(tmp_path, epochs=5)
    assert [path.name for path in tmp_path.iterdir()] == [f"net-{history.best_epoch}.params"]
    last = [parameter.data().asnumpy() for parameter in net.collect_params().values()]
    history.load_best(net)
    assert history.best_val_acc == history.frame["val_acc"].max()
    assert evaluate_accuracy(blobs(30, 1), net, mx.cpu()) == pytest.approx(history.best_val_acc)
    net.collect_params().load(str(tmp_path / f"net-{history.best_epoch}.params"), mx.cpu())
    assert len(last) == 4


def test_without_a_test_set_its_accuracy_is_neither_computed_nor_printed(tmp_path, capsys):
    history = train(small_net(), mx.cpu(), blobs(), blobs(30, 1), None, 8, 1, tmp_path / "net")
    assert history.frame["test_acc"].isna().all()
    assert "Test acc" not in capsys.readouterr().out


@pytest.mark.slow
def test_a_seed_repeats_a_run(tmp_path):
    first = run(tmp_path / "a")[1].frame.drop(columns="seconds")
    again = run(tmp_path / "b")[1].frame.drop(columns="seconds")
    other = run(tmp_path / "c", seed=2)[1].frame.drop(columns="seconds")
    assert first.equals(again)
    assert not first.equals(other)


def test_training_on_several_devices_matches_one(tmp_path):
    nets = []
    for ctx in ([mx.cpu(0)], [mx.cpu(0), mx.cpu(1)]):
        mx.random.seed(0)
        net = gluon.nn.Dense(2, in_units=6)
        net.initialize(mx.init.Constant(0.1), ctx=ctx)
        options = {"seed": 1, "recipe": article(optimizer="adam"), "hybridize": True}
        train(net, ctx, blobs(), blobs(30, 1), None, 8, 2, tmp_path / f"{len(ctx)}", **options)
        nets.append(net.weight.data(ctx[0]).asnumpy())
    assert np.allclose(*nets, atol=1e-5)


def test_a_last_batch_smaller_than_the_devices_trains_as_on_one(tmp_path):
    weights = []
    pairs = gluon.data.SimpleDataset([points()[i] for i in range(9)])
    for ctx in ([mx.cpu(0)], [mx.cpu(0), mx.cpu(1), mx.cpu(2)]):
        net = gluon.nn.Dense(2, in_units=6)
        net.initialize(mx.init.Constant(0.1), ctx=ctx)
        data = gluon.data.DataLoader(pairs, 4)
        train(net, ctx, data, data, None, 4, 2, tmp_path / "net", learning_rate=0.1)
        weights.append([net.weight.data(c).asnumpy() for c in ctx])
    for replica in weights[1]:
        assert np.allclose(replica, weights[0][0], atol=1e-6)


@pytest.mark.slow
def test_resuming_leaves_other_files_alone_and_cleans_up_after_a_kill(tmp_path):
    run(tmp_path, epochs=2, resume=True)
    other = tmp_path / "net-18.params"
    other.write_bytes(b"somebody else's")
    (tmp_path / ".net-1.params.abc.part").write_bytes(b"half")
    (tmp_path / ".net.resume.npz.abc.part").write_bytes(b"half")
    run(tmp_path, epochs=3, resume=True)
    assert other.exists()
    assert not list(tmp_path.glob(".net*"))


@pytest.mark.slow
def test_a_run_without_resume_ends_the_life_of_an_older_resume_file(tmp_path):
    run(tmp_path, epochs=2, resume=True)
    run(tmp_path, epochs=1)
    assert not list(tmp_path.glob("*.npz"))


def test_a_net_with_too_few_outputs_is_refused_before_training(small_root, tmp_path):
    data = PhotoLoader(PhotoFolder(small_root / "train_data", []), 2)
    with pytest.raises(ClassListError, match="2 outputs, but the class list has 3"):
        train(small_net(), mx.cpu(), data, data, None, 2, 1, tmp_path / "net")


def test_cosine_schedule_warms_up_and_falls(tmp_path):
    net = small_net()
    net(nd.zeros((1, 6)))
    weights = [net[2].weight.data().asnumpy()]

    class Watching(gluon.data.DataLoader):
        def __iter__(self):
            for batch in super().__iter__():
                weights.append(net[2].weight.data().asnumpy())
                yield batch

    pairs = points()
    data = Watching(pairs, 10, shuffle=False)
    train(
        net,
        mx.cpu(),
        data,
        blobs(30, 1),
        None,
        10,
        6,
        tmp_path / "net",
        wd=0.0,
        seed=0,
        learning_rate=0.05,
        recipe=article(optimizer="adam", schedule="cosine", warmup_epochs=1),
        train_acc_in_passing=True,
    )
    steps = [np.abs(b - a).mean() for a, b in zip(weights[1:], weights[2:], strict=False)]
    assert steps[0] < 0.5 * max(steps)
    assert steps[-2] < 0.2 * max(steps)
    assert 2 < int(np.argmax(steps)) < 20


@pytest.mark.slow
@pytest.mark.parametrize("photos", [4, 8, 16, 24, 40])
@pytest.mark.parametrize("warmup_epochs", [0, 0.5, 1, 9])
def test_the_shortest_runs_have_a_schedule_too(tmp_path, photos, warmup_epochs):
    history = train(
        small_net(), mx.cpu(), blobs(photos), blobs(8, 1), None, 8, 1, tmp_path / "net",
        recipe=article(schedule="cosine", warmup_epochs=warmup_epochs),
    )  # fmt: skip
    assert len(history.frame) == 1


@pytest.mark.slow
def test_without_a_learning_rate_of_its_own_a_run_has_its_recipes(tmp_path):
    recipe = article(learning_rate=0.3, wd=0.01)
    _, own = run(tmp_path, recipe=recipe, learning_rate=None, wd=None)
    _, given = run(tmp_path, learning_rate=0.3, wd=0.01)
    assert own.frame["loss"].equals(given.frame["loss"])


def test_class_weights_shift_the_answers(tmp_path):
    rng = np.random.default_rng(0)
    pairs = gluon.data.ArrayDataset(
        nd.array(rng.normal(size=(60, 6))), nd.array([0.0] * 50 + [1.0] * 10)
    )
    data = gluon.data.DataLoader(pairs, 10, shuffle=True)
    found = []
    for weights in (None, [1.0, 20.0]):
        net = small_net()
        train(
            net, mx.cpu(), data, data, None, 10, 3, tmp_path / "net", seed=0, class_weights=weights
        )
        found.append(report_on(data, net, mx.cpu(), ["a", "b"]).recall["b"])
    assert found[0] < 0.5 < found[1]


@pytest.mark.slow
def test_the_average_is_what_is_measured_kept_and_left_in_the_net(tmp_path):
    wild = {"learning_rate": 3.0, "recipe": article(ema_decay=0.98)}
    net, history = run(tmp_path, epochs=4, **wild)
    assert history.frame["val_acc"].iloc[-1] == pytest.approx(
        evaluate_accuracy(blobs(30, 1), net, mx.cpu())
    )
    last = net[0].weight.data().asnumpy()
    plain, _ = run(tmp_path / "plain", epochs=4, learning_rate=3.0)
    assert not np.allclose(last, plain[0].weight.data().asnumpy())
    history.load_best(net)
    best = evaluate_accuracy(blobs(30, 1), net, mx.cpu())
    assert best == pytest.approx(history.best_val_acc)


def test_the_head_learns_as_many_times_faster_as_asked(tmp_path):
    def moved(multiplier):
        net = new_net("efficientnet_lite0", 2)
        net.initialize(mx.init.Xavier())
        mx.random.seed(0)
        pairs = gluon.data.ArrayDataset(
            nd.random.uniform(shape=(4, 3, 32, 32)), nd.array([0, 1] * 2)
        )
        data = gluon.data.DataLoader(pairs, 4)
        before = {name: p.data().copy() for name, p in net.collect_params().items()}
        recipe = article(head_lr_multiplier=multiplier)
        options = {"learning_rate": 1e-3, "wd": 0, "recipe": recipe, "quiet": True}
        train(net, mx.cpu(), data, data, None, 4, 1, tmp_path / "head", seed=0, **options)
        head = net.output.weight
        return abs((head.data() - before[head.name]).asnumpy()).max()

    assert moved(0.0) == 0.0
    assert moved(3.0) > 0.0


@pytest.mark.slow
def test_smoothed_labels_raise_the_loss_of_a_net_that_is_sure(tmp_path):
    _, plain = run(tmp_path, epochs=6)
    _, smooth = run(tmp_path, epochs=6, recipe=article(label_smoothing=0.3))
    assert smooth.frame["loss"].iloc[-1] > plain.frame["loss"].iloc[-1] + 0.1


def test_after_each_epoch_the_caller_has_a_turn(tmp_path):
    turns = []
    run(tmp_path, epochs=3, after_epoch=turns.append)
    assert turns == [0, 1, 2]


def test_splits_whose_folders_differ_are_refused_before_training(small_root, tmp_path):
    (tmp_path / "val" / "aldi").mkdir(parents=True)
    loaders = [
        PhotoLoader(PhotoFolder(folder, []), 2)
        for folder in (small_root / "train_data", tmp_path / "val")
    ]
    with pytest.raises(ClassListError, match="missing adidas, no-logo"):
        train(small_net(), mx.cpu(), *loaders, None, 2, 1, tmp_path / "net")


def test_early_stopping_waits_for_patience_epochs(tmp_path):
    _, history = run(tmp_path, epochs=30, learning_rate=0.0, patience=2)
    assert history.best_epoch == 0
    assert len(history.frame) == 3


def test_a_diverged_loss_is_an_error_that_says_what_to_do(tmp_path):
    with pytest.raises(FloatingPointError, match="learning_rate"):
        run(tmp_path, learning_rate=1e30)


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [{"optimizer": "sgd"}, {"optimizer": "adam", "ema_decay": 0.9}, {"optimizer": "nag"}],
)
def test_resumed_run_ends_as_the_uninterrupted_one(tmp_path, settings):
    options = {"recipe": article(**settings), "learning_rate": 0.01}
    whole, history = run(tmp_path / "whole", epochs=5, **options)
    run(tmp_path / "parts", epochs=2, resume=True, **options)
    net, resumed = run(tmp_path / "parts", net=small_net(seed=9), epochs=5, resume=True, **options)
    assert resumed.frame.drop(columns="seconds").equals(history.frame.drop(columns="seconds"))
    for a, b in zip(whole.collect_params().values(), net.collect_params().values(), strict=True):
        assert np.allclose(a.data().asnumpy(), b.data().asnumpy(), atol=1e-6)
    assert resumed.best_path.is_file()


@pytest.mark.slow
def test_resuming_does_not_depend_on_how_gluon_numbers_layers(tmp_path):
    def net_from(prefixes):
        net = gluon.nn.HybridSequential()
        for prefix, units in zip(prefixes, (8, 2), strict=True):
            net.add(gluon.nn.Dense(units, prefix=prefix))
        net.initialize(mx.init.Xavier())
        return net

    options = {"recipe": article(optimizer="adam"), "learning_rate": 0.01}
    run(tmp_path, net_from(["dense8_", "dense9_"]), epochs=1, resume=True, **options)
    _, history = run(tmp_path, net_from(["dense9_", "dense10_"]), epochs=2, resume=True, **options)
    assert len(history.frame) == 2


KILLED = """
    import sys, os
    sys.path.insert(0, {tests!r})
    import logoflow, mxnet as mx
    from test_loop import blobs, small_net
    from logoflow.recipes import get_recipe
    from logoflow.training.loop import train
    recipe = get_recipe("article", optimizer="adam", schedule="cosine")
    train(small_net(), mx.cpu(), blobs(1500), blobs(30, 1), None, 8, 15, {prefix!r},
          seed=1, learning_rate=0.001, recipe=recipe, resume=True)
"""


@pytest.mark.slow
def test_kill_9_at_any_moment_loses_at_most_an_epoch(tmp_path):
    prefix = str(tmp_path / "net")
    tests = os.path.dirname(__file__)
    script = textwrap.dedent(KILLED.format(tests=tests, prefix=prefix))
    kills = 0
    rng = np.random.default_rng(0)
    for _ in range(2):
        child = subprocess.Popen(
            [sys.executable, "-c", script],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for line in child.stdout:
            if line.startswith("Epoch"):
                time.sleep(rng.uniform(0, 0.3))
                child.send_signal(signal.SIGKILL)
                break
        child.stdout.read()
        kills += child.wait() == -signal.SIGKILL
    assert kills == 2
    done = History(tmp_path / "net")
    assert done.resume_path.is_file()
    history = train(
        small_net(),
        mx.cpu(),
        blobs(40),
        blobs(30, 1),
        None,
        8,
        15,
        prefix,
        seed=1,
        learning_rate=0.001,
        recipe=article(optimizer="adam", schedule="cosine"),
        resume=True,
    )
    assert history.frame.index.tolist() == list(range(15))
    assert [path.name for path in tmp_path.glob("*.params")] == [history.best_path.name]


@pytest.mark.slow
def test_resume_refuses_what_is_not_its_own(tmp_path):
    run(tmp_path, epochs=1, resume=True)
    path = tmp_path / "net.resume.npz"
    with pytest.raises(ResumeError, match="learning_rate"):
        run(tmp_path, epochs=2, resume=True, learning_rate=0.5)
    good = path.read_bytes()
    path.write_bytes(good[: len(good) // 2])
    with pytest.raises(ResumeError, match="Delete it"):
        run(tmp_path, epochs=2, resume=True)
    np.savez(path, header=np.array([{"pickled": object}], dtype=object))
    with pytest.raises(ResumeError, match="not a resume file"):
        run(tmp_path, epochs=2, resume=True)


@pytest.mark.slow
def test_a_resume_file_of_an_earlier_version_is_read(tmp_path):
    options = {"recipe": article(ema_decay=0.9, head_lr_multiplier=2.0), "resume": True}
    run(tmp_path, epochs=1, **options)
    path = tmp_path / "net.resume.npz"
    with np.load(path) as arrays:
        stored = {name: arrays[name] for name in arrays.files}
    header = stored["header"].tobytes().decode()
    header = header.replace("ema_decay", "averaging")
    header = header.replace("head_lr_multiplier", "head_multiplier")
    stored["header"] = np.frombuffer(header.encode(), dtype=np.uint8)
    np.savez(path, **stored)
    _, history = run(tmp_path, epochs=2, **options)
    assert len(history.frame) == 2


def test_resume_refuses_weights_of_another_net(tmp_path):
    run(tmp_path, epochs=1, resume=True)
    other = gluon.nn.Dense(2, in_units=6)
    other.initialize()
    with pytest.raises(ResumeError, match="another net"):
        run(tmp_path, net=other, epochs=2, resume=True)


def test_resume_file_is_numbers_and_text_only(tmp_path):
    net = small_net()
    net(nd.zeros((1, 6)))
    trainer = gluon.Trainer(net.collect_params(), "adam", update_on_kvstore=False)
    save_state(tmp_path / "net.resume.npz", net, trainer, WeightAverage(net, 0.9), {"epoch": 3})
    with np.load(tmp_path / "net.resume.npz", allow_pickle=False) as arrays:
        header = json.loads(arrays["header"].tobytes())
        assert header["facts"] == {"epoch": 3}
        assert all(arrays[name].dtype != object for name in arrays.files)


class FeatureNet(gluon.HybridBlock):
    """The smallest net with features and output."""

    def __init__(self):
        super().__init__()
        self.features = gluon.nn.Dense(5, in_units=6, activation="relu")
        self.output = gluon.nn.Dense(2, in_units=5)

    def hybrid_forward(self, F, x):
        return self.output(self.features(x))


def test_head_trains_on_features_computed_once_and_leaves_them_alone(tmp_path):
    net = FeatureNet()
    net.initialize(mx.init.Xavier())
    before = net.features.weight.data().asnumpy()
    history = train_head(
        net,
        mx.cpu(),
        blobs(),
        blobs(30, 1),
        None,
        8,
        10,
        tmp_path / "head",
        seed=0,
        recipe=article(optimizer="adam"),
        learning_rate=0.05,
    )
    assert np.array_equal(net.features.weight.data().asnumpy(), before)
    history.load_best(net.output)
    assert evaluate_accuracy(blobs(30, 1), net, mx.cpu()) == history.best_val_acc > 0.8


def test_more_crops_are_more_passes_over_the_training_photos(tmp_path):
    net = FeatureNet()
    net.initialize()

    class Counting(gluon.data.DataLoader):
        passes = 0

        def __iter__(self):
            self.passes += 1
            return super().__iter__()

    data = Counting(points(), 8)
    train_head(net, mx.cpu(), data, blobs(30, 1), None, 8, 2, tmp_path / "head", crops=3)
    assert data.passes == 3
    with pytest.raises(TypeError, match="views has a new name: pass crops=3"):
        train_head(net, mx.cpu(), data, data, None, 8, 2, tmp_path / "head", views=3)


def test_features_come_in_the_loaders_order():
    net = FeatureNet()
    net.initialize()
    data = gluon.data.DataLoader(points(), 7)
    features, labels = extract_features(data, net, [mx.cpu(0), mx.cpu(1)][:1])
    assert features.shape == (50, 5)
    assert labels.tolist() == [float(i % 2) for i in range(50)]


def test_more_gpus_than_there_are_is_a_clear_error():
    assert default_ctx(0) == [mx.cpu()]
    with pytest.raises(ValueError, match="environment.yml"):
        default_ctx(64)
