import mxnet as mx
import pytest

from logoflow.errors import WeightsError
from logoflow.models.backbones.registry import new_net, normalisation, pretrained_net
from logoflow.models.backbones.sanity_check import require_cat


def test_trained_weights_recognise_a_cat():
    net = pretrained_net("efficientnet_lite0")
    require_cat(net, normalisation(net))


@pytest.mark.slow
def test_random_weights_are_refused():
    mx.random.seed(1)
    net = new_net("resnet18_v2", 1000)
    net.initialize()
    with pytest.raises(WeightsError, match="chelsea.png, for ImageNet class .*, not a cat"):
        require_cat(net, normalisation(net))
