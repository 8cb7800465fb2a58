"""Pretrained networks, and where their weights come from."""
