import numpy as np
import pytest

from logoflow.models.backbones.efficientnet_lite import EfficientNetLite
from logoflow.models.backbones.efficientnet_lite_weights import load_torch_weights, torch_names
from logoflow.models.backbones.registry import pretrained_net


def test_a_missing_tensor_is_an_error():
    with pytest.raises(ValueError, match=r"_fc\.weight of shape \(1000, 1280\) is missing"):
        load_torch_weights(EfficientNetLite(), {"_conv_stem.weight": np.zeros((32, 3, 3, 3))})


def test_a_superfluous_tensor_is_an_error():
    net = pretrained_net("efficientnet_lite0")
    tensors = {name: p.data().asnumpy() for p, name in torch_names(net)}
    with pytest.raises(ValueError, match="no parameters for these weights: .'_blocks.16"):
        load_torch_weights(EfficientNetLite(), {**tensors, "_blocks.16.x": np.zeros(1)})
