"""A frozen network's features, kept beside the photos that they were computed from."""

import numpy as np

Arrays = tuple[np.ndarray, np.ndarray]
