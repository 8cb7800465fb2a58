"""Compare logo_lite0 with outputs of the network that was trained, stored beside this file.

logo_lite0_reference.npz holds pooled features and embeddings of that network, rebuilt layer by
layer as an ONNX graph and run by ONNX Runtime 1.32 with the weights of logo_lite0.npz: `features`
and `embedding` for `pictures()`, `photo_features` and `photo_embedding` for the middle of the
photos `photo_names` of FlickrLogos-27.
"""

from pathlib import Path

import mxnet as mx
import numpy as np
import pytest
from mxnet import nd

from logoflow.errors import WeightsError
from logoflow.images.decode import read_image
from logoflow.models.backbones import logo_lite0
from logoflow.models.backbones.efficientnet_lite import MEAN, STD
from logoflow.models.backbones.logo_lite0 import LENGTH, embed, read_weights
from logoflow.models.backbones.registry import backbone_of, normalisation, pretrained_net
from logoflow.models.backbones.sanity_check import cat_photo, to_input
from logoflow.models.build import build_net, check_outputs
from logoflow.models.finetune import finetune_net
from logoflow.models.freezing import freeze_features

REPO = Path(__file__).resolve().parents[3]
PHOTOS = REPO.parent / "shared" / "flickrlogos27" / "flickr_logos_27_dataset_images"
TOLERANCE = 1e-3


@pytest.fixture(scope="module")
def reference():
    with np.load(Path(__file__).with_name("logo_lite0_reference.npz")) as file:
        return dict(file)


@pytest.fixture(scope="module")
def net():
    return pretrained_net("logo_lite0")


def pictures() -> np.ndarray:
    """A cat and noise as RGB of (2, 224, 224, 3)."""
    noise = np.random.RandomState(0).randint(0, 256, (224, 224, 3))
    return np.stack([cat_photo(), noise.astype("uint8")])


