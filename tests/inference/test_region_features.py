import numpy as np
import pytest
from mxnet import nd

from logoflow.inference.region_features import RegionFeatures
from logoflow.inference.region_grid import pooling_matrix

SHAPES = ((2, 2), (9, 9))


@pytest.fixture(params=[False, True], ids=["as pooled", "of one length"])
def features(request) -> RegionFeatures:
    generator = np.random.default_rng(0)
    cells = [nd.array(generator.random((7, rows * 4))) for rows in (3, 5)]
    pooling = [pooling_matrix(rows, 4, SHAPES) for rows in (3, 5)]
    return RegionFeatures(cells, pooling, unit_length=request.param)


def test_an_output_layer_gives_the_same_for_cells_and_for_regions(features):
    generator = np.random.default_rng(1)
    weight, bias = generator.normal(size=(3, 7)), generator.normal(size=3)
    slow = features.all() @ weight.T
    assert slow.shape == (2 * 3 + 1 + 4 * 3 + 1, 3)
    assert np.allclose(features.linear(nd.array(weight), None), slow, atol=1e-4)
    assert np.allclose(features.linear(nd.array(weight), nd.array(bias)), slow + bias, atol=1e-4)


def test_rows_are_those_of_all_regions_in_any_order(features):
    rows = np.array([19, 0, 6, 7, 6])
    assert np.allclose(features.rows(rows), features.all()[rows], atol=1e-6)


def test_features_of_one_length_have_the_length_of_the_network(features):
    lengths = np.linalg.norm(features.all(), axis=1)
    assert np.allclose(lengths, 10, atol=1e-4) == features._unit_length
