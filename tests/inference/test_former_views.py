"""Models and arguments of earlier versions, which numbered the levels 1 to 6."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from logoflow.inference.classifier import LogoClassifier
from logoflow.inference.former_views import former_level
from logoflow.inference.levels import Level

MODEL = Path(__file__).parent / "model_of_3d6a03e"
WHOLE, FEW, WINDOWS, MORE = map(Level, ("whole", "few-windows", "windows", "more-windows"))
LEVELS = {
    1: WHOLE,
    2: FEW,
    3: WINDOWS,
    4: MORE,
    5: Level("more-windows", match_logos=True),
    6: Level("more-windows", match_logos=True, read_names=True),
}


def drawn_photo():
    """A known logo of zeta, a pattern of blocks, and the name of acme in letters."""
    noise = np.random.default_rng(7).integers(90, 130, (24, 32, 3), dtype=np.uint8)
    logo = np.random.default_rng(2).integers(0, 255, (9, 12, 3), dtype=np.uint8)
    pixel = np.ones((10, 10, 1), np.uint8)
    photo = np.kron(noise, pixel)
    photo[20:110, 180:300] = np.kron(logo, pixel)
    picture = Image.fromarray(photo)
    font = ImageFont.load_default(48)
    ImageDraw.Draw(picture).text((20, 150), "ACME", fill="white", font=font)
    return np.asarray(picture)


@pytest.fixture(scope="module")
def classifier():
    return LogoClassifier.load(MODEL)


@pytest.mark.parametrize("views", LEVELS)
def test_a_model_of_an_earlier_version_answers_as_it_did(classifier, views):
    expected = json.loads((MODEL / "answers.json").read_text())[str(views)]
    level = LEVELS[views]
    answer = classifier.predict(drawn_photo(), level=level).iloc[0]
    assert answer.brand == expected["brand"]
    assert answer.probability == pytest.approx(expected["probability"], abs=1e-4)
    assert np.allclose(classifier.scores(drawn_photo(), level=level), expected["scores"], atol=1e-4)


def test_a_model_of_an_earlier_version_keeps_its_default_and_its_metadata(classifier):
    assert classifier.level == WINDOWS
    assert list(classifier.decisions) == list(LEVELS.values())
    assert classifier.metadata["backbone"] == "mlp"


def test_saved_again_it_is_a_model_of_today(classifier, tmp_path):
    classifier.save(tmp_path)
    stored = json.loads((tmp_path / "classifier.json").read_text())
    assert stored["level"] == "windows"
    assert "facts" not in stored
    again = LogoClassifier.load(tmp_path)
    assert again.decisions == classifier.decisions
    assert again.predict(drawn_photo()).equals(classifier.predict(drawn_photo()))


def changed_copy(folder, **changes):
    """A copy of the model with other values in its JSON file. None removes a key."""
    shutil.copytree(MODEL, folder)
    path = folder / "classifier.json"
    stored = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({key: value for key, value in stored.items() if value is not None}))
    return folder


def test_without_known_logos_views_6_only_read_names(tmp_path):
    decisions = json.loads((MODEL / "classifier.json").read_text())["decisions"]
    changes = {"views": 6, "decisions": {"6": decisions["6"]}, "logos": None, "logos_sha256": None}
    classifier = LogoClassifier.load(changed_copy(tmp_path / "model", **changes))
    assert classifier.level == Level("more-windows", read_names=True)
    assert list(classifier.decisions) == [classifier.level]


def test_a_model_from_before_there_were_decisions_loads(tmp_path):
    folder = changed_copy(tmp_path / "model", views=None, decisions=None)
    classifier = LogoClassifier.load(folder)
    assert (classifier.level, classifier.decisions) == (WHOLE, {})


@pytest.mark.parametrize("decisions", [{"1": {"heat": 2}}, {"one": {}}, {"7": {}}, [1]])
def test_altered_decisions_of_an_earlier_version_are_a_clear_error(tmp_path, decisions):
    folder = changed_copy(tmp_path / "model", decisions=decisions)
    with pytest.raises(ValueError, match="These are not decisions by"):
        LogoClassifier.load(folder)


def test_another_number_of_views_has_no_level():
    with pytest.raises(ValueError, match="views is 7, not one of 1, 2, 3, 4, 5, 6"):
        former_level(7, has_matcher=True)


def test_the_former_argument_is_refused_with_its_new_name(classifier):
    photo = drawn_photo()
    with pytest.raises(TypeError, match=r'^views=3 is now level="windows"\.$'):
        classifier.predict(photo, views=3)
    with pytest.raises(TypeError, match='views=5 is now level="more-windows, match_logos"'):
        classifier.scores(photo, views=5)
    with pytest.raises(TypeError, match=r'views=\(1,\) is now levels=\("whole",\)'):
        classifier.calibrate([photo], ["zeta"], views=(1,))
    with pytest.raises(TypeError, match="views is now level: give one of whole, few-windows"):
        LogoClassifier(classifier.net, classifier.classes, classifier.augs, views=9)
