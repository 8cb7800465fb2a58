"""logoflow: tell the brand in a photo by its logo, with Apache MXNet Gluon.

``import logoflow as lf`` is all a notebook needs: every public name of the package is here,
and the module that holds it is imported when the name is first used.
"""

import importlib

from logoflow.utils.cuda_libraries import load_cuda_libraries
from logoflow.utils.mxnet_compat import (
    prepare_for_mxnet,
    restore_numpy_names,
    start_workers_by_fork,
)
from logoflow.utils.threads import one_core_per_fork, use_all_cores

use_all_cores()
one_core_per_fork()
prepare_for_mxnet(restore_numpy_names, start_workers_by_fork, load_cuda_libraries)

__version__ = "0.1.0"

_HOMES = {
    "logoflow.datasets.class_list": "check_classes read_classes",
    "logoflow.datasets.duplicates": "near_duplicates repeats_of",
    "logoflow.datasets.flickrlogos27": "read_flickrlogos27",
    "logoflow.datasets.flickrlogos32": "article_split read_filenames read_flickrlogos32",
    "logoflow.datasets.folder": "read_folder",
    "logoflow.datasets.load": "load_splits",
    "logoflow.datasets.prepare": "prepare_datasets prepare_root prepare_splits",
    "logoflow.datasets.prepared": "class_folders folder_tree photos_of read_boxes read_summary",
    "logoflow.datasets.sample.build": "make_sample",
    "logoflow.datasets.splits": "Box Photo Splits",
    "logoflow.datasets.splitting": "k_folds",
    "logoflow.datasets.subsets": "few_photos with_validation",
    "logoflow.errors": (
        "ArchiveError ClassifierError ClassListError FetchError ImageError LogoflowError "
        "ResumeError WeightsError"
    ),
    "logoflow.evaluation.ablation": "SET_UPS Step STEPS",
    "logoflow.evaluation.assessment": "assess Assessment report_on",
    "logoflow.evaluation.experiments": "photos_curve run_steps",
    "logoflow.evaluation.linear_probe": "assess_head photo_features",
    "logoflow.evaluation.tables": "ablation_table mean_summary",
    "logoflow.fetch.fetch_image": "fetch_image Fetched",
    "logoflow.images.decode": "decode_image load_image read_image",
    "logoflow.inference.classifier": "LogoClassifier",
    "logoflow.inference.decision": "Decision fit_decision",
    "logoflow.inference.export": "export Exported",
    "logoflow.inference.int8": "quantize",
    "logoflow.inference.matching": "index_logos LogoIndex LogoMatcher matcher_for",
    "logoflow.inference.ocr": "NameReader",
    "logoflow.inference.scoring": "combine",
    "logoflow.inference.windows": "windows",
    "logoflow.labels": "NO_LOGO",
    "logoflow.loading.appearance": "LightAug QualityAug ViewpointAug",
    "logoflow.loading.augment": (
        "center_crop_coverage make_augs needs_statistics train_augs transform val_test_augs"
    ),
    "logoflow.loading.crops": "crop_anywhere crop_around crop_background LogoCropAug",
    "logoflow.loading.loaders": "Loaders make_loaders training_statistics",
    "logoflow.loading.photo_folder": "PhotoFolder",
    "logoflow.metrics.bootstrap": "bootstrap",
    "logoflow.metrics.reliability": "calibration_error reliability_bins",
    "logoflow.metrics.report": "Report",
    "logoflow.metrics.scores": "auroc brand_top1 logo_scores precision_recall roc",
    "logoflow.metrics.thresholds": "recall_at threshold_at threshold_curve",
    "logoflow.models.article_nets": "alexnet_cnn lenet5 mlp",
    "logoflow.models.backbones.registry": "backbone_of normalisation pretrained_net",
    "logoflow.models.build": "count_parameters",
    "logoflow.models.ensemble": "Ensemble",
    "logoflow.models.finetune": "finetune_net",
    "logoflow.models.freezing": "freeze_features freeze_lower",
    "logoflow.models.graph": "fused",
    "logoflow.plots.bulk": "plot_counts plot_throughput",
    "logoflow.plots.evaluation": (
        "plot_confusion plot_precision_recall plot_recalls plot_reliability plot_roc "
        "plot_threshold_curve"
    ),
    "logoflow.plots.figures": "plot_times plot_workflow show_figure",
    "logoflow.plots.pictures": "draw_boxes show_images to_pictures",
    "logoflow.plots.training": "plot_history plot_photos_curve",
    "logoflow.recipes": "get_recipe Recipe",
    "logoflow.training.batches": "_get_batch evaluate_accuracy predict_labels",
    "logoflow.training.fit": "fit",
    "logoflow.training.fixed_features": "extract_features train_head",
    "logoflow.training.hard_negatives": "hard_negatives",
    "logoflow.training.history": "History",
    "logoflow.training.loop": "train",
    "logoflow.training.losses": "balanced_weights",
    "logoflow.training.refit": "refit",
    "logoflow.utils.devices": "default_ctx",
    "logoflow.utils.paths": "cache_home data_home runs_home",
    "logoflow.utils.timing": "seconds_of",
    "logoflow.web.bulk.classify_urls": "BulkSummary classify_urls",
    "logoflow.web.bulk.throughput": "throughput",
    "logoflow.web.classify_url": "classify_logo get_image",
    "logoflow.web.serve_folder": "serve_folder",
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
