import random

import mxnet as mx
import numpy as np

from logoflow.loading.crops import LogoCropAug
from logoflow.loading.photo_folder import PhotoFolder, split_boxes


def test_photos_are_turned_upright(tmp_path):
    from PIL import Image

    (tmp_path / "a").mkdir()
    exif = Image.Exif()
    exif[274] = 6
    Image.new("RGB", (40, 20), "red").save(tmp_path / "a" / "x.jpg", exif=exif)
    data, _ = PhotoFolder(tmp_path, [])[0]
    assert data.shape == (3, 40, 20)
    assert isinstance(data, mx.nd.NDArray)


class SpyCrop(LogoCropAug):
    """Crops as its parent class does, and records how each crop was chosen."""

    def __init__(self):
        super().__init__(8)
        self.choices = []

    def __call__(self, src, boxes=(), region=None):
        self.choices.append("region" if region else "box" if boxes else "anywhere")
        return super().__call__(src, boxes, region)


def test_background_crops_follow_the_photos_with_the_label_no_logo(small_root):
    boxes = split_boxes(small_root, "train_data")
    crop = SpyCrop()
    folder = PhotoFolder(small_root / "train_data", [crop], boxes, backgrounds=0.5)
    assert len(folder) == 14 + 4
    random.seed(0)
    labels = [folder[index][1] for index in range(14, 18)]
    assert labels == [folder.synsets.index("no-logo")] * 4
    assert crop.choices == ["region"] * 4


def test_a_photo_without_background_keeps_its_label(small_root):
    everywhere = {f"{brand}/{path.name}": [(0, 0, 999, 999)] for brand, path in _photos(small_root)}
    folder = PhotoFolder(small_root / "train_data", [LogoCropAug(32)], everywhere, backgrounds=1.0)
    random.seed(0)
    labels = {float(folder[index][1]) for index in range(14, len(folder))}
    assert len(folder) == 14 + 8
    assert folder.synsets.index("no-logo") not in labels


def _photos(root):
    return [(path.parent.name, path) for path in sorted((root / "train_data").glob("*/*"))]


def test_half_of_the_crops_of_a_no_logo_photo_are_hard_negatives(small_root):
    folder = PhotoFolder(small_root / "train_data", [LogoCropAug(8)])
    index = next(i for i, item in enumerate(folder.items) if item[1] == 2)
    path = folder.items[index][0]
    folder.boxes[f"no-logo/{path.name}"] = [(0, 0, 3, 3)]
    random.seed(0)
    folder.augs = [SpyCrop()]
    for _ in range(60):
        folder[index]
    assert 15 < folder.augs[0].choices.count("box") < 45
    assert "anywhere" not in folder.augs[0].choices


def test_large_photos_are_shrunk_together_with_their_boxes(tmp_path):
    import cv2

    (tmp_path / "a").mkdir()
    image = np.zeros((400, 800, 3), np.uint8)
    image[100:200, 200:400] = 255
    cv2.imwrite(str(tmp_path / "a" / "x.png"), image)

    class Tight(LogoCropAug):
        def __call__(self, src, boxes=(), region=None):
            (box,) = boxes
            return super().__call__(src, region=tuple(round(side) for side in box))

    folder = PhotoFolder(
        tmp_path, [Tight(10)], {"a/x.png": [(200, 100, 200, 100)]}, max_short_side=100
    )
    data, _ = folder[0]
    assert data.asnumpy().min() == 255


def test_the_boxes_of_a_split_are_named_as_in_its_folder(small_root):
    boxes = split_boxes(small_root, "val_data")
    assert len(boxes) == 8
    assert all((small_root / "val_data" / name).is_file() for name in boxes)
