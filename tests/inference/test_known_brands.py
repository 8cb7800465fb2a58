import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

import logoflow as lf
from logoflow.datasets.composing.compose import compose_crop
from logoflow.datasets.composing.photos import compose_photo
from logoflow.datasets.composing.simple_icons import icon_of
from logoflow.errors import AddressError, ArtworkError, ClassifierError
from logoflow.inference.identify import (
    SURE_LEAD,
    SURE_SIMILARITY,
    _logo_net,
    best_brands,
    brand_similarities,
    embed_pictures,
    embed_regions,
    unlabelled_region_net,
)
from logoflow.inference.index_brands import embed_logo, index_brands
from logoflow.inference.known_brands import (
    SIMPLE_ICONS,
    KnownBrands,
    read_brands,
    simple_icons_brands,
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def three():
    return index_brands({name: [icon_of(name)] for name in ("BMW", "Ford", "Starbucks")})


def photo_of(brand, seed=1):
    return compose_photo(np.random.default_rng(seed), icon_of(brand), longest_side=400)


def test_composed_photos_are_named_and_located():
    named, is_inside = [], []
    for seed in range(4):
        photo, boxes = photo_of("Starbucks", seed)
        first = lf.identify(photo).iloc[0]
        named.append(first.brand)
        x, y, width, height = boxes[0]
        middle = first.x + first.width / 2, first.y + first.height / 2
        is_inside.append(x <= middle[0] <= x + width and y <= middle[1] <= y + height)
    assert named.count("Starbucks") >= 3
    assert sum(is_inside) >= 3


def test_a_photo_without_a_logo_gives_no_sure_answer():
    photo, _ = compose_photo(np.random.default_rng(0), None, longest_side=400)
    answers = lf.identify(photo, top_k=3)
    assert not answers.sure.any()
    assert answers.similarity.is_monotonic_decreasing
    assert answers.brand.is_unique
    assert len(answers) == 3


def test_only_the_first_brand_can_be_sure():
    photo, _ = photo_of("Ford", 2)
    answers = lf.identify(photo)
    assert not answers.sure[1:].any()
    lead = answers.similarity[0] - answers.similarity[1]
    assert answers.sure[0] == (answers.similarity[0] >= SURE_SIMILARITY and lead >= SURE_LEAD)


def test_own_brands_are_compared_with(three):
    photo, _ = photo_of("Ford")
    answers = lf.identify(photo, top_k=9, brands=three)
    assert answers.brand[0] == "Ford"
    assert set(answers.brand) == {"BMW", "Ford", "Starbucks"}


def test_a_logo_does_not_depend_on_the_logos_before_it(three):
    alone = index_brands({"BMW": [icon_of("BMW")]})
    assert np.allclose(alone.embeddings[0], three.embeddings[0], atol=1e-6)


def test_several_logos_of_a_brand_count_as_one_brand():
    brands = index_brands({"BMW": [icon_of("BMW"), *lf.wordmarks("BMW")[:1]]})
    assert brands.brands.tolist() == [0, 0]
    assert best_brands(np.array([0.1, 0.3]), brands.brands, 5) == [(1, 0.3)]


def test_the_similarity_is_the_mean_of_the_best_regions(three):
    regions = embed_regions(photo_of("BMW")[0])
    similarities = brand_similarities(regions, three)
    cosines = regions @ three.embeddings.T
    expected = np.sort(cosines, axis=0)[-3:].mean(0) - three.usual / 2
    assert np.allclose(similarities, expected, atol=1e-5)


def test_pictures_are_embedded_in_batches_as_at_once():
    rng = np.random.default_rng(0)
    pictures = np.stack([compose_crop(rng, icon_of("BMW")) for _ in range(5)])
    assert np.allclose(embed_pictures(pictures, 2), embed_pictures(pictures), atol=1e-5)


def test_brands_are_written_and_read(three, tmp_path):
    again = read_brands(three.save(tmp_path / "brands.npz"))
    assert again.names == three.names
    assert again.brands.tolist() == three.brands.tolist()
    assert np.allclose(again.embeddings, three.embeddings, atol=1e-3)
    assert np.allclose(again.usual, three.usual, atol=1e-3)


def test_paths_of_brands_and_artwork_are_expanded(three, tmp_path, monkeypatch):
    monkeypatch.setenv("DISK", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert three.save("$DISK/brands.npz") == tmp_path / "brands.npz"
    assert read_brands((tmp_path / "brands.npz").as_uri()).names == three.names
    with pytest.raises(AddressError, match="s3://bucket/brands.npz is not on this machine"):
        three.save("s3://bucket/brands.npz")
    with pytest.raises(AddressError, match="s3://bucket/brands.npz is not on this machine"):
        read_brands("s3://bucket/brands.npz")
    assert [path.name for path in tmp_path.iterdir()] == ["brands.npz"]
    Image.fromarray(icon_of("BMW").picture).save(tmp_path / "bmw.png")
    assert index_brands({"bmw": ["$DISK/bmw.png"]}).names == ("bmw",)


def test_the_first_pictures_may_come_from_several_threads_at_once():
    photo, _ = photo_of("Ford", 3)
    expected = lf.identify(photo)
    for _ in range(2):
        unlabelled_region_net.cache_clear()
        _logo_net.cache_clear()
        gate = threading.Barrier(3)

        def answers(_, gate=gate):
            gate.wait()
            return lf.identify(photo)

        with ThreadPoolExecutor(3) as pool:
            for found in pool.map(answers, range(3)):
                assert found.brand.tolist() == expected.brand.tolist()


@pytest.mark.parametrize("damage", ["cut", "text", "empty", "other arrays", "other sizes"])
def test_a_damaged_file_of_brands_is_named(three, tmp_path, damage):
    path = three.save(tmp_path / "brands.npz")
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-100])
    elif damage == "text":
        path.write_text("no arrays")
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "other arrays":
        np.savez(path, names=np.array(["acme"]))
    else:
        two = np.array([0, 7])
        KnownBrands(("acme",), np.ones((2, 3), np.float32), two, two / 9).save(path)
    with pytest.raises(ClassifierError, match=r"brands\.npz is damaged"):
        read_brands(path)


@pytest.mark.parametrize(
    ("artwork", "error", "message"),
    [
        ({}, ValueError, "at least one logo"),
        ({"acme": []}, ValueError, "at least one logo"),
        ({"acme": [np.zeros((9, 9, 4), np.uint8)]}, ArtworkError, "is empty"),
    ],
)
def test_brands_without_usable_artwork_are_an_error(artwork, error, message):
    with pytest.raises(error, match=message):
        index_brands(artwork)


def test_the_number_of_answers_is_checked():
    with pytest.raises(ValueError, match="give 1 or more"):
        lf.identify(np.zeros((64, 64, 3), np.uint8), top_k=0)


def test_the_file_in_the_package_is_the_one_that_the_command_makes():
    known = simple_icons_brands()
    assert len(known.names) > 3400
    assert len(set(known.names)) == len(known.names)
    assert SIMPLE_ICONS.stat().st_size < 6e6
    # The command seeds each brand by its title. The icon is the first logo.
    made = embed_logo(np.random.default_rng([0, *b"Starbucks"]), [icon_of("Starbucks")])
    shipped = known.embeddings[known.brands == known.names.index("Starbucks")][0]
    assert made @ shipped > 0.99
