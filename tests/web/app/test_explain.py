import base64

import mxnet as mx
import numpy as np
import pytest

import logoflow as lf
from logoflow.datasets.composing.compose import compose_crop
from logoflow.datasets.composing.simple_icons import icon_of
from logoflow.images.decode import decode_image
from logoflow.inference.decision import Decision
from logoflow.inference.heatmap import identified_heatmap
from logoflow.inference.levels import Level
from logoflow.loading.augment import make_augs
from logoflow.models.article_nets import mlp
from logoflow.models.finetune import finetune_net
from logoflow.web.app.explain import SENTENCES, explain

PHOTO = np.random.default_rng(0).integers(0, 256, (300, 400, 3), dtype=np.uint8)


def classifier_with(biases: list[float], **fields: float) -> lf.LogoClassifier:
    """A classifier whose answers follow from the biases of its outputs."""
    net = finetune_net(4, "logo_lite0")
    net.output.weight.set_data(net.output.weight.data() * 0)
    net.output.bias.set_data(mx.nd.array(biases))
    decisions = {Level("regions"): Decision(**fields)}
    classes = ("bmw", "ford", "nbc", "no-logo")
    augs = make_augs("regions", net)[1]
    return lf.LogoClassifier(net, classes, augs, decisions=decisions, level="regions")


def pixels_of(url: str) -> np.ndarray:
    return decode_image(base64.b64decode(url.partition(",")[2]))


def test_a_named_brand_has_its_probability_the_next_brands_and_a_box():
    answer = explain(classifier_with([1, 9, 3, 0]), PHOTO)
    assert answer["brand"] == "ford"
    assert answer["sentence"] == "ford, with a probability of 100%."
    assert [row["brand"] for row in answer["likeliest"]] == ["ford", "nbc", "bmw"]
    assert answer["boxes"][0]["brand"] == "ford"
    assert all(0 <= answer["boxes"][0][side] <= 1 for side in ("x", "y", "width", "height"))
    assert pixels_of(answer["photo"]).shape == PHOTO.shape
    assert pixels_of(answer["heat"]).shape == PHOTO.shape


@pytest.mark.parametrize(
    ("biases", "fields", "reason"),
    [
        ([1, 2, 3, 9], {"threshold": 0.5}, "no logo"),
        ([5, 5.1, 0, -9], {"threshold": 0.5, "min_lead": 2.0}, "two brands"),
    ],
)
def test_it_says_plainly_when_no_brand_is_named(biases, fields, reason):
    answer = explain(classifier_with(biases, **fields), PHOTO)
    assert (answer["brand"], answer["boxes"]) == (None, [])
    assert answer["sentence"] == SENTENCES[reason]
    assert "no-logo" not in [row["brand"] for row in answer["likeliest"]]


def test_a_network_without_a_map_and_regions_answers_without_them():
    net = mlp(3)
    net.initialize()
    augs = make_augs("article", net)[1]
    answer = explain(lf.LogoClassifier(net, ("bmw", "ford", "nbc"), augs), PHOTO)
    assert (answer["heat"], answer["boxes"]) == (None, [])
    assert answer["brand"] in ("bmw", "ford", "nbc")


def test_large_pictures_are_shown_smaller():
    answer = explain(classifier_with([1, 9, 3, 0]), np.zeros((900, 1200, 3), np.uint8))
    assert pixels_of(answer["photo"]).shape == (480, 640, 3)


def test_without_a_model_brands_are_identified_by_their_artwork():
    photo = np.full((320, 480, 3), 128, np.uint8)
    photo[60:260, 240:440] = compose_crop(np.random.default_rng(3), icon_of("Porsche"), size=200)
    answer = explain(None, photo)
    assert (answer["brand"], answer["scores"]) == ("Porsche", "similarity")
    assert len(answer["likeliest"]) == 4
    assert answer["boxes"][0]["x"] > 0.3
    heat = identified_heatmap(photo, "Porsche")
    assert np.unravel_index(heat.argmax(), heat.shape)[1] > 220
    unsure = explain(None, PHOTO)
    assert unsure["brand"] is None
    assert unsure["sentence"].startswith("Not sure.")
