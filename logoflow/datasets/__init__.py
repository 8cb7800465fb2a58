"""Read data sets, split them, and prepare folders and a class list for training."""
