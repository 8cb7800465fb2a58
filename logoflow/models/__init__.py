"""Networks: the articles' own, pretrained ones, ensembles, and how they are built again."""
