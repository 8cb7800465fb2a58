import json
from dataclasses import asdict, replace

import numpy as np
import pytest

from logoflow.recipes import RECIPES, get_recipe, recipe_from_json


def test_the_articles_recipes_use_none_of_our_additions():
    for name in ("article", "pytorch-article"):
        recipe = get_recipe(name)
        assert (recipe.optimizer, recipe.schedule, recipe.label_smoothing) == ("sgd", None, 0.0)
        assert not recipe.appearance
        assert recipe.backgrounds == recipe.ema_decay == recipe.frozen == 0.0


def test_the_articles_recipes_have_the_articles_numbers():
    gluon, pytorch = get_recipe("article"), get_recipe("pytorch-article")
    assert (gluon.batch_size, gluon.learning_rate, gluon.wd) == (40, 0.01, 0.001)
    assert (pytorch.batch_size, pytorch.learning_rate, pytorch.wd) == (32, 0.001, 0.0)


def test_settings_replace_the_recipes_own_and_none_keeps_them():
    recipe = get_recipe("logoflow", learning_rate=0.5, batch_size=None, appearance=False)
    assert recipe.learning_rate == 0.5
    assert recipe.batch_size == RECIPES["logoflow"].batch_size
    assert not recipe.appearance
    assert get_recipe(recipe) == recipe


def test_an_unknown_recipe_or_setting_raises_with_the_known_ones():
    with pytest.raises(ValueError, match="article, pytorch-article, logoflow"):
        get_recipe("fastai")
    with pytest.raises(ValueError, match="no setting momentum.*learning_rate"):
        get_recipe("logoflow", momentum=0.9)
    with pytest.raises(ValueError, match="no setting name"):
        get_recipe("logoflow", name="mine")


def test_an_unknown_value_of_crops_or_normalise_by_raises_with_the_known_ones():
    with pytest.raises(ValueError, match="crops is 'tight'.*random, whole, around-logos"):
        get_recipe("logoflow", crops="tight")
    with pytest.raises(ValueError, match="choose one of nothing, training-set, backbone"):
        get_recipe("logoflow", normalise_by="imagenet")


def test_crops_that_may_show_the_logo_allow_no_backgrounds():
    with pytest.raises(ValueError, match="cannot show the background alone"):
        get_recipe("logoflow", crops="whole")
    with pytest.raises(ValueError, match="cannot show the background alone"):
        get_recipe("article", backgrounds=0.25)
    whole = get_recipe("logoflow", crops="whole", backgrounds=0.0, mines_hard_negatives=False)
    assert whole.crops == "whole"


def test_a_former_name_of_a_setting_raises_with_the_new_name():
    with pytest.raises(ValueError, match=r"averaging has a new name: pass ema_decay=0\.9"):
        get_recipe("logoflow", averaging=0.9)


def test_a_recipe_of_an_earlier_version_gets_missing_fields_by_its_name():
    stored = {"name": "logoflow", "batch_size": 8, "averaging": 0.9, "head_multiplier": 2.0}
    expected = get_recipe("logoflow", batch_size=8, ema_decay=0.9, head_lr_multiplier=2.0)
    assert recipe_from_json(stored) == expected


def test_a_stored_recipe_of_the_user_is_read_completely_or_refused():
    mine = replace(get_recipe("logoflow"), name="mine")
    assert recipe_from_json(asdict(mine)) == mine
    with pytest.raises(ValueError, match="'mine' was saved by another version"):
        recipe_from_json({"name": "mine", "batch_size": 8})
    with pytest.raises(ValueError, match="'mine' was saved by another version"):
        recipe_from_json({**asdict(mine), "momentum": 0.9})


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"batch_size": 0}, "batch_size is 0: give a whole number, 1 or more"),
        ({"batch_size": 8.0}, r"batch_size is 8\.0"),
        ({"learning_rate": -1}, "learning_rate is -1. It must be a number, 0 or more"),
        ({"wd": "0.1"}, r"wd is '0\.1'"),
        ({"ema_decay": 1}, "ema_decay is 1.*below 1"),
        ({"frozen": 3}, "frozen is 3.*at most 1"),
        ({"appearance": "no"}, "appearance is 'no': give True or False"),
        ({"schedule": "cos"}, "schedule is 'cos': choose one of None, cosine"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        get_recipe("logoflow", **wrong)


def test_numbers_of_numpy_become_numbers_that_json_can_hold():
    recipe = get_recipe("logoflow", batch_size=np.int64(8), learning_rate=np.float32(0.5))
    assert json.loads(json.dumps(asdict(recipe)))["learning_rate"] == 0.5
