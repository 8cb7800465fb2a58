import os
import subprocess
import sys

import pytest
from finetune_steps import new_finetune_net, random_photos
from mxnet import gluon

from logoflow.models.article_nets import mlp
from logoflow.models.build import architecture_of, build_net, count_parameters


def test_counting_neither_initialises_nor_fixes_the_input_size():
    net = mlp(33)
    count_parameters(net)
    net.initialize()
    assert net(random_photos(2, size=32)).shape == (2, 33)


def test_running_statistics_do_not_count_as_weights():
    net = new_finetune_net(33)
    assert count_parameters(net) == 3_371_008 + 1280 * 33 + 33


@pytest.mark.parametrize(
    "name", ["mlp", "lenet5", "alexnet_cnn", "efficientnet_lite0", "logo_lite0", "resnet18_v2"]
)
def test_a_network_can_be_rebuilt_by_name(name):
    assert architecture_of(build_net(name, 4)) == name


def test_unknown_architectures_are_refused():
    with pytest.raises(ValueError, match="Dense was not built by logoflow"):
        architecture_of(gluon.nn.Dense(3))
    with pytest.raises(ValueError, match="no backbone 'lenet6'"):
        build_net("lenet6", 4)


@pytest.mark.slow
def test_saved_weights_load_in_another_process(tmp_path):
    """Gluon numbers networks in the order of their construction; ours have fixed names."""
    net = new_finetune_net()
    net.collect_params().save(str(tmp_path / "net.params"))
    program = (
        "import logoflow, mxnet as mx\n"
        "from logoflow.models.build import build_net\n"
        "build_net('efficientnet_lite0', 3), mx.gluon.nn.Dense(3)\n"
        "net = build_net('efficientnet_lite0', 5)\n"
        f"net.collect_params().load({str(tmp_path / 'net.params')!r}, mx.cpu())\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60, env=environment)
