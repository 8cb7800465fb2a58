"""From batches to a trained network; `fit` goes the whole way."""
