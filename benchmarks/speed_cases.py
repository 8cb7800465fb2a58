"""The cases of speed.py. Each process runs one side of a case and prints one number as JSON.

The number is seconds, photos per second or bytes, as the docstring of the case says. The other side
is the article's way, plain MXNet, PyTorch or ONNX Runtime. Plain MXNet is imported before logoflow,
so that it uses its own number of threads.
"""

import json
import runpy
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

warnings.filterwarnings("ignore")
BATCH, SIDE = 32, 224
SECONDS = 2.0  # duration of measuring a rate


def rate_of(step: Callable[[], object], photos: int = BATCH) -> float:
    """Return photos per second of a step that is repeated."""
    for _ in range(2):
        step()
    start, steps = time.perf_counter(), 0
    while (spent := time.perf_counter() - start) < SECONDS:
        step()
        steps += 1
    return photos * steps / spent


def load(ours: bool, root: Path) -> float:
    """Return photos per second from disk to a training batch, in the second epoch."""
    if ours:
        import logoflow as lf

        loader, count = lf.make_loaders(root, "article", 40).train, 0
    else:
        loader, count = article_loaders(root)[0], 0
    for _ in loader:
        pass
    start = time.perf_counter()
    for data, _ in loader:
        data.wait_to_read()
        count += len(data)
    return count / (time.perf_counter() - start)


def article_loaders(root: Path) -> list:
    """Make the Gluon article's data sets, augmentations and loaders with MXNet alone."""
    import mxnet as mx
    import numpy as np
    from mxnet import gluon, nd

    def transform(X, y, augs):
        data = X.astype("float32")
        for aug in augs:
            data = aug(data)
        return nd.transpose(data, (2, 0, 1)), np.float32(y)

    crop = (SIDE, SIDE)
    train_augs = [mx.image.HorizontalFlipAug(0.5), mx.image.RandomCropAug(crop)]
    val_augs = [mx.image.CenterCropAug(crop)]
    loaders = []
    for split, augs in (("train", train_augs), ("val", val_augs), ("test", val_augs)):
        photos = gluon.data.vision.ImageFolderDataset(
            str(root / f"{split}_data"), transform=lambda X, y, augs=augs: transform(X, y, augs)
        )
        loaders.append(gluon.data.DataLoader(photos, 40, num_workers=1, shuffle=split == "train"))
    return loaders


def frozen_20_epochs(ours: bool, root: Path) -> float:
    """Return seconds of 20 epochs of an output layer on fixed features, from prepared folders."""
    net, ctx, prefix, lf = frozen_net(root)
    start = time.perf_counter()
    if ours:
        train_data, val_data, test_data = lf.make_loaders(root, "article", 40)
        net.hybridize()
        lf.train_head(net, ctx, train_data, val_data, test_data, 40, 20, prefix, quiet=True)
    else:
        lf.train(net, ctx, *article_loaders(root), 40, 20, prefix, True, 0.01, 0.001, quiet=True)
    return time.perf_counter() - start


def frozen_net(root: Path) -> tuple:
    import logoflow as lf

    net = lf.finetune_net(len(lf.read_classes(root)), "efficientnet_lite0")
    lf.freeze_features(net)
    lf.make_loaders, lf.train, lf.train_head  # noqa: B018 - import now, so that it is not timed
    return net, lf.default_ctx(), root / "net", lf


def finetune_epoch(ours: bool, root: Path) -> float:
    """Return seconds of the second epoch of fine-tuning."""
    import logoflow as lf

    net = lf.finetune_net(len(lf.read_classes(root)), "efficientnet_lite0")
    ctx, prefix = lf.default_ctx(), root / "net"
    if ours:
        train_data, val_data, _ = lf.make_loaders(root, "article", 40)
        data, options = (train_data, val_data, None), {"train_acc_in_passing": True}
    else:
        data, options = article_loaders(root), {}
    history = lf.train(net, ctx, *data, 40, 2, prefix, True, 0.01, 0.001, quiet=True, **options)
    return float(history.frame.seconds.iloc[1])


def predict_float(ours: bool, backbone: str) -> float:
    """Return photos per second of a network on arrays in memory."""
    import logoflow as lf  # before mxnet, unless `main` has imported mxnet for the other side
    import mxnet as mx  # isort: skip
    from logoflow.models.graph import fused

    net, data = ready_net(lf, mx, backbone)
    if ours:
        net = fused(net, data)
    else:
        net.hybridize()
    return rate_of(lambda: net(data).wait_to_read())


def ready_net(lf, mx, backbone: str) -> tuple:
    """Make a network of 1000 classes. Random weights, if pip has no others, are as fast."""
    from logoflow.models.backbones.registry import new_net, pretrained_net

    if backbone.startswith("efficientnet"):
        net = pretrained_net(backbone)
    else:
        net = new_net(backbone, 1000)
        net.initialize(mx.init.Xavier())
    data = mx.nd.random.normal(shape=(BATCH, 3, SIDE, SIDE))
    net(data[:1])
    return net, data


def classifier_of(lf, backbone: str) -> object:
    import mxnet as mx

    from logoflow.loading.augment import make_augs

    net, _ = ready_net(lf, mx, backbone)
    augs = make_augs("logoflow", backbone, image_size=SIDE)[1]
    return lf.LogoClassifier(net, [str(number) for number in range(1000)], augs)


