import numpy as np

from logoflow.datasets.prepared import read_boxes
from logoflow.inference.index_logos import index_logos
from logoflow.inference.logo_index import BACKGROUND


def test_the_index_holds_every_boxed_logo_that_has_corners(small_root):
    index = index_logos(small_root)
    boxed = sum(name.startswith("train_data/") for name in read_boxes(small_root))
    assert 0 < len(index.brands) <= 2 * boxed
    assert set(index.logos) == {BACKGROUND, *range(len(index.brands))}
    assert len(index.descriptors) == len(index.points) == len(index.logos)
    assert (index.descriptors.dtype, index.points.dtype) == (np.uint8, np.float32)
