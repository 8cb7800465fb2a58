import time
from dataclasses import replace

import mxnet as mx
import numpy as np
import pytest
from mxnet import nd

from logoflow.datasets.class_list import read_classes
from logoflow.inference.region_grid import REGION_SHAPES, pooling_matrix
from logoflow.inference.regions import split_at_pooling
from logoflow.labels import no_logo_index
from logoflow.loading.augment import make_augs
from logoflow.models.finetune import finetune_net
from logoflow.recipes import get_recipe
from logoflow.training.fit_regions import photos_with_boxes
from logoflow.training.region_patches import UNKNOWN
from logoflow.training.region_steps import HARDEST, PatchNet, patch_loss, train_on_patches

RECIPE = get_recipe("regions", batch_size=4)


def train(root, seed: int = 0, num_steps: int = 4, recipe=RECIPE, **settings):
    mx.random.seed(seed)
    net = finetune_net(3, "logo_lite0")
    photos = photos_with_boxes(root, ["train_data"], use_boxes=True)
    history = train_on_patches(
        net,
        photos,
        no_logo_index(read_classes(root)),
        recipe,
        num_steps=num_steps,
        augs=make_augs(recipe, net)[1],
        ctx=mx.cpu(),
        seed=seed,
        **settings,
    )
    return net, history


def weights_of(net) -> dict[str, np.ndarray]:
    parameters = net.collect_params()
    return {name: value.data().asnumpy() for name, value in parameters.items()}


def test_the_logits_of_a_region_are_those_of_its_pooled_cells():
    mx.random.seed(0)
    net, data = finetune_net(3, "logo_lite0"), nd.random.normal(shape=(2, 3, 256, 256))
    logits = PatchNet(net)(data, nd.array(pooling_matrix(8, 8, REGION_SHAPES)))
    convolutions, after = split_at_pooling(net)
    cells = data
    for layer in convolutions:
        cells = layer(cells)
    region = 17
    weights = pooling_matrix(8, 8, REGION_SHAPES)[region].reshape(8, 8)
    pooled = (cells * nd.array(weights)).sum(axis=(2, 3))
    for layer in after:
        pooled = layer(pooled)
    ours = logits.reshape((2, -1, 3))[:, region]
    assert np.allclose(ours.asnumpy(), net.output(pooled).asnumpy(), atol=1e-4)


def test_the_loss_counts_logos_and_the_hardest_of_the_others():
    labels = nd.array([[0] + [1] * 20 + [UNKNOWN]])
    logits = np.zeros((22, 2), np.float32)
    logits[1 : 1 + HARDEST, 0] = 3.0  # taken for a logo
    logits[1 + HARDEST : 21, 1] = 9.0  # easy
    logits[21] = 50.0, -50.0  # unknown
    expected = np.log(2) + np.log1p(np.exp(3.0))
    assert patch_loss(nd.array(logits), labels, 1).asscalar() == pytest.approx(expected, rel=1e-4)


def test_without_logos_or_without_no_logo_the_loss_is_finite():
    logits = nd.zeros((4, 2))
    for label, no_logo in ((1, 1), (0, None), (UNKNOWN, 1)):
        loss = patch_loss(logits, nd.array([[label] * 4]), no_logo).asscalar()
        assert loss == pytest.approx(0.0 if label == UNKNOWN else np.log(2), rel=1e-4)


def test_class_weights_multiply_the_loss():
    logits, labels = nd.zeros((2, 2)), nd.array([[0, 1]])
    weighted = patch_loss(logits, labels, 1, nd.array([3.0, 1.0])).asscalar()
    assert weighted == pytest.approx(4 * np.log(2), rel=1e-4)


@pytest.mark.slow
def test_training_lowers_the_loss_and_keeps_the_statistics(small_root):
    before = weights_of(finetune_net(3, "logo_lite0"))
    net, history = train(small_root, num_steps=40, recipe=replace(RECIPE, learning_rate=0.001))
    assert history["step"] == [20, 40]
    assert history["loss"][1] < 0.7 * history["loss"][0]
    after = weights_of(net)
    statistics = [name for name in after if "running" in name]
    assert statistics
    old, new = ({n.split("_", 2)[-1]: v for n, v in w.items()} for w in (before, after))
    assert all(np.array_equal(old[n], new[n]) for n in old if "running" in n)


@pytest.mark.slow
def test_a_seed_repeats_the_training(small_root, tmp_path):
    first, _ = train(small_root)
    second, _ = train(small_root, cache=tmp_path)  # a cache changes nothing
    for a, b in zip(weights_of(first).values(), weights_of(second).values(), strict=True):
        assert np.array_equal(a, b)


def test_no_step_starts_after_the_deadline(small_root):
    _, history = train(small_root, deadline=time.monotonic() - 1)
    assert history == {"step": [], "loss": []}


@pytest.mark.slow
def test_a_diverging_run_is_an_error(small_root):
    with pytest.raises(FloatingPointError, match="Lower learning_rate"):
        train(small_root, num_steps=20, recipe=replace(RECIPE, learning_rate=1e12, schedule=None))
