"""The exercises of the notebooks: `check` tells whether an answer is right, or what is wrong."""
