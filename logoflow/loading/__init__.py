"""Load a prepared data set in augmented batches."""
