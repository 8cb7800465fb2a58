import cv2
import numpy as np
import pytest

from logoflow.datasets.class_list import read_classes
from logoflow.datasets.prepared import photos_of, read_boxes
from logoflow.images.boxes import intersections_over_unions
from logoflow.images.decode import read_image
from logoflow.inference.index_logos import index_logos
from logoflow.inference.matching import LogoMatcher, outside


@pytest.fixture(scope="module")
def index(small_root):
    return index_logos(small_root)


@pytest.fixture(scope="module")
def matcher(index):
    return LogoMatcher(index)


def known_photo(root, brand="aldi"):
    """A training photo of a brand, its boxes and its label. Photos of aldi have many corners."""
    boxes = read_boxes(root)
    for path, label in photos_of(root, "train_data"):
        name = "/".join(path.parts[-3:])
        if read_classes(root)[label] == brand and name in boxes:
            return read_image(path), boxes[name], label
    raise AssertionError(f"no photo of {brand}")


def test_a_known_logo_is_found_turned_and_moved(matcher, small_root):
    photo, boxes, label = known_photo(small_root)
    x, y, width, height = (int(side) for side in boxes[0])
    logo = photo[y : y + height, x : x + width]
    rng = np.random.default_rng(0)
    scene = rng.integers(0, 40, (400, 500, 3), dtype=np.uint8)
    turned = np.rot90(logo)
    scene[20 : 20 + turned.shape[0], 30 : 30 + turned.shape[1]] = turned[:370, :460]
    inliers = matcher.count_inliers(scene, 3)
    assert inliers[label] >= 4
    assert inliers.argmax() == label
    noise = rng.integers(0, 40, (400, 500, 3), dtype=np.uint8)
    assert matcher.count_inliers(noise, 3).max() < inliers[label]


def test_the_box_of_a_found_logo_is_where_the_logo_is(matcher, small_root):
    photo, boxes, label = known_photo(small_root)
    x, y, width, height = (int(side) for side in boxes[0])
    canvas = np.full((500, 700, 3), 190, np.uint8)
    canvas[150 : 150 + height, 320 : 320 + width] = photo[y : y + height, x : x + width]
    best = matcher.placements(matcher.match(canvas), label)[0]
    assert best.inliers >= 4
    assert intersections_over_unions((320, 150, width, height), best.box[None])[0] > 0.6
    assert matcher.placements(matcher.match(np.full((60, 80, 3), 200, np.uint8)), label) == []


def test_logos_in_ignored_parts_are_not_found(matcher, small_root):
    photo, boxes, label = known_photo(small_root)
    assert (
        matcher.count_inliers(photo, 3)[label]
        > matcher.count_inliers(photo, 3, ignore=boxes)[label]
    )
    height, width = photo.shape[:2]
    assert not matcher.count_inliers(photo, 3, ignore=[(0, 0, width, height)]).any()


def test_ignoring_a_part_is_the_same_as_looking_for_no_features_there(matcher, small_root):
    photo, boxes, _ = known_photo(small_root)
    matches, (x, y, width, height) = matcher.match(photo), boxes[0]
    ignored = [(x, y, width / 2, height)]
    left, top, right, bottom = (
        int(side * matches.scale) for side in (x, y, x + width / 2, y + height)
    )
    resized = (round(side * matches.scale) for side in photo.shape[1::-1])
    grey = cv2.resize(
        cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY), tuple(resized), interpolation=cv2.INTER_LINEAR
    )
    mask = np.full(grey.shape, 255, np.uint8)
    mask[top : bottom + 1, left : right + 1] = 0
    keypoints = cv2.SIFT_create(nfeatures=4000, contrastThreshold=0.02).detect(grey, mask)
    expected = {keypoint.pt for keypoint in keypoints}
    pairs = outside(matches, ignored)
    used = {tuple(matches.points[feature]) for found in pairs.values() for feature, _ in found}
    every = {
        tuple(matches.points[feature]) for found in matches.pairs.values() for feature, _ in found
    }
    assert used <= expected
    assert every - expected
    assert used < every


def test_two_matchers_count_alike(index, matcher, small_root):
    photo, *_ = known_photo(small_root)
    assert np.array_equal(
        LogoMatcher(index).count_inliers(photo, 3), matcher.count_inliers(photo, 3)
    )


def test_a_plain_picture_matches_nothing(matcher):
    assert matcher.count_inliers(np.full((50, 50, 3), 200, np.uint8), 3).tolist() == [0, 0, 0]


def test_a_matcher_without_logos_is_refused(index):
    none = index._replace(brands=index.brands[:0])
    with pytest.raises(ValueError, match="no boxes"):
        LogoMatcher(none)
