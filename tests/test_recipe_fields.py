"""The fields of a recipe decide how a network is trained; its name does not."""

import random
from dataclasses import replace

import mxnet as mx
import numpy as np
import pytest

from logoflow.evaluation.runs import training_key
from logoflow.loading.augment import make_augs
from logoflow.loading.loaders import make_loaders
from logoflow.models.backbones.registry import new_net
from logoflow.recipes import RECIPES, get_recipe
from logoflow.training.fit import fit

STATISTICS = ([100.0, 110.0, 120.0], [50.0, 60.0, 70.0])


def renamed(recipe):
    return replace(get_recipe(recipe), name="mine")


def descriptions(augs):
    return [aug.dumps() if hasattr(aug, "dumps") else repr(aug) for aug in augs]


def first_batch(root, recipe, size):
    mx.random.seed(1)
    np.random.seed(1)  # noqa: NPY002 - MXNet shuffles with it
    net = new_net("efficientnet_lite0", 3)
    return [
        next(iter(loader)) for loader in make_loaders(root, recipe, 4, net=net, image_size=size)
    ]


def weights(root, recipe, size):
    net = fit(
        root, "lenet5", recipe, num_epochs=1, image_size=size, levels=("whole",), quiet=True
    ).net
    return [parameter.data().asnumpy() for parameter in net.collect_params().values()]


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_renamed_recipe_has_the_same_augmenters(recipe):
    expected = make_augs(recipe, statistics=STATISTICS)
    augs = make_augs(renamed(recipe), statistics=STATISTICS)
    assert [*map(descriptions, augs)] == [*map(descriptions, expected)]


@pytest.mark.slow
@pytest.mark.parametrize(("recipe", "size"), [("article", 224), ("logoflow", 64)])
def test_a_renamed_recipe_has_the_same_batches(small_root, recipe, size):
    batches = []
    for same in (recipe, renamed(recipe)):
        random.seed(1)
        batches.append(first_batch(small_root, same, size))
    for (data, labels), (other_data, other_labels) in zip(*batches, strict=True):
        assert np.array_equal(data.asnumpy(), other_data.asnumpy())
        assert np.array_equal(labels.asnumpy(), other_labels.asnumpy())


@pytest.mark.slow
@pytest.mark.parametrize(("recipe", "size"), [("article", 224), ("logoflow", 64)])
def test_a_renamed_recipe_trains_the_same_weights(small_root, recipe, size):
    expected, trained = (weights(small_root, same, size) for same in (recipe, renamed(recipe)))
    for parameter, other in zip(expected, trained, strict=True):
        assert np.array_equal(parameter, other)


def test_a_renamed_recipe_is_the_same_run_of_an_experiment(small_root):
    assert training_key(small_root, {"recipe": "logoflow"}) == training_key(
        small_root, {"recipe": renamed("logoflow")}
    )


def test_a_recipe_may_combine_fields_of_other_recipes():
    mixed = get_recipe("article", crops="whole", fixed_size=96, normalise_by="training-set")
    training, validation = make_augs(mixed, statistics=STATISTICS, image_size=96)
    assert descriptions(training) == descriptions(validation)
    with pytest.raises(ValueError, match="uses photos of 96 pixels: pass image_size=96"):
        make_augs(mixed, statistics=STATISTICS)
