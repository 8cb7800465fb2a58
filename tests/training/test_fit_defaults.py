from logoflow.recipes import get_recipe
from logoflow.training.fit_defaults import default_epochs, default_levels, default_recipe


def test_few_photos_get_more_epochs(small_root):
    recipe = get_recipe("regions")
    assert default_epochs(get_recipe("logoflow"), small_root) == 10
    assert default_epochs(recipe, small_root) > 20


def test_the_default_recipe_needs_features_that_were_trained_for_parts_of_photos():
    assert default_recipe(["logo_lite0"]) == "regions"
    assert default_recipe(["logo_lite0", "efficientnet_lite0"]) == "logoflow"


def test_default_levels_score_regions_only_where_boxes_taught_them(small_root):
    regions, crops = get_recipe("regions"), get_recipe("logoflow")
    assert default_levels(regions, small_root, use_boxes=True) == ("whole", "regions")
    assert default_levels(regions, small_root, use_boxes=False) == ("whole", "grid")
    assert default_levels(crops, small_root, use_boxes=True) == ("whole", "windows")
