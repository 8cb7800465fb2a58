import numpy as np
import pytest

from logoflow.datasets.class_list import read_classes
from logoflow.datasets.prepared import photos_of, read_boxes
from logoflow.images.decode import read_image
from logoflow.inference.matching import BACKGROUND, LogoMatcher, index_logos


@pytest.fixture(scope="module")
def index(small_root):
    return index_logos(small_root)


@pytest.fixture(scope="module")
def matcher(index):
    return LogoMatcher(index)


def known_photo(root, brand="aldi"):
    """A training photo of a brand and its boxes; aldi's have many corners."""
    boxes = read_boxes(root)
    for path, label in photos_of(root, "train_data"):
        name = "/".join(path.parts[-3:])
        if read_classes(root)[label] == brand and name in boxes:
            return read_image(path), boxes[name], label
    raise AssertionError(f"no photo of {brand}")


def test_the_index_holds_every_boxed_logo_that_has_corners(index, small_root):
    boxed = sum(name.startswith("train_data/") for name in read_boxes(small_root))
    assert 0 < len(index.brands) <= 2 * boxed
    assert set(index.logos) == {BACKGROUND, *range(len(index.brands))}
    assert len(index.descriptors) == len(index.points) == len(index.logos)
    assert (index.descriptors.dtype, index.points.dtype) == (np.uint8, np.float32)


def test_a_known_logo_is_found_smaller_turned_and_elsewhere(matcher, small_root):
    photo, boxes, label = known_photo(small_root)
    x, y, width, height = (int(side) for side in boxes[0])
    logo = photo[y : y + height, x : x + width]
    rng = np.random.default_rng(0)
    scene = rng.integers(0, 40, (400, 500, 3), dtype=np.uint8)
    turned = np.rot90(logo)
    scene[20 : 20 + turned.shape[0], 30 : 30 + turned.shape[1]] = turned[:370, :460]
    found = matcher.count(scene, 3)
    assert found[label] >= 4
    assert found.argmax() == label
    noise = rng.integers(0, 40, (400, 500, 3), dtype=np.uint8)
    assert matcher.count(noise, 3).max() < found[label]


def test_what_is_to_be_ignored_is_not_found(matcher, small_root):
    photo, boxes, label = known_photo(small_root)
    assert matcher.count(photo, 3)[label] > matcher.count(photo, 3, ignore=boxes)[label]
    height, width = photo.shape[:2]
    assert not matcher.count(photo, 3, ignore=[(0, 0, width, height)]).any()


def test_two_matchers_count_alike(index, matcher, small_root):
    photo, *_ = known_photo(small_root)
    assert np.array_equal(LogoMatcher(index).count(photo, 3), matcher.count(photo, 3))


def test_a_plain_picture_matches_nothing(matcher):
    assert matcher.count(np.full((50, 50, 3), 200, np.uint8), 3).tolist() == [0, 0, 0]


def test_without_boxes_there_is_nothing_to_look_for(index):
    none = index._replace(brands=index.brands[:0])
    with pytest.raises(ValueError, match="no boxes"):
        LogoMatcher(none)
