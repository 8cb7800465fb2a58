"""From a source of photos to splits, a prepared folder and a class list."""
