"""What a classifier's answers are worth: counts, scores by threshold, intervals, reliability."""

from logoflow.metrics.intervals import bootstrap
from logoflow.metrics.reliability import calibration_error, reliability_bins
from logoflow.metrics.report import Report
from logoflow.metrics.scores import (
    against_no_logo,
    auroc,
    brand_top1,
    logo_scores,
    precision_recall,
    roc,
)
from logoflow.metrics.thresholds import recall_at, threshold_at, threshold_curve

__all__ = [
    "Report",
    "against_no_logo",
    "auroc",
    "bootstrap",
    "brand_top1",
    "calibration_error",
    "logo_scores",
    "precision_recall",
    "recall_at",
    "reliability_bins",
    "roc",
    "threshold_at",
    "threshold_curve",
]
