"""Fit a classifier in less than a minute: only the output layer is trained."""

import tempfile
from pathlib import Path

import mxnet as mx

from logoflow.datasets.class_list import read_classes
from logoflow.inference.classifier import LogoClassifier
from logoflow.loading.loaders import make_loaders
from logoflow.models.finetune import finetune_net
from logoflow.recipes import get_recipe
from logoflow.training.fit_arguments import checked_architecture, checked_devices, prepared_root
from logoflow.training.fixed_features import train_head
from logoflow.utils.devices import Contexts
from logoflow.values import whole_number

CROPS = 3
BATCH_SIZE = 32
NUM_EPOCHS = 40
LEARNING_RATE = 0.003


def fit_head(
    root: Path | str,
    backbone: str = "efficientnet_lite0",
    *,
    image_size: int = 160,
    num_workers: int = 0,
    ctx: Contexts | None = None,
    seed: int = 0,
) -> LogoClassifier:
    """Train a new output layer on fixed pretrained features, and return a classifier.

    Each training photo passes through the network three times, once for each of three random
    crops. The 40 epochs need only the features. The result is good enough to try things out;
    `logoflow.fit` trains a more accurate classifier.

    Parameters
    ----------
    root : Path or str
        Folder that `logoflow.prepare_root` or `logoflow.prepare_datasets` prepared.
    backbone : str
        Pretrained network, see `logoflow.finetune_net`.
    image_size : int
        Side of the square input of the network, in pixels.
    num_workers : int
        Number of worker processes that decode photos. 0 decodes in the main process.
    ctx : Context or sequence of Context, optional
        Devices. By default, the choice of `logoflow.default_ctx`.
    seed : int
        Seed of the initial weights, the crops and the order of the photos.

    Returns
    -------
    LogoClassifier
        With the output layer of the best epoch on the validation photos. It is not calibrated:
        the likeliest class is the answer.

    Raises
    ------
    NotPreparedError
        If `root` is not a prepared data set.
    ValueError
        If a value is out of range. Nothing has started then.
    WeightsError
        If the pretrained weights cannot be found or fetched.

    Examples
    --------
    >>> import logoflow as lf
    >>> sample = lf.make_sample("photos", brands=2, train=2, val=1, test=1, no_logo=2)
    >>> root = lf.prepare_root("flickrlogos32", sample, output_dir="root")
    >>> classifier = fit_head(root, image_size=64)
    >>> classifier.classes
    ('adidas', 'aldi', 'no-logo')
    """
    root, ctx = prepared_root(root), checked_devices(ctx)
    image_size = whole_number("image_size", image_size, least=1)
    checked_architecture([backbone], image_size)
    seed = whole_number("seed", seed, least=0)
    num_workers = whole_number("num_workers", num_workers, least=0)
    classes = read_classes(root)
    mx.random.seed(seed)
    net = finetune_net(len(classes), backbone, ctx=ctx)
    net.hybridize()
    loaders = make_loaders(
        root, "logoflow", BATCH_SIZE, num_workers, net=net, image_size=image_size
    )
    with tempfile.TemporaryDirectory() as folder:
        history = train_head(
            net,
            ctx,
            loaders.train,
            loaders.val,
            None,
            BATCH_SIZE,
            NUM_EPOCHS,
            Path(folder) / "head",
            crops=CROPS,
            learning_rate=LEARNING_RATE,
            recipe=get_recipe("article", optimizer="adam"),
            seed=seed,
            quiet=True,
        )
        history.load_best(net.output)
    return LogoClassifier(net, classes, loaders.preprocessing)
