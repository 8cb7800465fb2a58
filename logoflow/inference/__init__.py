"""From a photo to windows, scores and an answer; the saved classifier and its exports."""
