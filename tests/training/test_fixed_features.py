import mxnet as mx
import numpy as np
import pytest

from logoflow.loading.loaders import make_loaders
from logoflow.models.finetune import finetune_net
from logoflow.training.fixed_features import MAX_FILES_PER_SPLIT, cached_features, train_head


@pytest.fixture
def net():
    mx.random.seed(2)
    return finetune_net(3, "efficientnet_lite0", ctx=mx.cpu())


@pytest.fixture
def root(small_root, tmp_path):
    """The small root with a cache of its own."""
    for path in small_root.iterdir():
        if path.name != ".cache":
            (tmp_path / path.name).symlink_to(path)
    return tmp_path


def never():
    raise AssertionError("These were computed before.")


def fake():
    return np.ones((14, 5), np.float32), np.zeros(14, np.float32)


def test_features_are_computed_once(root, net):
    photos = make_loaders(root, "logoflow", net=net, image_size=32).photos.val
    first = cached_features(photos, net, 0, 1, fake)
    again = cached_features(photos, net, 0, 1, never)
    for before, after in zip(first, again, strict=True):
        assert np.array_equal(before, after)


@pytest.mark.slow
def test_another_seed_net_size_or_number_of_passes_is_computed_anew(root, net):
    def photos(size=32):
        return make_loaders(root, "logoflow", net=net, image_size=size).photos.val

    cached_features(photos(), net, 0, 1, fake)
    for given in ((photos(), net, 1, 1), (photos(), net, 0, 2), (photos(64), net, 0, 1)):
        with pytest.raises(AssertionError, match="computed before"):
            cached_features(*given, never)
    net.features[0].conv.weight.data()[:] *= 1.01
    with pytest.raises(AssertionError, match="computed before"):
        cached_features(photos(), net, 0, 1, never)


def test_without_a_seed_nothing_is_kept(root, net):
    photos = make_loaders(root, "logoflow", net=net, image_size=32).photos.val
    cached_features(photos, net, None, 1, fake)
    assert not list((root / ".cache").glob("features-*"))


def test_only_a_few_files_stay(root, net):
    photos = make_loaders(root, "logoflow", net=net, image_size=32).photos.val
    for seed in range(MAX_FILES_PER_SPLIT + 3):
        cached_features(photos, net, seed, 1, fake)
    assert len(list((root / ".cache").glob("features-val_data-*.npz"))) == MAX_FILES_PER_SPLIT
    cached_features(photos, net, MAX_FILES_PER_SPLIT + 2, 1, never)


@pytest.mark.slow
def test_a_head_trained_on_cached_features_is_the_same(root, net, tmp_path, monkeypatch):
    heads = []
    for _ in range(2):
        mx.random.seed(3)
        net.output.initialize(mx.init.Xavier(), force_reinit=True)
        data = make_loaders(root, "logoflow", 8, net=net, image_size=32)
        where = (mx.cpu(), data.train, data.val, None, 8, 3, tmp_path / "head")
        train_head(net, *where, crops=2, seed=1, quiet=True)
        heads.append(net.output.weight.data().asnumpy())
        monkeypatch.setattr("logoflow.training.fixed_features.extract_features", lambda *_: never())
    assert np.allclose(*heads, atol=1e-4)
