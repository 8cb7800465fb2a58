"""Pretrained nets by name, and where their weights come from."""

from logoflow.backbones.registry import backbone_of, new_net, normalisation, pretrained_net
from logoflow.backbones.weights import WeightsError

__all__ = ["WeightsError", "backbone_of", "new_net", "normalisation", "pretrained_net"]
