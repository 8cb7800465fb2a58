import cv2
import numpy as np
import pytest

import logoflow as lf
from logoflow.datasets.composing.artwork import Artwork
from logoflow.datasets.composing.compose import compose_crop
from logoflow.datasets.composing.simple_icons import icon_of
from logoflow.errors import ArtworkError
from logoflow.training.artwork_examples import artwork_of_classes

CLASSES = ("BMW", "Ford", "no-logo", "our shop")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Prepare three composed photos of each of two brands, and of none."""
    folder, rng = tmp_path_factory.mktemp("photos"), np.random.default_rng(0)
    for name in ("BMW", "Ford", "no-logo"):
        (folder / "photos" / name).mkdir(parents=True)
        for number in range(4):
            picture = cv2.resize(rng.integers(0, 255, (9, 9, 3), dtype=np.uint8), (140, 140))
            if name != "no-logo":
                picture = compose_crop(rng, icon_of(name), size=140)
            cv2.imwrite(str(folder / "photos" / name / f"{number}.png"), picture)
    return lf.prepare_root("folder", folder / "photos", output_dir=folder / "root", test_share=0)


def test_simple_icons_are_looked_up_by_the_names_of_the_classes():
    artwork = artwork_of_classes("simple-icons", CLASSES)
    assert sorted(artwork) == [0, 1]
    assert len(artwork[0]) == 5  # the icon, and the name in four typefaces
    assert all(isinstance(logo, Artwork) for logo in artwork[1])


def test_own_artwork_is_read_by_label():
    logo = np.zeros((30, 30, 4), np.uint8)
    logo[5:25, 5:20] = 200, 0, 0, 255
    assert list(artwork_of_classes({"our shop": [logo]}, CLASSES)) == [3]


@pytest.mark.parametrize(
    ("artwork", "error", "message"),
    [
        ({"acme": [icon_of("BMW")]}, ValueError, r"artwork of \['acme'\]"),
        ({"no-logo": [icon_of("BMW")]}, ValueError, r"artwork of \['no-logo'\]"),
        ({"BMW": []}, ValueError, "None of the classes has artwork"),
        ("wikipedia", ValueError, "'simple-icons'"),
        ({"BMW": [np.zeros((9, 9, 4), np.uint8)]}, ArtworkError, "is empty"),
    ],
)
def test_artwork_that_cannot_be_used_is_an_error(artwork, error, message):
    with pytest.raises(error, match=message):
        artwork_of_classes(artwork, CLASSES)


@pytest.mark.slow
def test_fit_learns_a_variant_from_artwork_that_no_photo_shows(root):
    variant = icon_of("Porsche")  # as if BMW used it too
    pictures = [compose_crop(np.random.default_rng(9), variant) for _ in range(3)]
    plain = lf.fit(root, quiet=True)
    taught = lf.fit(root, artwork={"BMW": [variant]}, quiet=True)
    of_artwork = taught.prototypes.photos > plain.prototypes.photos.max()
    assert set(taught.prototypes.labels[of_artwork]) == {0}
    assert of_artwork.sum() == 48
    # The log-scores, since the temperatures of so few photos differ.
    leads = [-np.diff(net.scores(pictures)[:, :2], axis=1).mean() for net in (plain, taught)]
    assert leads[1] > leads[0] + 1
    assert taught.decisions.keys() == plain.decisions.keys()
    # Composed pictures are no photos: the decisions rest on the same photos.
    level = plain.level
    assert taught.decisions[level].no_logo_photos == plain.decisions[level].no_logo_photos


@pytest.mark.parametrize(
    "settings",
    [{"backbone": "lenet5"}, {"refit_epochs": 1}, {"backbone": ["logo_lite0", "logo_lite0"]}],
)
def test_other_trainings_take_no_artwork(root, settings):
    with pytest.raises(ValueError, match="artwork is for the backbone 'logo_lite0'"):
        lf.fit(root, artwork="simple-icons", quiet=True, **settings)