def middle(photo: np.ndarray) -> np.ndarray:
    """Cut the middle 224 x 224 pixels out of a photo."""
    top, left = ((side - 224) // 2 for side in photo.shape[:2])
    return photo[top : top + 224, left : left + 224]


def pooled_features(net, data: nd.NDArray) -> nd.NDArray:
    """Features before they are scaled to one length, (batch, 1280)."""
    for layer in list(net.features)[:-1]:
        data = layer(data)
    return data


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def difference(ours: nd.NDArray, theirs: np.ndarray) -> float:
    return np.abs(ours.asnumpy() - theirs).max()


@pytest.mark.parametrize("hybridize", [False, True])
def test_same_features_and_embedding_as_the_trained_network(net, reference, hybridize):
    net.hybridize(hybridize)
    data = to_input(pictures(), (MEAN, STD))
    pooled = pooled_features(net, data)
    assert difference(pooled, reference["features"]) < TOLERANCE
    assert difference(net.embedding(pooled), reference["embedding"]) < TOLERANCE
    assert difference(embed(net, data), unit(reference["embedding"])) < TOLERANCE
    assert np.allclose(net.features(data).norm(axis=1).asnumpy(), LENGTH)


@pytest.mark.skipif(not PHOTOS.is_dir(), reason="the photos of FlickrLogos-27 are not there")
def test_same_features_and_embedding_on_photos_of_logos(net, reference):
    photos = [middle(read_image(PHOTOS / name)) for name in reference["photo_names"]]
    data = to_input(np.stack(photos), (MEAN, STD))
    assert difference(pooled_features(net, data), reference["photo_features"]) < TOLERANCE
    assert difference(embed(net, data), unit(reference["photo_embedding"])) < TOLERANCE


def test_an_altered_weight_file_is_refused(tmp_path):
    content = bytearray(logo_lite0.WEIGHTS.read_bytes())
    content[5_000_000] ^= 1
    (tmp_path / "logo_lite0.npz").write_bytes(content)
    with pytest.raises(WeightsError, match=r"logo_lite0\.npz is not the file expected"):
        read_weights(tmp_path / "logo_lite0.npz")


def test_a_missing_weight_file_is_an_error(tmp_path):
    with pytest.raises(WeightsError, match=r"logo_lite0\.npz is missing"):
        read_weights(tmp_path / "logo_lite0.npz")


@pytest.mark.slow
def test_embeddings_have_length_one(net):
    vectors = embed(net, to_input(pictures(), (MEAN, STD)))
    assert vectors.shape == (2, 256)
    assert np.allclose(vectors.norm(axis=1).asnumpy(), 1, atol=1e-5)


@pytest.mark.slow
def test_a_network_without_an_embedding_is_refused():
    net = finetune_net(3, "efficientnet_lite0")
    with pytest.raises(ValueError, match=r"EfficientNetLite has no embedding"):
        embed(net, nd.zeros((1, 3, 64, 64)))


@pytest.mark.slow
def test_a_network_for_fine_tuning_has_the_features_the_embedding_and_a_new_output(net):
    tuned, data = finetune_net(5, "logo_lite0"), nd.random.normal(shape=(2, 3, 64, 96))
    assert backbone_of(tuned) == "logo_lite0"
    assert normalisation(tuned) == normalisation("efficientnet_lite0")
    assert tuned(data).shape == (2, 5)
    assert np.array_equal(embed(tuned, data).asnumpy(), embed(net, data).asnumpy())


@pytest.mark.slow
def test_the_embedding_is_not_a_part_of_the_trained_and_saved_network(tmp_path):
    net, plain = finetune_net(5, "logo_lite0"), finetune_net(5, "efficientnet_lite0")
    assert net.embedding.weight.shape == (256, 1280)
    check_outputs(net, "abcde")  # takes the last parameter for the output layer
    for model in (net, plain):
        model.save_parameters(str(tmp_path / model.name))
    assert (tmp_path / net.name).stat().st_size == (tmp_path / plain.name).stat().st_size


@pytest.mark.slow
def test_a_saved_network_is_rebuilt_by_name_and_has_the_embedding_again(tmp_path):
    net, data = finetune_net(5, "logo_lite0"), nd.random.normal(shape=(1, 3, 64, 64))
    net.save_parameters(str(tmp_path / "net.params"))
    again = build_net("logo_lite0", 5)
    again.load_parameters(str(tmp_path / "net.params"))
    assert np.array_equal(again(data).asnumpy(), net(data).asnumpy())
    assert np.array_equal(embed(again, data).asnumpy(), embed(net, data).asnumpy())


@pytest.mark.slow
def test_an_ensemble_with_efficientnet_lite0_shares_the_input():
    ensemble = build_net("logo_lite0 + efficientnet_lite0", 3)
    assert normalisation(ensemble) == normalisation("logo_lite0")
    ensemble.initialize(mx.init.Xavier())
    assert ensemble(nd.zeros((1, 3, 64, 64))).shape == (1, 3)
    with pytest.raises(ValueError, match="normalised in different ways"):
        build_net("logo_lite0 + resnet18_v2", 3)


def test_freezing_leaves_only_the_output_to_train():
    net = finetune_net(3, "logo_lite0")
    freeze_features(net)
    trained = [name for name, p in net.collect_params().items() if p.grad_req != "null"]
    assert trained == ["logo_lite0_dense0_weight", "logo_lite0_dense0_bias"]


@pytest.mark.slow
def test_own_weights_have_as_many_outputs_as_the_published_network(net, tmp_path):
    net.save_parameters(str(tmp_path / "mine.params"))
    data = nd.random.normal(shape=(1, 3, 64, 64))
    mine = pretrained_net("logo_lite0", weights=tmp_path / "mine.params")
    assert np.array_equal(mine(data).asnumpy(), net(data).asnumpy())
    finetune_net(3, "logo_lite0").save_parameters(str(tmp_path / "other.params"))
    with pytest.raises(WeightsError, match=r"other\.params does not fit logo_lite0"):
        pretrained_net("logo_lite0", weights=tmp_path / "other.params")
