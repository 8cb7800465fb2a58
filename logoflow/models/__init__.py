"""Networks: those of the articles, pretrained backbones, ensembles, and saved graphs."""
