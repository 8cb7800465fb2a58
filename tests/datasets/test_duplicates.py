import cv2
import numpy as np
import pytest

from logoflow.datasets.duplicates import near_duplicates, repeats_of
from logoflow.datasets.flickrlogos27 import read_flickrlogos27
from logoflow.errors import ImageError


def scene(seed):
    """Draw a dozen bright shapes in front of a sky, 240 x 320 pixels."""
    rng = np.random.default_rng(seed)
    picture = np.repeat(np.linspace(230, 90, 240)[:, None, None], 320, 1).repeat(3, 2)
    for _ in range(12):
        centre = rng.integers(0, (320, 240)).tolist()
        axes = rng.integers(10, 70, 2).tolist()
        colour = rng.integers(0, 255, 3).tolist()
        cv2.ellipse(picture, centre, axes, rng.uniform(0, 180), 0, 360, colour, -1)
    return picture.astype(np.uint8)


@pytest.fixture
def keep(tmp_path):
    """Give a function that writes a JPEG or PNG file: ``keep(name, picture)``."""

    def keep(name, picture, quality=90):
        path = tmp_path / name
        cv2.imwrite(str(path), picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
        return path

    return keep


CHANGES = {
    "smaller": lambda picture: cv2.resize(picture, (90, 68), interpolation=cv2.INTER_AREA),
    "stretched": lambda picture: cv2.resize(picture, (400, 260)),
    "grey": lambda picture: cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY),
    "darker": lambda picture: (picture * 0.6).astype(np.uint8),
    "brighter": lambda picture: cv2.convertScaleAbs(picture, alpha=1.1, beta=15),
    "cut": lambda picture: picture[12:, 14:],
    "cut all round": lambda picture: picture[11:-11, 15:-15],
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_modified_copy_is_found_among_other_photos(keep, change):
    others = [keep(f"{seed}.jpg", scene(seed)) for seed in range(20)]
    changed = keep("changed.jpg", CHANGES[change](scene(3)), quality=50)
    assert near_duplicates([*others, changed]) == [[others[3], changed]]
    assert repeats_of([changed], others) == {changed: others[3]}


def test_different_scenes_with_the_same_sky_are_not_duplicates(keep):
    paths = [keep(f"{seed}.jpg", scene(seed)) for seed in range(40)]
    assert near_duplicates(paths) == []
    assert repeats_of(paths[:20], paths[20:]) == {}


def test_linked_duplicates_form_one_group(keep):
    first, apart = scene(1), keep("apart.jpg", scene(2))
    small = keep("small.jpg", CHANGES["smaller"](first))
    one, dark = keep("one.jpg", first), keep("dark.jpg", CHANGES["darker"](first))
    assert near_duplicates([small, apart, one, dark]) == [[small, one, dark]]


def test_the_threshold_sets_the_required_correlation(keep):
    one, two = keep("1.jpg", scene(1)), keep("2.jpg", scene(2))
    assert near_duplicates([one, two], threshold=-1) == [[one, two]]
    assert near_duplicates([one, one], threshold=1.01) == []


def test_plain_images_and_empty_lists_have_no_duplicates(keep):
    white = keep("white.png", np.full((20, 20, 3), 255, np.uint8))
    black = keep("black.png", np.zeros((20, 20, 3), np.uint8))
    assert near_duplicates([white, black]) == near_duplicates([]) == []
    assert repeats_of([], [white]) == repeats_of([white], []) == {}


def test_a_broken_file_is_named(keep, tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    with pytest.raises(ImageError, match=r"broken\.jpg"):
        near_duplicates([tmp_path / "broken.jpg"])


@pytest.mark.slow
def test_flickrlogos27_has_ten_query_photos_that_duplicate_training_photos(shared):
    splits = read_flickrlogos27(shared / "flickrlogos27")
    training = {photo.path: photo.label for photo in (*splits.train, *splits.val)}
    query = {photo.path: photo.label for photo in splits.test}
    repeats = repeats_of(list(query), list(training))
    assert len(repeats) == 10
    assert all(query[path] == training[other] for path, other in repeats.items())
    names = {path.name: other.name for path, other in repeats.items()}
    assert names["4082747499.jpg"] == "4002343429.jpg"
    assert names["2974513280.jpg"] == "2974365916.jpg"  # the same cups, in grey
