"""What a classifier's answers are worth: counts, scores by threshold, intervals, reliability."""
