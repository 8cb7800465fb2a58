import mxnet as mx
import pytest
from mxnet import gluon, nd
from mxnet.gluon import nn

from logoflow.errors import ResumeError
from logoflow.inference.classifier import LogoClassifier
from logoflow.inference.model_folder import MODEL_JSON
from logoflow.models.article_nets import alexnet_cnn, lenet5, mlp, old_cnn_reason
from logoflow.models.build import count_parameters
from logoflow.training.averaging import WeightAverage
from logoflow.training.checkpoint import load_state, save_state


def shapes_of_layers(net, size=224, classes=33):
    """Weight and output shapes of each layer without the batch. Nothing is computed."""
    outputs, x, names = [], mx.sym.var("data"), {}
    for layer in net:
        x = layer(x)
        _, (out,), _ = x.infer_shape(data=(1, 3, size, size))
        shapes, _, _ = x.infer_shape(data=(1, 3, size, size))
        names = dict(zip(x.list_arguments(), shapes, strict=True))
        weights = [names[p.name] for p in layer.collect_params().values() if "weight" in p.name]
        outputs.append((type(layer).__name__, *weights, out[1:]))
    return outputs


def test_the_gluon_articles_network_layer_by_layer():
    assert shapes_of_layers(alexnet_cnn(33)) == [
        ("Conv2D", (96, 3, 11, 11), (96, 54, 54)),
        ("MaxPool2D", (96, 26, 26)),
        ("Conv2D", (192, 96, 5, 5), (192, 22, 22)),
        ("MaxPool2D", (192, 10, 10)),
        ("Flatten", (19_200,)),
        ("Dense", (4_096, 19_200), (4_096,)),
        ("Dense", (33, 4_096), (33,)),
    ]


def test_the_pytorch_articles_network_layer_by_layer():
    assert shapes_of_layers(lenet5(33)) == [
        ("Conv2D", (6, 3, 5, 5), (6, 220, 220)),
        ("MaxPool2D", (6, 110, 110)),
        ("Conv2D", (16, 6, 5, 5), (16, 106, 106)),
        ("MaxPool2D", (16, 53, 53)),
        ("Flatten", (16 * 53 * 53,)),
        ("Dense", (120, 16 * 53 * 53), (120,)),
        ("Dense", (84, 120), (84,)),
        ("Dense", (33, 84), (33,)),
    ]


@pytest.mark.parametrize("build", [alexnet_cnn, lenet5])
def test_every_layer_but_the_last_has_a_relu(build):
    layers = [layer for layer in build(33) if layer.collect_params().keys()]
    activations = [layer.act and layer.act._act_type for layer in layers]
    assert activations == ["relu"] * (len(layers) - 1) + [None]


@pytest.mark.parametrize(
    ("build", "weights"),
    [
        (mlp, 224 * 224 * 3 * 30 + 30 + 30 * 33 + 33),
        (lenet5, 456 + 2_416 + 16 * 53 * 53 * 120 + 120 + 120 * 84 + 84 + 84 * 33 + 33),
        (alexnet_cnn, 79_278_433),
    ],
)
def test_number_of_weights_at_224_pixels(build, weights):
    assert count_parameters(build(33)) == weights


def test_mlp_on_grey_photos_has_the_articles_weights_and_an_output():
    assert count_parameters(mlp(33), (1, 1, 224, 224)) == 1_505_310 + 30 * 33 + 33


@pytest.mark.parametrize(("build", "size"), [(mlp, 32), (lenet5, 32), (alexnet_cnn, 67)])
def test_builders_return_uninitialised_networks(build, size):
    net = build(7)
    with pytest.raises(RuntimeError, match="not been initialized"):
        net(nd.zeros((2, 3, size, size)))
    net.initialize(mx.init.Xavier(magnitude=2.24))
    assert net(nd.zeros((2, 3, size, size))).shape == (2, 7)


# The network of alexnet_cnn in earlier versions, with a small dense layer instead of 2,048 units.


def old_cnn(classes=3):
    net = nn.HybridSequential(prefix="alexnet_cnn_")
    with net.name_scope():
        net.add(nn.Conv2D(96, 11, strides=4, activation="relu"), nn.MaxPool2D(3, 2))
        net.add(nn.Conv2D(256, 5, padding=2, activation="relu"), nn.MaxPool2D(3, 2))
        for channels in (384, 384, 256):
            net.add(nn.Conv2D(channels, 3, padding=1, activation="relu"))
        net.add(nn.Flatten(), nn.Dense(8, activation="relu"), nn.Dense(classes))
    net.architecture = "alexnet_cnn"
    net.initialize()
    net(nd.zeros((1, 3, 80, 80)))
    return net


def new_cnn(classes=3):
    net = alexnet_cnn(classes)
    net.initialize()
    net(nd.zeros((1, 3, 80, 80)))
    return net


def test_checkpoints_of_the_earlier_network_are_refused_with_the_reason(tmp_path):
    old_cnn().collect_params().save(str(tmp_path / "cnn-5.params"))
    with pytest.raises(ValueError, match=r"cnn-5.params does not fit.*five convolutions.*Train"):
        new_cnn().collect_params().load(str(tmp_path / "cnn-5.params"), mx.cpu())
    old_cnn().save_parameters(str(tmp_path / "cnn.params"))
    with pytest.raises(ValueError, match="five convolutions"):
        new_cnn().load_parameters(str(tmp_path / "cnn.params"))


def test_models_of_the_earlier_network_are_refused_with_the_reason(tmp_path):
    LogoClassifier(old_cnn(), ["bmw", "shell", "ups"], [mx.image.CenterCropAug((80, 80))]).save(
        tmp_path
    )
    assert (tmp_path / MODEL_JSON).is_file()
    with pytest.raises(ValueError, match="five convolutions.*has two"):
        LogoClassifier.load(tmp_path)


def test_resume_files_of_the_earlier_network_are_refused_with_the_reason(tmp_path):
    path = tmp_path / "cnn.resume.npz"
    old, new = old_cnn(), new_cnn()
    save_state(path, old, trainer_of(old), WeightAverage(old, 0.0), {})
    with pytest.raises(ResumeError, match="five convolutions.*Delete it to start again"):
        load_state(path, new, trainer_of(new), WeightAverage(new, 0.0))


def trainer_of(net):
    return gluon.Trainer(net.collect_params(), "sgd", update_on_kvstore=False)


def test_other_files_that_do_not_fit_keep_the_error_of_mxnet(tmp_path):
    lenet = lenet5(3)
    lenet.initialize()
    lenet(nd.zeros((1, 3, 80, 80)))
    lenet.save_parameters(str(tmp_path / "lenet.params"))
    with pytest.raises(AssertionError, match="shape incompatible"):
        new_cnn().load_parameters(str(tmp_path / "lenet.params"))


def test_the_networks_own_weights_load_back(tmp_path):
    net, copy = new_cnn(), new_cnn()
    net.collect_params().save(str(tmp_path / "cnn-5.params"))
    copy.collect_params().load(str(tmp_path / "cnn-5.params"), mx.cpu())
    photo = nd.random.uniform(0, 255, (1, 3, 80, 80))
    assert (net(photo) == copy(photo)).asnumpy().all()


def test_only_weights_of_the_earlier_network_have_a_reason():
    assert "five convolutions" in old_cnn_reason([(96, 3, 11, 11), (256, 96, 5, 5)])
    assert old_cnn_reason([(96, 3, 11, 11), (192, 96, 5, 5)]) == ""
