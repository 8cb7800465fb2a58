import pytest

from logoflow.recipes import RECIPES, get_recipe


def test_the_articles_recipes_have_nothing_of_ours():
    for name in ("article", "pytorch-article"):
        recipe = get_recipe(name)
        assert (recipe.optimizer, recipe.schedule, recipe.label_smoothing) == ("sgd", None, 0.0)
        assert not recipe.appearance
        assert recipe.backgrounds == recipe.averaging == recipe.frozen == 0.0


def test_the_articles_recipes_have_the_articles_numbers():
    gluon, pytorch = get_recipe("article"), get_recipe("pytorch-article")
    assert (gluon.batch_size, gluon.learning_rate, gluon.wd) == (40, 0.01, 0.001)
    assert (pytorch.batch_size, pytorch.learning_rate, pytorch.wd) == (32, 0.001, 0.0)


def test_settings_take_the_place_of_the_recipes_own_and_none_leaves_them():
    recipe = get_recipe("logoflow", learning_rate=0.5, batch_size=None, appearance=False)
    assert recipe.learning_rate == 0.5
    assert recipe.batch_size == RECIPES["logoflow"].batch_size
    assert not recipe.appearance
    assert get_recipe(recipe) == recipe


def test_an_unknown_recipe_or_setting_names_those_there_are():
    with pytest.raises(ValueError, match="article, pytorch-article, logoflow"):
        get_recipe("fastai")
    with pytest.raises(ValueError, match="no setting momentum.*learning_rate"):
        get_recipe("logoflow", momentum=0.9)
    with pytest.raises(ValueError, match="no setting name"):
        get_recipe("logoflow", name="mine")


def test_train_options_are_options_of_train():
    import inspect

    from logoflow.training import train

    options = set(get_recipe("logoflow").train_options())
    assert options <= set(inspect.signature(train).parameters)
