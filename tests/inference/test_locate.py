from copy import copy

import cv2
import numpy as np
import pandas as pd
import pytest

from logoflow.datasets.composing.compose import compose_crop
from logoflow.datasets.composing.simple_icons import icon_of
from logoflow.datasets.prepare import prepare_root
from logoflow.images.boxes import intersections_over_unions
from logoflow.inference.classifier import LogoClassifier
from logoflow.inference.index_logos import index_logos
from logoflow.inference.levels import Level
from logoflow.inference.locate import region_level
from logoflow.inference.matching import LogoMatcher
from logoflow.loading.augment import make_augs
from logoflow.models.article_nets import lenet5
from logoflow.models.finetune import finetune_net
from logoflow.training.fit_regions import fit_region_head

pytestmark = pytest.mark.slow

BRANDS = ("Ford", "BMW", "no-logo")


def grey_photo() -> np.ndarray:
    noise = np.random.default_rng(5).integers(-8, 9, (480, 640, 1))
    return (np.full((480, 640, 3), 128) + noise).astype(np.uint8)


def with_logo(photo: np.ndarray, brand: str, x: int, y: int, size: int = 150) -> np.ndarray:
    """Paste a composed logo into a copy of a photo."""
    photo = photo.copy()
    crop = compose_crop(np.random.default_rng(8), icon_of(brand), size=size)
    photo[y : y + size, x : x + size] = crop
    return photo


@pytest.fixture(scope="module")
def classifier(tmp_path_factory) -> LogoClassifier:
    """Teach Ford and BMW by photos with boxes, one logo each."""
    folder, rng, photos = tmp_path_factory.mktemp("photos"), np.random.default_rng(0), []
    for label, brand in enumerate(BRANDS):
        for number in range(6):
            photo, boxes = grey_photo(), []
            if brand != "no-logo":
                x, y = (int(value) for value in rng.integers((10, 10), (480, 320)))
                photo, boxes = with_logo(photo, brand, x, y), [(x, y, 150, 150)]
            path = folder / f"{brand}-{number}.png"
            cv2.imwrite(str(path), photo[:, :, ::-1])
            photos.append((path, label, boxes))
    net = finetune_net(3, "logo_lite0")
    _, augs = make_augs("regions", net)
    head = fit_region_head(net, augs, photos, 2, seed=0)
    return LogoClassifier(net, BRANDS, augs, level="regions", prototypes=head.prototypes)


def test_a_logo_gets_a_box(classifier):
    found = classifier.locate(with_logo(grey_photo(), "Ford", 380, 60))
    assert found.brand.tolist() == ["Ford"]
    assert found.probability[0] > 0.5
    box = found.loc[0, ["x", "y", "width", "height"]].to_numpy(float)
    assert intersections_over_unions(box, np.array([[380.0, 60, 150, 150]]))[0] > 0.5


def test_logos_of_two_brands_get_a_box_each(classifier):
    photo = with_logo(with_logo(grey_photo(), "Ford", 30, 40), "BMW", 430, 290)
    found = classifier.locate(photo).set_index("brand")
    assert sorted(found.index) == ["BMW", "Ford"]
    assert found.x["Ford"] < 200 < 350 < found.x["BMW"]


def test_a_photo_without_a_logo_has_no_box(classifier):
    found = classifier.locate(grey_photo())
    assert found.empty
    assert found.columns.tolist() == ["brand", "probability", "x", "y", "width", "height"]


def test_boxes_lie_inside_the_photo(classifier):
    found = classifier.locate(with_logo(grey_photo(), "Ford", 490, 330))
    right, bottom = (found.x + found.width).max(), (found.y + found.height).max()
    assert (found[["x", "y"]] >= 0).all(axis=None)
    assert right <= 640
    assert bottom <= 480


def test_the_level_is_one_that_scores_regions(classifier):
    assert region_level(classifier, None) == Level("regions")
    assert region_level(classifier, "grid") == Level("grid")
    with pytest.raises(ValueError, match='levels here are "few-windows"'):
        classifier.locate(grey_photo(), level="few-windows")


def test_a_network_without_pooling_is_an_error():
    net = lenet5(2)
    net.initialize()
    with pytest.raises(ValueError, match="does not pool its features"):
        LogoClassifier(net, ("Ford", "no-logo"), make_augs("article", net)[1]).locate(grey_photo())


def test_known_logos_refine_the_boxes(classifier, tmp_path):
    photos = []
    for number, (brand, x) in enumerate((("Ford", 100), ("BMW", 200)) * 3):
        path = tmp_path / f"{number}.png"
        cv2.imwrite(str(path), with_logo(grey_photo(), brand, x, 90)[:, :, ::-1])
        photos.append((str(path), brand, x, 90, 150, 150, ("train", "val", "test")[number // 2]))
    columns = ["path", "label", "x", "y", "width", "height", "split"]
    table = pd.DataFrame(photos, columns=columns)
    root = prepare_root("table", table, tmp_path / "root")
    known = copy(classifier)
    known.matcher = LogoMatcher(index_logos(root)._replace(brands=np.array([1, 0], np.int32)))
    photo, place = with_logo(grey_photo(), "Ford", 380, 60), np.array([[380.0, 60, 150, 150]])
    shares = []
    for model, level in ((classifier, "regions"), (known, "regions, match_logos")):
        found = model.locate(photo, level=level)
        assert found.brand.tolist() == ["Ford"]
        box = found.loc[0, ["x", "y", "width", "height"]].to_numpy(float)
        shares.append(intersections_over_unions(box, place)[0])
    assert shares[1] > max(0.8, shares[0])


def test_levels_with_known_logos_need_a_matcher(classifier):
    with pytest.raises(ValueError, match="match_logos"):
        classifier.locate(grey_photo(), level="regions, match_logos")
