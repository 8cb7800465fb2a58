"""The cells of the Gluon article, in its order and with its order of arguments."""

import mxnet as mx
import pytest
from mxnet import gluon

import logoflow as lf
from logoflow import (
    _get_batch,
    alexnet_cnn,
    classify_logo,
    evaluate_accuracy,
    finetune_net,
    get_image,
    prepare_datasets,
    show_images,
    train,
    train_augs,
    transform,
    val_test_augs,
)


def read_lines(path):
    with open(path) as file:
        return file.read().splitlines()


@pytest.mark.slow
def test_the_articles_cells_run_in_its_order(small_sample, tmp_path, capsys):
    # Read the lists, and move half of the no-logo validation photos to training.
    base_directory = str(small_sample) + "/"
    train_logos_filename = read_lines(base_directory + "trainset.relpaths.txt")
    val_logos_filename = read_lines(base_directory + "valset-logosonly.relpaths.txt")
    val_nonlogos_filename = read_lines(base_directory + "valset-nologos.relpaths.txt")
    test_filename = read_lines(base_directory + "testset.relpaths.txt")
    half = len(val_nonlogos_filename) // 2
    train_filename = train_logos_filename + val_nonlogos_filename[:half]
    val_filename = val_logos_filename + val_nonlogos_filename[half:]
    assert (len(train_filename), len(val_filename), len(test_filename)) == (14, 14, 14)

    prepare_datasets(base_directory, train_filename, "train_data")
    prepare_datasets(base_directory, val_filename, "val_data")
    prepare_datasets(base_directory, test_filename, "test_data")

    # Make data sets and loaders with the article's augmentation.
    train_imgs, val_imgs, test_imgs = (
        gluon.data.vision.ImageFolderDataset(
            base_directory + name, transform=lambda X, y, augs=augs: transform(X, y, augs)
        )
        for name, augs in (
            ("train_data", train_augs),
            ("val_data", val_test_augs),
            ("test_data", val_test_augs),
        )
    )
    assert train_imgs.synsets == val_imgs.synsets == list(lf.read_classes(base_directory))
    batch_size = 5
    train_data = gluon.data.DataLoader(train_imgs, batch_size, shuffle=True)
    val_data = gluon.data.DataLoader(val_imgs, batch_size)
    test_data = gluon.data.DataLoader(test_imgs, batch_size)
    for data, _ in train_data:
        show_images(data.transpose((0, 2, 3, 1)).clip(0, 255) / 255, 1, 5)
        break

    # Train the CNN. The article's learning rate of 0.01 diverges here (notebook 02).
    num_outputs = len(train_imgs.synsets)
    ctx = [mx.cpu()]
    mx.random.seed(42)
    net = alexnet_cnn(num_outputs)
    net.collect_params().initialize(mx.init.Xavier(magnitude=2.24), ctx=ctx)
    prefix = str(tmp_path / "cnn")
    train(
        net, ctx, train_data, val_data, test_data, batch_size, num_epochs=1, model_prefix=prefix,
        learning_rate=0.0001,
    )  # fmt: skip

    # Fine-tune a pretrained network with a new output layer.
    net = finetune_net(num_outputs, "efficientnet_lite0")
    prefix = str(tmp_path / "ft")
    history = train(
        net, ctx, train_data, val_data, test_data, batch_size, num_epochs=2, model_prefix=prefix,
        hybridize=True, learning_rate=0.001, wd=0.001,
    )  # fmt: skip
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Epoch")]
    assert [line.split(".")[0] for line in lines] == ["Epoch 0", "Epoch 0", "Epoch 1"]

    # Load the best checkpoint, as the article does.
    net.collect_params().load(f"{prefix}-{history.best_epoch}.params", ctx)
    val_acc = evaluate_accuracy(val_data, net, ctx)
    assert abs(val_acc - history.best_val_acc) < 1e-6
    data, label, n = _get_batch(next(iter(test_data)), ctx)
    assert (len(data), len(label), n) == (1, 1, 5)

    # Classify a picture by URL.
    photo = sorted((small_sample / "test_data" / "adidas").iterdir())[0]
    with lf.serve_folder(photo.parent) as address:
        url = f"{address}/{photo.name}"
        assert get_image(url, show=True, allow_private=True).is_file()
        sentence = classify_logo(net, url, train_imgs.synsets, allow_private=True)
    prob, brand = sentence.removeprefix("With prob=").split(", ")
    assert 1 / num_outputs <= float(prob) <= 1
    assert brand in train_imgs.synsets
