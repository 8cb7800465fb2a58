import multiprocessing
import shutil

import cv2
import numpy as np
import pytest

from logoflow.errors import ImageError
from logoflow.images.decode import read_image
from logoflow.loading import photo_cache
from logoflow.loading.photo_cache import cache_photos, read_photo


@pytest.fixture
def paths(tmp_path):
    """Four photos of several shapes, JPEG and PNG."""
    rng, files = np.random.default_rng(0), []
    for number, (height, width) in enumerate([(90, 160), (400, 300), (61, 61), (700, 1000)]):
        image = cv2.resize(rng.integers(0, 255, (9, 9, 3), dtype=np.uint8), (width, height))
        files.append(str(tmp_path / f"{number}.{'png' if number == 2 else 'jpg'}"))
        cv2.imwrite(files[-1], image)
    return files


@pytest.mark.parametrize("max_short_side", [None, 64, 100])
def test_cached_photos_equal_photos_read_from_their_files(paths, tmp_path, max_short_side):
    cached = cache_photos(paths, tmp_path / "cache", "train", max_short_side)
    assert len(cached) == len(paths)
    for path in paths:
        photo, scale = cached.read(path)
        expected, expected_scale = read_photo(path, max_short_side)
        assert np.array_equal(photo, expected)
        assert scale == expected_scale
    with pytest.raises(ValueError, match="read-only"):
        photo[0] = 0


def test_a_photo_is_shrunk_but_never_enlarged(paths):
    for path in paths:
        original, photo = read_image(path), read_photo(path, 100)[0]
        assert min(photo.shape[:2]) == min(100, *original.shape[:2])
        assert photo.shape[0] / photo.shape[1] == pytest.approx(
            original.shape[0] / original.shape[1], rel=0.02
        )
    plain = cv2.resize(original, photo.shape[1::-1], interpolation=cv2.INTER_AREA).astype(int)
    assert np.abs(photo - plain).mean() < 2, "scaled JPEG decoding differs little"


def test_the_file_is_written_once_and_again_after_a_change(paths, tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    cache_photos(paths, folder, "train")
    (first_file,) = folder.glob("*.photos")
    with monkeypatch.context() as patch:
        patch.setattr(photo_cache, "_write_cache", None)
        cache_photos(paths, folder, "train")
    cv2.imwrite(paths[0], np.full((50, 50, 3), 7, np.uint8))
    again = cache_photos(paths, folder, "train")
    assert again.read(paths[0])[0].shape == (50, 50, 3)
    assert len(cache_photos(paths[1:], folder, "train")) == 3
    assert not first_file.exists()
    assert len(list(folder.glob("train-*.photos"))) == 1
    cache_photos(paths, folder, "train", 64)
    cache_photos(paths, folder, "val")
    assert len(list(folder.glob("*.photos"))) == 3


def test_a_broken_photo_leaves_no_file(paths, tmp_path):
    with open(paths[1], "r+b") as file:
        file.truncate(2000)
    with pytest.raises(ImageError, match=r"1\.jpg"):
        cache_photos(paths, tmp_path / "cache", "train")
    assert not list((tmp_path / "cache").glob("*photos*"))


def test_a_full_disk_is_a_warning_and_photos_are_not_cached(paths, tmp_path, monkeypatch):
    full = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(photo_cache.shutil, "disk_usage", lambda _: full)
    with pytest.warns(UserWarning, match="0.0 GB free. The photos are decoded in every epoch"):
        assert cache_photos(paths, tmp_path / "cache", "train") is None
    assert not list((tmp_path / "cache").glob("*photos*"))
    with pytest.warns(UserWarning, match="Make room"):
        read = photo_cache.photo_reader(paths, tmp_path / "cache", "train")
    assert np.array_equal(read(paths[0])[0], read_image(paths[0]))


def test_too_many_photos_are_not_cached(paths, tmp_path, monkeypatch):
    monkeypatch.setattr(photo_cache, "MAX_CACHE_BYTES", 10_000)
    assert cache_photos(paths, tmp_path / "cache", "train") is None


def _sum_of(arguments):
    paths, folder, name = arguments
    cached = cache_photos(paths, folder, name)
    return int(sum(cached.read(path)[0].sum() for path in paths))


def test_processes_that_write_at_once_get_the_same_photos(paths, tmp_path):
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        sums = pool.map(_sum_of, [(paths, str(tmp_path / "cache"), "train")] * 2)
    assert sums == [sum(int(read_image(path).sum()) for path in paths)] * 2
    assert len(list((tmp_path / "cache").glob("*.photos"))) == 1


@pytest.mark.parametrize("damage", ["cut", "empty", "header", "longer"])
def test_a_damaged_cache_is_named_and_written_again(paths, tmp_path, damage):
    folder = tmp_path / "cache"
    cache_photos(paths, folder, "train")
    (file,) = folder.glob("*.photos")
    content = file.read_bytes()
    changed = {
        "cut": content[:-1],
        "empty": b"",
        "header": content[:9] + b"\xff" + content[10:],
        "longer": content + b"\0",
    }
    file.write_bytes(changed[damage])
    with pytest.warns(UserWarning, match=rf"{file.name}.* decoded again"):
        cached = cache_photos(paths, folder, "train")
    assert np.array_equal(cached.read(paths[0])[0], read_photo(paths[0])[0])
    assert file.read_bytes() == content


def test_flipped_bits_of_pixels_are_noticed_and_the_photo_is_decoded(paths, tmp_path):
    cache_photos(paths, tmp_path / "cache", "train")
    (file,) = (tmp_path / "cache").glob("*.photos")
    content = bytearray(file.read_bytes())
    content[-5] ^= 16  # of the last photo
    file.write_bytes(content)
    cached = cache_photos(paths, tmp_path / "cache", "train")
    with pytest.warns(UserWarning, match="is damaged"):
        photo, _ = cached.read(paths[3])
    assert np.array_equal(photo, read_photo(paths[3])[0])
