"""A trained network with its classes, its preprocessing and its decisions, saved as one folder."""

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mxnet as mx
import numpy as np
import pandas as pd
from mxnet import gluon, nd

from logoflow.datasets.class_list import check_classes
from logoflow.errors import ClassifierError
from logoflow.images.decode import load_image
from logoflow.inference.answers import answers_table
from logoflow.inference.collect_evidence import check_can_score, check_matcher, collect_evidence
from logoflow.inference.decision import Decision
from logoflow.inference.decisions_json import decisions_from_json, decisions_to_json
from logoflow.inference.describe import description
from logoflow.inference.former_views import refuse_views
from logoflow.inference.judge_pictures import judge_pictures
from logoflow.inference.levels import Level, LevelLike, as_level, as_levels
from logoflow.inference.locate import find_logos
from logoflow.inference.match_and_read import Boxes
from logoflow.inference.matching import LogoMatcher
from logoflow.inference.model_folder import files_of, read_model, write_model
from logoflow.inference.ocr import BrandNameReader
from logoflow.inference.pictures import load_in_batches, read_pictures
from logoflow.inference.prototypes import Prototypes
from logoflow.inference.regions import RegionNet, can_embed, region_nets
from logoflow.labels import no_logo_index
from logoflow.loading.augment import Augs, augs_from_json, augs_to_json, transform
from logoflow.models.build import architecture_of, check_outputs
from logoflow.models.graph import fused
from logoflow.utils.addresses import local_path, storage_address
from logoflow.utils.progress import bar
from logoflow.utils.remote import local_copy, output_folder
from logoflow.utils.threads import network_lock
from logoflow.values import whole_number

if TYPE_CHECKING:
    from logoflow.datasets.composing.artwork import Source


