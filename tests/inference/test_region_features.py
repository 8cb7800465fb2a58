import numpy as np
import pytest

from logoflow.inference.region_features import RegionFeatures
from logoflow.inference.region_grid import pooling_matrix

SHAPES = ((2, 2), (9, 9))


@pytest.fixture(params=[False, True], ids=["as pooled", "of one length"])
def features(request) -> RegionFeatures:
    generator = np.random.default_rng(0)
    cells = [generator.random((rows * 4, 7), dtype=np.float32) for rows in (3, 5)]
    pooling = [pooling_matrix(rows, 4, SHAPES) for rows in (3, 5)]
    return RegionFeatures(cells, pooling, unit_length=request.param)


def test_an_output_layer_gives_the_same_for_cells_and_for_regions(features):
    generator = np.random.default_rng(1)
    weight = generator.normal(size=(3, 7)).astype(np.float32)
    bias = generator.normal(size=3).astype(np.float32)
    slow = features.all() @ weight.T + bias
    assert slow.shape == (2 * 3 + 1 + 4 * 3 + 1, 3)
    assert np.allclose(features.linear(weight, bias), slow, atol=1e-4)


def test_rows_are_those_of_all_regions_in_any_order(features):
    rows = np.array([19, 0, 6, 7, 6])
    assert np.allclose(features.rows(rows), features.all()[rows], atol=1e-6)


def test_features_of_one_length_have_the_length_of_the_network(features):
    lengths = np.linalg.norm(features.all(), axis=1)
    assert np.allclose(lengths, 10, atol=1e-4) == features._unit_length
