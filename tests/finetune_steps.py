"""A fine-tuned network, a few training steps, and the parameters that they changed."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

from logoflow.models.finetune import finetune_net


def random_photos(count=4, size=64, seed=0):
    return nd.array(np.random.RandomState(seed).normal(size=(count, 3, size, size)))


def new_finetune_net(classes=5, seed=0):
    mx.random.seed(seed)
    return finetune_net(classes, backbone="efficientnet_lite0")


def parameter_values(block):
    """Weights and running statistics of a block."""
    return {name: p.data().asnumpy() for name, p in block.collect_params().items()}


def changed_parameters(before, block):
    """Names of the parameters of a block that differ from `before`."""
    after = parameter_values(block)
    return {name for name in before if not np.array_equal(before[name], after[name])}


def train_steps(net, steps=3):
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1, "wd": 0.01})
    loss = gluon.loss.SoftmaxCrossEntropyLoss()
    for step in range(steps):
        with autograd.record():
            step_loss = loss(net(random_photos(seed=step)), nd.array([0, 1, 2, 3]))
        step_loss.backward()
        trainer.step(4)