def sample_photos(lf, count: int) -> list[Path]:
    return [path for path, _ in lf.photos_of(lf.prepare_root(), "val_data")][:count]


def predict_int8(ours: bool, backbone: str) -> float:
    """Return photos per second of the INT8 network, or of the network in plain MXNet."""
    if not ours:
        return predict_float(False, backbone)
    import logoflow as lf

    twin = lf.quantize(classifier_of(lf, backbone), sample_photos(lf, 64))
    import mxnet as mx

    data = mx.nd.random.normal(shape=(BATCH, 3, SIDE, SIDE))
    return rate_of(lambda: twin.net(data).wait_to_read())


def one_pass(level: str, folder: str) -> float:
    """Return seconds for each of 60 photos at a level, with logo_lite0 and 28 classes.

    The classifier remembers 4,000 regions, as after `fit` on photos with boxes. Levels of windows
    do not use them.
    """
    import logoflow as lf  # before NumPy: it sets the number of threads
    from logoflow.inference.prototypes import make_prototypes
    from logoflow.loading.augment import make_augs
    from logoflow.models.finetune import finetune_net

    # isort: split
    import numpy as np

    net = finetune_net(28, "logo_lite0")
    augs = make_augs("regions", net, image_size=160)[1]
    vectors = np.random.default_rng(0).normal(size=(4_000, 256)) / 16
    prototypes = make_prototypes(vectors, np.arange(4_000) % 28, 0)
    names = [str(number) for number in range(28)]
    classifier = lf.LogoClassifier(net, names, augs, prototypes=prototypes)
    photos = sorted(Path(folder).rglob("*.jpg"))[::17][:60]
    for _ in range(3):  # compiles the network for frequent sizes
        classifier.scores(photos, level=level)
    start = time.perf_counter()
    classifier.scores(photos, level=level)
    return (time.perf_counter() - start) / len(photos)


def int8_agreement(photos: str, no_logo: str) -> float:
    """Return the share of query photos with the same answer from INT8 and float networks."""
    import logoflow as lf
    from logoflow.inference.int8 import agreement

    root = lf.prepare_root("flickrlogos27", photos, no_logo_dir=no_logo)
    net = lf.fit(
        root,
        "efficientnet_lite0",
        num_epochs=3,
        levels=("whole",),
        hard_negative_rounds=1,
        quiet=True,
    )
    known, query = (
        [path for path, _ in lf.photos_of(root, split)] for split in ("val_data", "test_data")
    )
    return agreement(net, lf.quantize(net, known[::4][:64]), query)


def ort(model: str) -> float:
    """Return photos per second of ONNX Runtime on an exported network."""
    import numpy as np
    import onnxruntime

    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    data = np.random.default_rng(0).normal(size=(BATCH, 3, SIDE, SIDE)).astype(np.float32)
    return rate_of(lambda: session.run(None, {"data": data}))


def pytorch() -> float:
    """Return photos per second of EfficientNet-Lite0 in PyTorch, channels last."""
    import torch
    from efficientnet_lite_pytorch import EfficientNet

    net = EfficientNet.from_name("efficientnet-lite0").eval().to(memory_format=torch.channels_last)
    data = torch.randn(BATCH, 3, SIDE, SIDE).to(memory_format=torch.channels_last)
    with torch.inference_mode():
        return rate_of(lambda: net(data))


def memory(photos: int) -> float:
    """Return the peak memory in bytes of predicting `photos` photos."""
    import logoflow as lf
    from logoflow.loading.augment import make_augs

    net = lf.finetune_net(17, "efficientnet_lite0")
    augs = make_augs("logoflow", net, image_size=32)[1]
    classifier = lf.LogoClassifier(net, [str(number) for number in range(17)], augs)
    paths = sample_photos(lf, 50)
    classifier.predict(paths[number % len(paths)] for number in range(photos))
    return peak()


def peak() -> int:
    """Return the peak memory of this process in bytes. getrusage would include its parent's."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def importing(module: str) -> float:
    """Return seconds to import a package."""
    start = time.perf_counter()
    if module == "mxnet":
        import_mxnet_alone()
    else:
        __import__(module)
    return time.perf_counter() - start


def import_mxnet_alone() -> None:
    """Import MXNet before logoflow, so that it uses its own number of threads.

    NumPy 2 lacks names that MXNet looks up. The module that restores them runs as a script here,
    because importing it would import logoflow.
    """
    compat = Path(__file__).resolve().parents[1] / "logoflow/utils/mxnet_compat.py"
    runpy.run_path(str(compat))["restore_numpy_names"]()
    import mxnet  # noqa: F401


CASES: dict[str, Callable[..., float]] = {
    function.__name__: function
    for function in (
        load,
        frozen_20_epochs,
        finetune_epoch,
        predict_float,
        predict_int8,
        int8_agreement,
        one_pass,
        ort,
        pytorch,
        memory,
        importing,
    )
}


def main() -> None:
    name, *texts = sys.argv[1:]
    arguments = [json.loads(text) for text in texts]
    if name in ("load", "frozen_20_epochs", "finetune_epoch"):
        arguments[1] = Path(arguments[1])
    if arguments and arguments[0] is False:
        import_mxnet_alone()
    print(json.dumps(CASES[name](*arguments)))


if __name__ == "__main__":
    main()
