"""The public names of `logoflow`, each with the module that it comes from.

This is the only list: ``__init__.py`` reads it when a name is first used, and editors and type
checkers read it to complete names. A name is here if the README, a page of docs/, a notebook or the
article calls it, or if it is an error that a caller catches. Everything else is imported from its
room, for example ``from logoflow.loading.crops import LogoCropAug``.
"""

from .datasets.class_list import read_classes as read_classes
from .datasets.composing.artwork import read_artwork as read_artwork
from .datasets.composing.photos import compose_photos as compose_photos
from .datasets.composing.simple_icons import icon_of as icon_of, wordmarks as wordmarks
from .datasets.duplicates import repeats_of as repeats_of
from .datasets.load import load_splits as load_splits
from .datasets.prepare import prepare_datasets as prepare_datasets, prepare_root as prepare_root
from .datasets.prepared import (
    folder_tree as folder_tree,
    photos_of as photos_of,
    read_summary as read_summary,
    unlabelled_photos as unlabelled_photos,
)
from .datasets.sample.build import make_sample as make_sample
from .errors import (
    AddressError as AddressError,
    ArchiveError as ArchiveError,
    ArtworkError as ArtworkError,
    ClassifierError as ClassifierError,
    ClassListError as ClassListError,
    DamagedFileError as DamagedFileError,
    FetchError as FetchError,
    ImageError as ImageError,
    LayoutError as LayoutError,
    LogoflowError as LogoflowError,
    ResumeError as ResumeError,
    WeightsError as WeightsError,
)
from .evaluation.ablation import ABLATION as ABLATION
from .evaluation.check_data import check_data as check_data
from .evaluation.experiments import run_experiments as run_experiments
from .evaluation.linear_probe import assess_head as assess_head, photo_features as photo_features
from .evaluation.measure import assess as assess, report_on as report_on
from .evaluation.report_page import report as report
from .evaluation.tables import ablation_table as ablation_table, mean_summary as mean_summary
from .exercises.check import check as check
from .fetch.fetch_image import fetch_image as fetch_image
from .images.decode import decode_image as decode_image, read_image as read_image
from .inference.classifier import LogoClassifier as LogoClassifier
from .inference.export import export as export
from .inference.heatmap import heatmap as heatmap
from .inference.identify import identify as identify
from .inference.index_brands import index_brands as index_brands
from .inference.int8 import quantize as quantize
from .inference.known_brands import read_brands as read_brands
from .inference.levels import Level as Level
from .inference.ocr import BrandNameReader as BrandNameReader
from .labels import NO_LOGO as NO_LOGO
from .loading.augment import (
    needs_statistics as needs_statistics,
    train_augs as train_augs,
    transform as transform,
    val_test_augs as val_test_augs,
)
from .loading.crop_coverage import center_crop_coverage as center_crop_coverage
from .loading.loaders import (
    make_loaders as make_loaders,
    training_statistics as training_statistics,
)
from .metrics.bootstrap import bootstrap as bootstrap
from .metrics.reliability import reliability_bins as reliability_bins
from .metrics.report import Report as Report
from .metrics.scores import (
    logo_scores as logo_scores,
    precision_recall as precision_recall,
    roc as roc,
)
from .metrics.thresholds import threshold_curve as threshold_curve
from .models.article_nets import alexnet_cnn as alexnet_cnn, lenet5 as lenet5, mlp as mlp
from .models.backbones.registry import normalisation as normalisation
from .models.build import count_parameters as count_parameters
from .models.finetune import finetune_net as finetune_net
from .models.freezing import freeze_features as freeze_features, freeze_lower as freeze_lower
from .models.graph import fused as fused
from .plots.bulk import plot_counts as plot_counts, plot_throughput as plot_throughput
from .plots.convolution import (
    plot_convolution as plot_convolution,
    plot_pooling as plot_pooling,
    plot_receptive_field as plot_receptive_field,
)
from .plots.curves import (
    plot_curves as plot_curves,
    plot_plane as plot_plane,
    plot_values as plot_values,
)
from .plots.data_check import plot_data_check as plot_data_check
from .plots.descent import plot_descent as plot_descent, plot_slopes as plot_slopes
from .plots.evaluation import (
    plot_confusion as plot_confusion,
    plot_precision_recall as plot_precision_recall,
    plot_recalls as plot_recalls,
    plot_reliability as plot_reliability,
    plot_roc as plot_roc,
    plot_scores as plot_scores,
    plot_threshold_curve as plot_threshold_curve,
)
from .plots.figures import plot_times as plot_times, plot_workflow as plot_workflow
from .plots.network import (
    plot_layers as plot_layers,
    plot_maps as plot_maps,
    plot_network as plot_network,
)
from .plots.pictures import (
    draw_boxes as draw_boxes,
    overlay_heatmap as overlay_heatmap,
    show_heatmaps as show_heatmaps,
    show_images as show_images,
    to_pictures as to_pictures,
)
from .plots.pixels import plot_pixels as plot_pixels
from .plots.sliders import with_sliders as with_sliders
from .plots.training import plot_history as plot_history, plot_photos_curve as plot_photos_curve
from .plots.upload import with_upload as with_upload
from .recipes import Recipe as Recipe, get_recipe as get_recipe
from .training.batches import _get_batch as _get_batch, evaluate_accuracy as evaluate_accuracy
from .training.fit import fit as fit
from .training.fit_head import fit_head as fit_head
from .training.fixed_features import train_head as train_head
from .training.loop import train as train
from .training.losses import balanced_weights as balanced_weights
from .training.refit import refit as refit
from .utils.devices import default_ctx as default_ctx
from .utils.paths import runs_home as runs_home
from .utils.timing import seconds_of as seconds_of
from .web.bulk.classify_urls import classify_urls as classify_urls
from .web.bulk.throughput import throughput as throughput
from .web.classify_url import classify_logo as classify_logo, get_image as get_image
from .web.serve_folder import serve_folder as serve_folder

__version__: str
