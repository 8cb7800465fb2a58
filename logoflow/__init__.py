"""logoflow: tell the brand in a photo by its logo, with Apache MXNet Gluon.

``import logoflow as lf`` is all a notebook needs: every public name of the package is here,
and the module that holds it is imported when the name is first used.
"""

import importlib

from logoflow.cuda_libraries import load_cuda_libraries
from logoflow.mxnet_compat import (
    prepare_for_mxnet,
    restore_numpy_names,
    start_workers_by_fork,
)
from logoflow.threads import one_core_per_fork, use_all_cores

use_all_cores()
one_core_per_fork()
prepare_for_mxnet(restore_numpy_names, start_workers_by_fork, load_cuda_libraries)

__version__ = "0.1.0"

_HOMES = {
    "logoflow.article_nets": "alexnet_cnn lenet5 mlp",
    "logoflow.augment": (
        "center_crop_coverage make_augs needs_statistics train_augs transform val_test_augs"
    ),
    "logoflow.crops": "LogoCropAug crop_anywhere crop_around crop_beside",
    "logoflow.appearance": "LightAug QualityAug ViewpointAug",
    "logoflow.assessment": "Assessment assess",
    "logoflow.backbones.registry": "backbone_of normalisation pretrained_net",
    "logoflow.bulk.runs": "BulkSummary classify_urls",
    "logoflow.bulk.reports": "plot_counts plot_throughput throughput",
    "logoflow.by_url": "classify_logo get_image",
    "logoflow.classes": "check_classes read_classes",
    "logoflow.classifier": "LogoClassifier",
    "logoflow.datasets": "load_splits",
    "logoflow.datasets.flickrlogos27": "read_flickrlogos27",
    "logoflow.datasets.flickrlogos32": "article_split read_filenames read_flickrlogos32",
    "logoflow.datasets.duplicates": "near_duplicates repeats_of",
    "logoflow.datasets.folder": "read_folder",
    "logoflow.datasets.folds": "k_folds",
    "logoflow.datasets.sample": "make_sample",
    "logoflow.datasets.splits": "NO_LOGO Box Photo Splits",
    "logoflow.decision": "Decision fit_decision",
    "logoflow.ensembles": "Ensemble",
    "logoflow.errors": (
        "ArchiveError ClassListError ClassifierError FetchError ImageError LogoflowError "
        "ResumeError WeightsError"
    ),
    "logoflow.exporting": "Exported export",
    "logoflow.fusing": "fused",
    "logoflow.fetching": "Fetched fetch_image",
    "logoflow.fitting": "fit",
    "logoflow.folders": ("prepare_datasets prepare_root prepare_splits read_boxes read_summary"),
    "logoflow.history": "History",
    "logoflow.images": "decode_image load_image read_image",
    "logoflow.linked": "few_photos with_validation",
    "logoflow.loading": "Loaders make_loaders training_statistics",
    "logoflow.losses": "balanced_weights",
    "logoflow.matching": "LogoIndex LogoMatcher index_logos matcher_for",
    "logoflow.metrics.intervals": "bootstrap",
    "logoflow.metrics.reliability": "calibration_error reliability_bins",
    "logoflow.metrics.report": "Report",
    "logoflow.metrics.scores": "auroc brand_top1 logo_scores precision_recall roc",
    "logoflow.metrics.thresholds": "recall_at threshold_at threshold_curve",
    "logoflow.mining": "hard_negatives",
    "logoflow.models": "count_parameters finetune_net freeze_features freeze_lower",
    "logoflow.paths": "cache_home data_home runs_home",
    "logoflow.photo_folder": "PhotoFolder",
    "logoflow.plots": (
        "draw_boxes plot_confusion plot_history plot_recalls plot_workflow show_figure "
        "show_images to_pictures"
    ),
    "logoflow.prepared": "class_folders photos_of",
    "logoflow.quantizing": "quantize",
    "logoflow.reading": "NameReader",
    "logoflow.recipes": "Recipe get_recipe",
    "logoflow.refitting": "refit",
    "logoflow.score_plots": (
        "plot_precision_recall plot_reliability plot_roc plot_threshold_curve"
    ),
    "logoflow.serving": "serve_folder",
    "logoflow.study": "SET_UPS STEPS Step photos_curve run_steps",
    "logoflow.study_heads": "assess_head photo_features",
    "logoflow.study_plots": "plot_photos_curve",
    "logoflow.study_tables": "ablation_table mean_summary",
    "logoflow.timing": "plot_times seconds_of",
    "logoflow.tree": "folder_tree",
    "logoflow.views": "combine windows",
    "logoflow.evaluation": ("_get_batch default_ctx evaluate_accuracy predict_labels report_on"),
    "logoflow.heads": "extract_features train_head",
    "logoflow.training": "train",
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names.split()}

__all__ = sorted(_HOME_OF)


def __getattr__(name: str) -> object:
    """Import the home of a public name when it is first asked for (PEP 562)."""
    if name not in _HOME_OF:
        raise AttributeError(f"module 'logoflow' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
