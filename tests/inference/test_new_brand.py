import numpy as np
import pytest

import logoflow as lf
from logoflow.datasets.composing.compose import compose_crop
from logoflow.datasets.composing.simple_icons import icon_of
from logoflow.errors import ArtworkError

pytestmark = pytest.mark.slow

BRANDS = ("BMW", "Starbucks", "Ford")


def crops_of(brand, count, seed):
    rng = np.random.default_rng(seed)
    return [compose_crop(rng, icon_of(brand), size=160) for _ in range(count)]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Train on composed pictures of two brands and of none, and save the classifier."""
    import cv2

    folder = tmp_path_factory.mktemp("brands")
    rng = np.random.default_rng(0)
    for name in (*BRANDS[:2], "no-logo"):
        (folder / "photos" / name).mkdir(parents=True)
        for number in range(8):
            if name == "no-logo":
                picture = rng.integers(0, 255, (8, 8, 3), dtype=np.uint8)
                picture = cv2.resize(picture, (160, 160))
            else:
                picture = compose_crop(rng, icon_of(name), size=160)
            cv2.imwrite(str(folder / "photos" / name / f"{number}.png"), picture[..., ::-1])
    root = lf.prepare_root("folder", folder / "photos", output_dir=folder / "root", test_share=0)
    return lf.fit(root, fine_tune=False, quiet=True).save(folder / "model")


@pytest.fixture
def classifier(model):
    return lf.LogoClassifier.load(model)


def likeliest(classifier, pictures):
    scores = classifier.scores(pictures)
    return [classifier.classes[label] for label in scores.argmax(1)]


@pytest.mark.parametrize("given", ["artwork", "photos", "both"])
def test_a_new_brand_is_found_and_the_old_ones_stay(classifier, given):
    old = [*crops_of("BMW", 3, 1), *crops_of("Starbucks", 3, 1)]
    before = classifier.scores(old)
    settings = {}
    if given in ("artwork", "both"):
        settings["artwork"] = [icon_of("Ford")]
    if given in ("photos", "both"):
        settings["photos"] = crops_of("Ford", 3, 2)
    classifier.add_brand("Ford", **settings)
    assert classifier.classes == ("BMW", "Starbucks", "no-logo", "Ford")
    assert likeliest(classifier, crops_of("Ford", 6, 3)).count("Ford") >= 4
    after = classifier.scores(old)
    assert np.array_equal(after[:, :3].argmax(1), before.argmax(1))
    assert "Ford" not in likeliest(classifier, old)


def test_a_new_brand_is_saved_and_loaded(classifier, tmp_path):
    classifier.add_brand("Ford", artwork=[icon_of("Ford")])
    again = lf.LogoClassifier.load(classifier.save(tmp_path / "model"))
    pictures = [*crops_of("Ford", 2, 3), *crops_of("BMW", 2, 3)]
    assert again.classes == classifier.classes
    assert np.allclose(again.scores(pictures), classifier.scores(pictures), atol=1e-4)
    assert again.predict(pictures).brand.equals(classifier.predict(pictures).brand)


def test_a_brand_that_is_removed_again_leaves_the_old_answers(classifier):
    pictures = [*crops_of("Ford", 2, 3), *crops_of("BMW", 2, 3)]
    before = classifier.scores(pictures)
    classifier.add_brand("Ford", artwork=[icon_of("Ford")])
    classifier.remove_brand("Ford")
    assert classifier.classes == ("BMW", "Starbucks", "no-logo")
    assert np.allclose(classifier.scores(pictures), before, atol=1e-4)


def test_removing_a_brand_moves_the_labels_of_the_others(classifier):
    pictures = crops_of("Starbucks", 3, 1)
    classifier.remove_brand("BMW")
    assert classifier.classes == ("Starbucks", "no-logo")
    assert classifier.no_logo == 1
    assert set(classifier.predict(pictures).brand) <= {"Starbucks", "no-logo"}
    assert likeliest(classifier, pictures) == ["Starbucks"] * 3


def test_a_seed_decides_a_new_brand(model):
    scores = []
    for _ in range(2):
        classifier = lf.LogoClassifier.load(model)
        classifier.add_brand("Ford", artwork=[icon_of("Ford")], seed=7)
        scores.append(classifier.scores(crops_of("Ford", 2, 3)))
    assert np.array_equal(*scores)


@pytest.mark.parametrize(
    ("name", "settings", "error", "message"),
    [
        ("bmw", {"artwork": [icon_of("Ford")]}, ValueError, "already knows 'bmw'"),
        ("no-logo", {"artwork": [icon_of("Ford")]}, ValueError, "already knows"),
        (" ", {"artwork": [icon_of("Ford")]}, ValueError, "needs a name"),
        ("Ford", {}, ValueError, "needs artwork or photos"),
        ("Ford", {"artwork": "ford.svg"}, TypeError, "are lists"),
        ("Ford", {"artwork": [np.zeros((9, 9, 4), np.uint8)]}, ArtworkError, "is empty"),
        ("Ford", {"artwork": [np.full((9, 9, 3), 7, np.uint8)]}, ArtworkError, "one colour"),
        ("Ford", {"photos": ["no-such.jpg"]}, OSError, "no-such.jpg"),
    ],
)
def test_an_error_leaves_the_classifier_as_it_was(classifier, name, settings, error, message):
    weights = classifier.net.output.weight.data().asnumpy()
    with pytest.raises(error, match=message):
        classifier.add_brand(name, **settings)
    assert classifier.classes == ("BMW", "Starbucks", "no-logo")
    assert np.array_equal(classifier.net.output.weight.data().asnumpy(), weights)


def test_a_classifier_without_memory_learns_no_brand_and_says_why():
    net = lf.lenet5(2)
    net.initialize()
    classifier = lf.LogoClassifier(net, ("bmw", "no-logo"), lf.val_test_augs)
    with pytest.raises(ValueError, match="remembers no regions"):
        classifier.add_brand("Ford", artwork=[icon_of("Ford")])
    with pytest.raises(ValueError, match="no brand 'Ford'"):
        classifier.remove_brand("Ford")
    with pytest.raises(ValueError, match="needs two classes"):
        classifier.remove_brand("bmw")
