"""From a prepared folder to augmented batches."""
