import mxnet as mx
import numpy as np
import pytest

from logoflow.models.finetune import finetune_net
from logoflow.training.fit_head import fit_head


def output_weights(classifier):
    return classifier.net.output.weight.data().asnumpy()


@pytest.fixture(scope="module")
def classifier(small_root):
    return fit_head(small_root, image_size=64)


@pytest.mark.slow
def test_only_the_output_layer_is_trained(classifier):
    mx.random.seed(0)
    untrained = finetune_net(3, "efficientnet_lite0")
    trained = classifier.net.features.collect_params().values()
    for before, after in zip(untrained.features.collect_params().values(), trained, strict=True):
        assert np.array_equal(before.data().asnumpy(), after.data().asnumpy())
    assert not np.allclose(untrained.output.weight.data().asnumpy(), output_weights(classifier))


def test_the_photos_are_preprocessed_at_the_size_asked_for(classifier):
    photo = np.zeros((100, 200, 3), np.uint8)
    assert classifier.preprocess(photo).shape == (3, 64, 64)


@pytest.mark.slow
def test_the_seed_decides_the_result(classifier, small_root):
    again = fit_head(small_root, image_size=64)
    assert np.array_equal(output_weights(classifier), output_weights(again))
    other = fit_head(small_root, image_size=64, seed=1)
    assert not np.allclose(output_weights(classifier), output_weights(other))
