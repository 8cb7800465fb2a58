"""Measure the answers of a classifier: counts, scores, thresholds, calibration, intervals."""
