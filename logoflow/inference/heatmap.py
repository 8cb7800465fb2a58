"""Show which parts of a photo speak for a brand."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from mxnet import autograd, nd
from mxnet.gluon import nn

from logoflow.images.decode import load_image
from logoflow.inference.identify import unlabelled_region_net
from logoflow.inference.judge_pictures import judgements_of
from logoflow.inference.known_brands import KnownBrands, simple_icons_brands
from logoflow.inference.region_grid import SCALES, grid_size
from logoflow.inference.regions import pools_features
from logoflow.labels import label_indices
from logoflow.utils.threads import network_lock

if TYPE_CHECKING:
    from logoflow.inference.classifier import LogoClassifier
    from logoflow.inference.regions import RegionNet

MAP_SCALE = max(SCALES, key=lambda scale: scale.longer_side)
"""Size at which the photo is seen. On 80 photos of FlickrLogos-27, the peak of the map lies on a
logo in .91 of them at 640 pixels, in .85 at 384 pixels, and in .88 for the mean of 3 sizes."""


def heatmap(classifier: "LogoClassifier", photo: Any, brand: str | None = None) -> np.ndarray:
    """Compute which parts of a photo speak for a brand.

    Networks that pool their features, such as `logo_lite0`, get a class activation map. It splits
    the output for a brand exactly into a part for each cell of the photo. The article's networks
    do not pool and get Grad-CAM, which estimates the parts from gradients.

    Parameters
    ----------
    classifier : LogoClassifier
    photo : picture
        A path, the bytes of a file, or an array (height, width, 3) of RGB from 0 to 255.
    brand : str, optional
        One of the classifier's classes. Default: the likeliest brand, even if the answer is
        no-logo.

    Returns
    -------
    ndarray of float32
        (height, width), 0 to 1. The part that speaks most for the brand has 1, and the half of the
        photo that speaks least has 0.

    Raises
    ------
    ImageError, OSError
        If the picture cannot be read.
    ValueError
        If there is no such class, or if the network has no convolution.

    See Also
    --------
    logoflow.plot_heatmap : Draw the map over the photo.

    References
    ----------
    Zhou et al., Learning Deep Features for Discriminative Localization, CVPR 2016.
    Selvaraju et al., Grad-CAM, ICCV 2017.

    Examples
    --------
    >>> import logoflow as lf
    >>> net = lf.finetune_net(3, "logo_lite0")
    >>> classifier = lf.LogoClassifier(net, ("bmw", "ford", "no-logo"), lf.val_test_augs)
    >>> heatmap(classifier, np.full((300, 400, 3), 90, np.uint8)).shape
    (300, 400)
    """
    image = load_image(photo)
    label = likeliest_brand(classifier, image) if brand is None else _label(classifier, brand)
    with network_lock:
        if pools_features(classifier.net):
            cells = activation_map(classifier, image, label)
        else:
            cells = grad_cam(classifier, image, label)
    height, width = image.shape[:2]
    return _to_unit_range(cv2.resize(cells, (width, height), interpolation=cv2.INTER_CUBIC))


def peak_is_inside(heat: np.ndarray, boxes: Sequence[Sequence[float]]) -> bool:
    """Tell whether a heat map is hottest on a logo: the pointing game.

    Parameters
    ----------
    heat : ndarray
        (height, width), see `heatmap`.
    boxes : sequence of (x, y, width, height)
        Boxes around the logos of the brand, in pixels.

    Returns
    -------
    bool

    References
    ----------
    Zhang et al., Top-Down Neural Attention by Excitation Backprop, ECCV 2016.

    Examples
    --------
    >>> heat = np.zeros((60, 80), np.float32)
    >>> heat[30, 20] = 1
    >>> peak_is_inside(heat, [(10, 20, 30, 30)]), peak_is_inside(heat, [(50, 20, 30, 30)])
    (True, False)
    """
    y, x = np.unravel_index(heat.argmax(), heat.shape)
    return any(
        left <= x <= left + width and top <= y <= top + height for left, top, width, height in boxes
    )


def identified_heatmap(photo: Any, brand: str, brands: KnownBrands | None = None) -> np.ndarray:
    """Compute which parts of a photo are like the artwork of a brand (`logoflow.identify`).

    Parameters
    ----------
    photo : picture
        See `heatmap`.
    brand : str
        One of the known brands.
    brands : KnownBrands, optional
        By default those of Simple Icons.

    Returns
    -------
    ndarray of float32
        (height, width), 0 to 1.

    Examples
    --------
    >>> identified_heatmap(np.full((300, 400, 3), 90, np.uint8), "Ford").shape
    (300, 400)
    """
    known, image = brands or simple_icons_brands(), load_image(photo)
    logos = known.embeddings[known.brands == known.names.index(brand)]
    with network_lock:
        net = unlabelled_region_net()
        features = net.photo_features(image, (MAP_SCALE,))
        mapping = net.embedding_matrix()
        maps = [features.activation_maps(logo @ mapping, 0.0)[0] for logo in logos]
    height, width = image.shape[:2]
    cells = max(maps, key=np.max).reshape(grid_size(width, height, MAP_SCALE))
    return _to_unit_range(cv2.resize(cells, (width, height), interpolation=cv2.INTER_CUBIC))


def can_map(classifier: "LogoClassifier") -> bool:
    """Tell whether `heatmap` can make a map of a classifier's network.

    Examples
    --------
    >>> import logoflow as lf
    >>> net = lf.finetune_net(2, "logo_lite0")
    >>> can_map(lf.LogoClassifier(net, ("bmw", "no-logo"), lf.val_test_augs))
    True
    """
    if pools_features(classifier.net):
        return True
    try:
        _split_at_last_convolution(classifier.net)
    except ValueError:
        return False
    return True


def likeliest_brand(classifier: "LogoClassifier", image: np.ndarray) -> int:
    """Return the label of the likeliest brand of a photo.

    Parameters
    ----------
    classifier : LogoClassifier
    image : ndarray
        RGB of (height, width, 3), uint8.

    Returns
    -------
    int
    """
    (answer,) = judgements_of(classifier, [image], classifier.level)
    shares = answer.probabilities.copy()
    if classifier.no_logo is not None:
        shares[classifier.no_logo] = -1
    return int(shares.argmax())


def activation_map(classifier: "LogoClassifier", image: np.ndarray, label: int) -> np.ndarray:
    """Compute the class activation map of a label.

    Parameters
    ----------
    classifier : LogoClassifier
        Its network pools its features. The maps of an ensemble's networks are averaged.
    image : ndarray
        RGB of (height, width, 3), uint8.
    label : int

    Returns
    -------
    ndarray of float32
        (rows, columns) of cells of 32 x 32 pixels, when the photo is 640 pixels long. The mean of
        the map is the output of the network for this photo.
    """
    height, width = image.shape[:2]
    maps = [_map_of_net(net, image, label) for net in classifier.nets_for_regions()]
    return np.mean(maps, axis=0).reshape(grid_size(width, height, MAP_SCALE))


def _map_of_net(net: "RegionNet", image: np.ndarray, label: int) -> np.ndarray:
    weight, bias = net.output_row(label)
    return net.photo_features(image, (MAP_SCALE,)).activation_maps(weight, bias)[0]


def grad_cam(classifier: "LogoClassifier", image: np.ndarray, label: int) -> np.ndarray:
    """Compute the Grad-CAM map of a network that does not pool its features.

    Parameters
    ----------
    classifier : LogoClassifier
        Its network is a sequence of layers, such as `lenet5`.
    image : ndarray
        RGB of (height, width, 3), uint8.
    label : int

    Returns
    -------
    ndarray of float32
        (rows, columns) of the last convolution, at least 0.

    Raises
    ------
    ValueError
        If the network has no convolution, or is no sequence of layers.
    """
    before, after = _split_at_last_convolution(classifier.net)
    features = classifier.preprocess(image).expand_dims(0).as_in_context(classifier.ctx)
    for layer in before:
        features = layer(features)
    features.attach_grad()
    with autograd.record(train_mode=False):
        output = features
        for layer in after:
            output = layer(output)
        output = output[0, label]
    output.backward()
    weights = nd.mean(features.grad, axis=(2, 3), keepdims=True)
    return nd.relu(nd.sum(weights * features, axis=1))[0].asnumpy()


def _split_at_last_convolution(net: Any) -> tuple[list, list]:
    """Split a sequence of layers behind its last convolution."""
    layers = list(net) if isinstance(net, nn.HybridSequential) else []
    convolutions = [i for i, layer in enumerate(layers) if isinstance(layer, nn.Conv2D)]
    if not convolutions:
        raise ValueError(
            "A heat map needs a network that pools its features, or a sequence of layers with "
            f"convolutions. {type(net).__name__} is neither."
        )
    return layers[: convolutions[-1] + 1], layers[convolutions[-1] + 1 :]


def _label(classifier: "LogoClassifier", brand: str) -> int:
    return int(label_indices([brand], classifier.classes)[0])


def _to_unit_range(heat: np.ndarray) -> np.ndarray:
    middle, highest = float(np.median(heat)), float(heat.max())
    if highest - middle < 1e-9:
        return np.zeros(heat.shape, np.float32)
    return ((heat - middle) / (highest - middle)).clip(0, 1).astype(np.float32)