class LogoClassifier:
    """A network with its class list, its preprocessing, its decisions and its training record.

    `logoflow.fit` trains one, and `load` reads one that was saved.

    Parameters
    ----------
    net : Block
        Returns logits of shape (batch, classes).
    classes : sequence of str
        Names in label order.
    augs : list
        The validation augmentation that the network was measured with
        (`logoflow.loading.augment.make_augs`).
    metadata : dict, optional
        What a reader of the model should know: data set, recipe, accuracy. Anything that JSON
        can hold.
    ctx : Context, optional
        Device. By default, the device that the network is on.
    decisions : dict, optional
        From a `Level` to the `Decision` that `calibrate` fitted for it
        (`logoflow.inference.decision`). Without any decision, the likeliest class is the answer.
    level : Level or str
        How closely `predict` looks at photos by default.
    matcher : LogoMatcher, optional
        Knows the logos of the training photos. Levels with `match_logos` need it.
    prototypes : Prototypes, optional
        Regions of the training photos, which the levels ``"grid"`` and ``"regions"`` compare
        photos with. The network needs an embedding (the backbone ``"logo_lite0"``).

    Raises
    ------
    ClassListError
        If the network does not have one output per class.
    ValueError
        If there is no such level, or it needs a matcher, or prototypes need another network.

    Examples
    --------
    >>> import logoflow as lf
    >>> net = lf.lenet5(2)
    >>> net.initialize()
    >>> classifier = LogoClassifier(net, ("bmw", "no-logo"), lf.val_test_augs)
    >>> classifier.predict(np.full((300, 300, 3), 90, np.uint8)).columns.tolist()
    ['path', 'brand', 'probability', 'top_k', 'reason']
    """

    @refuse_views("level")
    def __init__(
        self,
        net: gluon.Block,
        classes: Sequence[str],
        augs: Augs,
        metadata: dict | None = None,
        *,
        ctx: mx.Context | None = None,
        decisions: Mapping[Level, Decision] | None = None,
        level: LevelLike = "whole",
        matcher: LogoMatcher | None = None,
        prototypes: Prototypes | None = None,
    ):
        self.net, self.classes, self.augs = net, tuple(classes), list(augs)
        self.metadata, self.decisions = dict(metadata or {}), dict(decisions or {})
        self.no_logo, self.matcher = no_logo_index(self.classes), matcher
        self.prototypes = prototypes
        self.reader = BrandNameReader(self.classes)
        self.level = as_level(level)
        self._fused: Any = None  # compiled for the first batch
        self._region_nets: list[RegionNet] | None = None
        check_matcher(self.level, matcher)
        if prototypes is not None and not can_embed(net):
            raise ValueError(
                f"{type(net).__name__} has no embedding to compare prototypes by: use the backbone "
                '"logo_lite0", or leave prototypes out.'
            )
        check_outputs(net, self.classes)
        devices = next(iter(net.collect_params().values())).list_ctx()
        if ctx is not None and ctx not in devices:
            net.collect_params().reset_ctx(ctx)
        self.ctx = ctx or devices[0]

    @classmethod
    def load(cls, folder: Path | str, *, ctx: mx.Context | None = None) -> "LogoClassifier":
        """Read a model that `save` wrote, in this version of logoflow or an earlier one.

        Parameters
        ----------
        folder : Path or str
            The folder of the model, or its address, such as ``s3://bucket/model``.
        ctx : Context, optional
            Device. By default, the CPU.

        Returns
        -------
        LogoClassifier

        Raises
        ------
        FileNotFoundError
            If the folder holds no model.
        ClassifierError
            If its files are not those that were saved together, or do not have the form that
            `save` writes.

        Examples
        --------
        >>> import logoflow as lf
        >>> lf.LogoClassifier.load("my-model").classes
        ('bmw', 'ford', 'no-logo')
        """
        ctx = ctx or mx.cpu()
        with local_copy(folder) as read_folder:
            stored, net, logos, prototypes = read_model(read_folder, ctx)
        try:
            return cls(
                net,
                stored["classes"],
                augs_from_json(stored["preprocessing"]),
                stored["metadata"],
                ctx=ctx,
                decisions=decisions_from_json(stored["decisions"]),
                level=stored["level"],
                matcher=LogoMatcher(logos) if logos else None,
                prototypes=prototypes,
            )
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            raise ClassifierError(
                f"{folder} is not as LogoClassifier.save wrote it, so get it again: {error}"
            ) from error

    @refuse_views("level")
    def predict(
        self,
        images: object,
        *,
        level: LevelLike | None = None,
        match_logos: bool | None = None,
        read_names: bool | None = None,
        batch_size: int = 32,
        top_k: int = 3,
        on_error: str = "raise",
    ) -> pd.DataFrame:
        """Classify pictures.

        Parameters
        ----------
        images : picture or iterable of pictures
            Each a path, the bytes of a file, a file open for reading bytes, a PIL picture, or an
            array (height, width, 3) of RGB from 0 to 255. A path may name a folder, which stands
            for all pictures below it, or be a pattern such as ``"photos/*.png"``. An array
            (pictures, height, width, 3) is a batch.
        level : Level or str, optional
            How closely to look (`logoflow.Level`): for example ``"whole"``, ``"regions"``,
            ``"more-windows"``, ``"auto"`` or ``"regions, read_names"``. By default, the
            classifier's own level.
        match_logos, read_names : bool, optional
            Switch the comparison with known logos, or the reading of brand names, on or off. By
            default, `level` says which are on.
        batch_size : int
            Windows per pass through the network, and pictures in memory at once. Memory does not
            grow with the number of pictures.
        top_k : int
            Number of the likeliest classes to list.
        on_error : {"raise", "row"}
            Whether a picture that cannot be read raises its error, or gets a row that says why.

        Returns
        -------
        DataFrame
            A row per picture. ``path`` is where it was read from, or None. ``brand`` is the answer,
            ``"no-logo"`` if no brand is named, and ``probability`` is its probability, 0 to 1.
            ``top_k`` is a list of ``(brand, probability)``; it may begin with another brand.
            ``reason`` is None, or why no brand is named: ``"no logo"``, ``"unknown brand"`` (the
            photo probably shows the logo of a brand that the classifier does not know) or
            ``"two brands"`` (both are about equally probable). ``on_error="row"`` adds two columns:
            ``status`` is ``"ok"`` or the kind of error, and ``error`` is None or its message.

        Raises
        ------
        ImageError
            If a picture cannot be decoded. The message names the picture.
        FileNotFoundError
            If there is no such file, a folder has no pictures, or no file matches a pattern.
        TypeError
            If `images` holds no pictures.
        ValueError
            If an argument is wrong, or the classifier cannot answer at this level: it lacks the
            matcher that the level needs, or it has decisions, but none for this level.

        Examples
        --------
        >>> import logoflow as lf
        >>> classifier = lf.LogoClassifier.load("my-model")
        >>> answers = classifier.predict(["photo.jpg", "photo.jpg"], level="few-windows")
        >>> len(answers), [len(row) for row in answers.top_k]
        (2, [3, 3])
        """
        batch_size = whole_number("batch_size", batch_size, least=1)
        top_k = whole_number("top_k", top_k, least=1)
        level = as_level(level, match_logos, read_names, default=self.level)
        judged = judge_pictures(self, images, level, batch_size, on_error)
        return answers_table(judged, self.classes, self.no_logo, top_k, on_error == "row")

    @refuse_views("level")
    def scores(
        self,
        images: object,
        *,
        level: LevelLike | None = None,
        match_logos: bool | None = None,
        read_names: bool | None = None,
        batch_size: int = 32,
    ) -> np.ndarray:
        """Score pictures, before any decision.

        Parameters
        ----------
        images : picture or iterable of pictures
        level : Level or str, optional
        match_logos, read_names : bool, optional
        batch_size : int
            See `predict`.

        Returns
        -------
        ndarray
            (pictures, classes), log-scores (`logoflow.inference.pooling.pool_logits`).

        Raises
        ------
        ImageError, FileNotFoundError, TypeError, ValueError
            See `predict`.

        Examples
        --------
        >>> import logoflow as lf
        >>> classifier = lf.LogoClassifier.load("my-model")
        >>> classifier.scores("photo.jpg").shape
        (1, 3)
        """
        batch_size = whole_number("batch_size", batch_size, least=1)
        level = as_level(level, match_logos, read_names, default=self.level)
        check_can_score([level], self.matcher)
        rows = [np.zeros((0, len(self.classes)))]
        for batch in load_in_batches(bar(read_pictures(images), "pictures"), batch_size):
            pixels = [loaded.pixels for loaded in batch]
            with network_lock:
                evidence = collect_evidence(self, pixels, [level], batch_size)
                rows += [photo.scores(level, self.no_logo) for photo in evidence]
        return np.concatenate(rows)

    def locate(self, photo: Any, *, level: LevelLike | None = None) -> pd.DataFrame:
        """Find the logos of a photo. Several logos, of one brand or of several, get a box each.

        Parameters
        ----------
        photo : picture
            A path, the bytes of a file, or an array (height, width, 3) of RGB from 0 to 255.
        level : Level or str, optional
            ``"grid"``, ``"regions"`` or ``"more-regions"``. Default: the classifier's level, or
            else the first of these levels that has a decision.

        Returns
        -------
        DataFrame
            A row per logo, the clearest first; none if `predict` names no brand. ``brand`` and
            ``probability`` (0 to 1) are the answer for the part of the photo that shows none of the
            logos above. ``x``, ``y``, ``width`` and ``height`` are the box in pixels.

        Raises
        ------
        ImageError, OSError
            If the picture cannot be read.
        ValueError
            If no level scores regions, or the network does not pool its features.

        Examples
        --------
        >>> import logoflow as lf
        >>> classifier = lf.LogoClassifier.load("my-model")
        >>> classifier.locate("photo.jpg").columns.tolist()
        ['brand', 'probability', 'x', 'y', 'width', 'height']
        """
        found = find_logos(self, photo, level)
        rows = [[self.classes[logo.label], logo.probability, *logo.box] for logo in found]
        return pd.DataFrame(rows, columns=["brand", "probability", "x", "y", "width", "height"])

    @refuse_views("levels")
    def calibrate(
        self,
        images: Iterable,
        truth: Sequence[int | str],
        *,
        levels: Sequence[LevelLike] = ("whole",),
        false_positive_rate: float = 0.02,
        unknown_acceptance_rate: float | None = 0.1,
        boxes: Sequence[Boxes] | None = None,
    ) -> None:
        """Fit and keep a decision for each level. The last level becomes the default.

        Parameters
        ----------
        images : iterable of pictures
            Validation photos, see `predict`. They pass through the network once.
        truth : sequence of int or str
            (photos,), labels or class names.
        levels : sequence of Level or str
            At least one level, or its text form. ``"auto"`` takes the level before it for its first
            look, and the classifier's level if there is none.
        false_positive_rate : float
            Share of the no-logo photos that may be given a brand, above 0 and below 1.
        unknown_acceptance_rate : float or None
            Share of the photos of unknown brands that may be given a brand, above 0 and below 1.
            Photos of each known brand serve as such photos, scored without their brand. With None,
            or with fewer than three brands, there is no test for unknown brands.
        boxes : sequence of sequence of (x, y, width, height), optional
            (photos,), boxes around the logos of each photo, in pixels. Windows without a logo
            then count as further no-logo photos (`logoflow.inference.backgrounds`).

        Raises
        ------
        ValueError
            If there is no such class name or level, or if no decision can be fitted to these
            photos (`logoflow.inference.calibration.fit_decision`).

        Warns
        -----
        UserWarning
            If there are no no-logo photos, or too few for the rate.

        Examples
        --------
        >>> import logoflow as lf
        >>> classifier = lf.LogoClassifier.load("my-model")
        >>> truth = ["bmw", "ford", "no-logo", "no-logo"]
        >>> classifier.calibrate(["photo.jpg"] * 4, truth, false_positive_rate=0.5)
        >>> classifier.decisions[Level("whole")].no_logo_photos
        2
        """
        from logoflow.inference.calibrate_levels import calibrate_levels  # imports scikit-learn

        requested_levels = as_levels(levels)
        fitted = calibrate_levels(
            self,
            images,
            truth,
            requested_levels,
            false_positive_rate,
            unknown_acceptance_rate,
            boxes,
        )
        self.decisions |= fitted
        self.level = requested_levels[-1]

    def add_brand(
        self,
        name: str,
        *,
        artwork: "Sequence[Source]" = (),
        photos: Sequence[str | Path | bytes | np.ndarray] = (),
        seed: int = 0,
    ) -> None:
        """Teach the classifier one more brand, in seconds, without the photos it was trained on.

        Parameters
        ----------
        name : str
            Name of the brand. It becomes the last class.
        artwork : sequence of path, bytes, ndarray or Artwork
            Logos of the brand as SVG files or pictures
            (`logoflow.datasets.composing.artwork.read_artwork`). Give all its variants, such as
            emblem and wordmark.
        photos : sequence of path, bytes or ndarray
            Photos that show the brand. Artwork helps to find the logo in them.
        seed : int
            Seed of the pictures that are composed of the artwork.

        Raises
        ------
        ValueError
            If the classifier knows the name, if there is neither artwork nor a photo, or if the
            classifier remembers no regions of its training photos. It is unchanged after any error.
        ArtworkError
            If artwork is empty, or shows one colour only.
        ImageError, OSError
            If a file is no picture, broken or missing.

        Notes
        -----
        The decisions of the levels stay as they are. To fit them anew, call `calibrate` with
        validation photos of all brands.

        Examples
        --------
        >>> import logoflow as lf
        >>> classifier = lf.LogoClassifier.load("my-model")
        >>> classifier.add_brand("acme", artwork=["acme.svg"])  # doctest: +SKIP
        """
        from logoflow.inference.new_brand import add_brand  # imports scikit-learn

        add_brand(self, name, artwork=artwork, photos=photos, seed=seed)
        self._use_new_classes()

    def remove_brand(self, name: str) -> None:
        """Remove a brand.

        Parameters
        ----------
        name : str

        Raises
        ------
        ValueError
            If there is no such brand, if fewer than two classes would be left, if the classifier
            has a matcher, or if the network has no `output`, like the article's networks.

        Examples
        --------
        >>> import logoflow as lf
        >>> classifier = lf.LogoClassifier.load("my-model")
        >>> classifier.remove_brand("ford")
        >>> classifier.classes
        ('bmw', 'no-logo')
        """
        from logoflow.inference.new_brand import remove_brand

        remove_brand(self, name)
        self._use_new_classes()

    def _use_new_classes(self) -> None:
        """Drop what was compiled or derived for an earlier class list and output layer."""
        self.no_logo, self.reader = no_logo_index(self.classes), BrandNameReader(self.classes)
        self._fused = self._region_nets = None

    def save(self, folder: Path | str) -> Path:
        """Write the model to a folder: weights, what it remembers, and one readable JSON file.

        Parameters
        ----------
        folder : Path or str
            It is created if it does not exist. A model that was there before is replaced. It may
            be an address of fsspec, such as ``s3://bucket/model``.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        ValueError, TypeError
            If `logoflow` cannot build the network again, or JSON cannot hold `metadata`. A model
            that was in the folder is then unchanged.

        Examples
        --------
        >>> import logoflow as lf
        >>> classifier = lf.LogoClassifier.load("my-model")
        >>> sorted(path.name for path in classifier.save("copy").iterdir())
        ['classifier.json', 'model-....params']
        """
        stored = {
            "architecture": architecture_of(self.net),
            "classes": list(self.classes),
            "preprocessing": augs_to_json(self.augs),
            "metadata": self.metadata,
            "level": str(self.level),
            "decisions": decisions_to_json(self.decisions),
        }
        logos = self.matcher.index if self.matcher else None
        with output_folder(folder) as written:
            write_model(written, stored, self.net, logos, self.prototypes)
        return local_path(folder) if storage_address(folder) is None else Path(folder)

    def check_classes(self, classes: Sequence[str]) -> None:
        """Raise an error unless a class list is this model's, order included.

        Parameters
        ----------
        classes : sequence of str
            The class list of a data set, in label order.

        Raises
        ------
        ClassListError
            If the lists differ. The message names the difference.

        Examples
        --------
        >>> import logoflow as lf
        >>> classifier = lf.LogoClassifier.load("my-model")
        >>> classifier.check_classes(("bmw", "ford", "no-logo"))
        """
        check_classes(classes, self.classes, "the data set")

    def preprocess(self, image: Any) -> nd.NDArray:
        """Preprocess a picture as in validation.

        Parameters
        ----------
        image : picture
            See `predict`.

        Returns
        -------
        NDArray
            (3, height, width), float32, on the CPU.

        Examples
        --------
        >>> import logoflow as lf
        >>> classifier = lf.LogoClassifier.load("my-model")
        >>> classifier.preprocess("photo.jpg").shape
        (3, 224, 224)
        """
        return transform(load_image(image), -1, self.augs)[0]

    def logits(self, images: Sequence) -> np.ndarray:
        """Compute the logits of pictures or windows, (images, classes), in one pass."""
        data = nd.stack(*[self.preprocess(image) for image in images]).as_in_context(self.ctx)
        with network_lock:
            if self._fused is None:
                self._fused = fused(self.net, data)
            return self._fused(data).asnumpy()

    def nets_for_regions(self) -> list[RegionNet]:
        """Return the network, or those of an ensemble, as networks that score regions.

        They are made once. A network that does not pool its features raises a ValueError.
        """
        if self._region_nets is None:
            self._region_nets = region_nets(self.net, self.augs)
        return self._region_nets

    def __reduce__(self) -> tuple:
        """Pickle the model as its files. Unpickling uses a GPU if there is one."""
        return _from_files, (files_of(self),)

    def __repr__(self) -> str:
        return description(self)


def _from_files(files: dict[str, bytes]) -> LogoClassifier:
    """Unpickle a model."""
    int8 = any(name.startswith("graph-") for name in files)  # INT8 graphs run on CPUs only
    ctx = mx.gpu() if mx.context.num_gpus() and not int8 else mx.cpu()
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content)
        return LogoClassifier.load(folder, ctx=ctx)
