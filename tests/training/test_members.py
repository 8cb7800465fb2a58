from types import SimpleNamespace

import mxnet as mx
from mxnet import nd

from logoflow.recipes import get_recipe
from logoflow.training.members import train_members


def test_networks_of_an_ensemble_are_kept_without_their_compiled_graphs(tmp_path):
    trained = []

    def train_member(net, member):
        net.hybridize(static_alloc=True)
        net(nd.zeros((1, 3, 64, 64))).wait_to_read()
        net.save_parameters(str(member.weight_file))
        trained.append(net)
        return member.seed

    plan = SimpleNamespace(
        backbones=["lenet5", "lenet5"], seed=5, ctx=[mx.cpu()], recipe=get_recipe("article")
    )
    ensemble, seeds = train_members(plan, 3, tmp_path, train_member, [])
    assert len(ensemble.members) == 2
    assert seeds[0] == 5 != seeds[1]
    assert [net._cached_op for net in trained] == [None, None]
    assert ensemble(nd.zeros((1, 3, 64, 64))).shape == (1, 3)
