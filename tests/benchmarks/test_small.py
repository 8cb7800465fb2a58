"""The benchmark of few photos per brand, on made-up photos and results."""

import importlib
import json
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from logoflow.datasets.splits import Photo
from logoflow.labels import NO_LOGO

pytestmark = pytest.mark.slow

HERE = Path(__file__).resolve().parents[2] / "benchmarks"
MODULES = (
    "backbones",
    "small",
    "small_cases",
    "small_draw",
    "small_probe",
    "small_tables",
    "walk",
    "walk_cases",
)


@pytest.fixture
def scripts(monkeypatch):
    """Import a script of benchmarks/ by its name."""
    monkeypatch.syspath_prepend(str(HERE))
    yield importlib.import_module
    for name in MODULES:
        sys.modules.pop(name, None)


def make_photo(path: Path, seed: int) -> Path:
    """Write a photo that looks different for each seed, and the same for the same seed."""
    pixels = np.random.default_rng(seed).integers(0, 255, (8, 8, 3), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), cv2.resize(pixels, (64, 48)))
    return path


@pytest.fixture
def source(scripts, tmp_path):
    """Three brands of six training photos and a query photo each, and four photos without a logo.

    The first two photos of a brand look the same; the last looks like the query photo.
    """
    looks = iter(range(1000))
    training, query = {}, {}
    for brand in ("adidas", "bmw", "ups"):
        seeds = [next(looks) for _ in range(5)]
        training[brand] = [
            make_photo(tmp_path / f"{brand}{number}.png", seed)
            for number, seed in enumerate([seeds[0], *seeds])
        ]
        query[brand] = [make_photo(tmp_path / f"{brand}-query.png", seeds[-1])]
    no_logo, no_logo_query = (
        [make_photo(tmp_path / f"{name}{number}.png", next(looks)) for number in range(4)]
        for name in ("none", "none-query")
    )
    return scripts("small_draw").Source(training, query, no_logo, no_logo_query)


def test_a_seed_always_draws_the_same_photos_and_another_seed_draws_others(scripts, source):
    small_draw = scripts("small_draw")
    first, same, other = (
        small_draw.draw(source, seed, brands=2, most=4, least=3) for seed in (1, 1, 2)
    )
    assert first == same
    assert first != other
    assert len(first.training) == 2


def test_near_duplicates_and_repeats_of_query_photos_cost_no_test_photo(scripts, source):
    small_draw = scripts("small_draw")
    for seed in range(5):
        drawn = small_draw.draw(source, seed, brands=3, most=3, least=4)
        row = small_draw.make_row(drawn, 3, False, min_test=12)
        assert len(row.train) == 9
        assert len(row.test) == 12, "three other training photos and a query photo of each brand"
        assert not {photo.path for photo in row.train} & {photo.path for photo in row.test}


def test_a_test_photo_that_repeats_a_training_photo_is_left_out(scripts, source):
    small_draw = scripts("small_draw")
    drawn = small_draw.draw(source, 0, brands=3, most=4, least=3)
    copied = source.training["bmw"][:2]
    drawn.training["bmw"][:] = [copied[0], *source.training["bmw"][2:5]]
    tested = {photo.path for photo in small_draw.make_row(drawn, 1, False, min_test=1).test}
    assert not tested & set(copied)
    assert set(source.training["bmw"][2:]) <= tested


def test_smaller_rows_train_on_a_part_of_the_photos_of_larger_rows(scripts, source):
    small_draw = scripts("small_draw")
    drawn = small_draw.draw(source, 0, brands=2, most=4, least=3)
    one, four = (small_draw.make_row(drawn, count, False, min_test=1) for count in (1, 4))
    assert set(one.train) < set(four.train)
    assert (len(one.train), len(four.train)) == (2, 8)


def test_with_no_logo_there_are_photos_to_train_and_to_test_on(scripts, source):
    small_draw = scripts("small_draw")
    drawn = small_draw.draw(source, 0, brands=2, most=4, least=3)
    without, with_no_logo = (
        small_draw.make_row(drawn, 4, no_logo, min_test=1) for no_logo in (False, True)
    )
    added = set(with_no_logo.train) - set(without.train)
    assert added == {Photo(path, NO_LOGO) for path in source.no_logo}
    assert with_no_logo.test[len(without.test) :] == [
        Photo(path, NO_LOGO) for path in source.no_logo_query
    ]
    assert without.digest != with_no_logo.digest
    assert with_no_logo.name == "4 photos, with no-logo"


def test_too_few_photos_are_an_error(scripts, source):
    small_draw = scripts("small_draw")
    with pytest.raises(ValueError, match="0 brands have 5 training photos and 15 test photos"):
        small_draw.draw(source, 0, brands=2, most=5)
    drawn = small_draw.draw(source, 0, brands=2, most=4, least=3)
    with pytest.raises(ValueError, match="it takes 150"):
        small_draw.make_row(drawn, 4, False)


def test_only_listed_photos_without_a_logo_and_no_photo_of_two_brands_are_used(scripts, tmp_path):
    names = ("1.jpg", "2.jpg", "both.jpg", "query.jpg", "none.jpg")
    data, images = tmp_path / "data", tmp_path / "data" / "flickr_logos_27_dataset_images"
    for seed, name in enumerate(names):
        make_photo(images / name, seed)
    boxes = ("1.jpg Nike", "2.jpg Puma", "both.jpg Nike", "both.jpg Puma")
    lines = "".join(f"{photo} 1 0 0 20 20\n" for photo in boxes)
    (data / "flickr_logos_27_dataset_training_set_annotation.txt").write_text(lines)
    query = "query.jpg\tNike\nnone.jpg\tnone\n"
    (data / "flickr_logos_27_dataset_query_set_annotation.txt").write_text(query)
    for seed in (10, 11, 12):
        make_photo(tmp_path / "no-logo" / f"{seed}.jpg", seed)
    listed = tmp_path / "list.json"
    listed.write_text('["10.jpg", "12.jpg"]')
    read_source = scripts("small_draw").read_source
    source = read_source(data, tmp_path / "no-logo", listed)
    assert {brand: [p.name for p in paths] for brand, paths in source.training.items()} == {
        "Nike": ["1.jpg"],
        "Puma": ["2.jpg"],
    }
    assert [path.name for path in source.no_logo] == ["10.jpg", "12.jpg"]
    assert [path.name for path in source.no_logo_query] == ["none.jpg"]
    listed.write_text('["10.jpg", "13.jpg"]')
    with pytest.raises(FileNotFoundError, match=r"for example 13\.jpg"):
        read_source(data, tmp_path / "no-logo", listed)


def test_a_photo_is_cut_into_the_whole_nine_overlapping_parts_and_the_middle(scripts):
    photo = np.zeros((40, 80, 3), np.uint8)
    photo[:20, :40] = 255
    crops = scripts("small_probe").crops_of(photo, size=16)
    assert crops.shape == (11, 16, 16, 3)
    white = (crops > 127).mean(axis=(1, 2, 3))
    assert white.round(2).tolist() == [0.25, 1, 0.5, 0, 0.5, 0.25, 0, 0, 0, 0, 0.25]


def test_a_probe_finds_the_crops_that_tell_brands_apart(scripts):
    small_probe = scripts("small_probe")
    rng = np.random.default_rng(0)
    labels = np.repeat(["adidas", "bmw", "ups"], 6)

    def features():
        noise = rng.normal(0, 0.01, (18, 11, 8))
        noise[:, :, 7] += 1  # the background, in all crops but two
        noise[:, [3, 9]] = np.eye(8)[np.repeat(np.arange(3), 6)][:, None]
        return small_probe.PhotoFeatures(noise, np.full(18, 0.5))

    answers = small_probe.probe(features(), labels, features())
    assert answers.classes == ["adidas", "bmw", "ups"]
    assert (np.array(answers.classes)[answers.probabilities.argmax(axis=1)] == labels).all()
    assert answers.probabilities.sum(axis=1) == pytest.approx(np.ones(18))
    assert answers.seconds > 9, "the time of the features counts"


def test_with_one_photo_per_brand_the_strength_is_not_chosen(scripts):
    small_probe = scripts("small_probe")
    features = np.random.default_rng(0).normal(0, 1, (3, 2, 4))
    strength = small_probe.choose_strength(features, np.array(["adidas", "bmw", "ups"]), seed=0)
    assert strength == small_probe.DEFAULT_STRENGTH


def test_features_are_computed_once(scripts, tmp_path, monkeypatch):
    small_probe = scripts("small_probe")
    photos = [make_photo(tmp_path / f"{seed}.png", seed) for seed in range(2)]
    first = small_probe.compute_features(photos, "logo_lite0", tmp_path / "features")
    assert first.features.shape == (2, 11, 1280)
    assert (first.seconds > 0).all()
    monkeypatch.delattr(small_probe, "pretrained_net")
    again = small_probe.compute_features(photos, "logo_lite0", tmp_path / "features")
    assert np.array_equal(first.features, again.features)


@pytest.fixture
def row(scripts):
    test = [Photo(Path("1.jpg"), "bmw"), Photo(Path("2.jpg"), "ups"), Photo(Path("3.jpg"), NO_LOGO)]
    train = [Photo(Path("4.jpg"), "bmw"), Photo(Path("5.jpg"), "ups")]
    return scripts("small_draw").Row(1, True, train, test)


def test_the_most_probable_brand_counts_whatever_no_logo_has(scripts, row):
    answers = {
        "classes": ["bmw", NO_LOGO, "ups"],
        "probabilities": [[0.3, 0.6, 0.1], [0.5, 0.1, 0.4], [0.1, 0.8, 0.1]],
        "seconds": 3.0,
        "answer_seconds": 1.0,
    }
    result = scripts("small").metrics_of(answers, row)
    assert result["right"] == "10"
    assert result["top1"] == 0.5
    assert result["log_loss"] == pytest.approx(-np.log([0.3, 0.4, 0.8]).mean())
    # 0.5 and 0.6 share no bin with 0.8, and only 0.8 is right.
    assert result["calibration_error"] == pytest.approx((0.5 + 0.6 + 0.2) / 3)
    assert (result["seconds"], result["photos"]) == (3.0, row.digest)


def test_a_broken_off_run_goes_on_where_it_stopped(scripts, row, tmp_path, monkeypatch, capsys):
    small = scripts("small")
    calls = []

    def answer(row, seed, versions):
        calls.append(row.name)
        if len(calls) == 2:
            raise KeyboardInterrupt
        shares = np.full((3, 3), 1 / 3)
        return {
            "classes": ["bmw", NO_LOGO, "ups"],
            "probabilities": shares,
            "seconds": len(calls),
            "answer_seconds": 0,
        }

    monkeypatch.setitem(small.METHODS, "fit", answer)
    monkeypatch.setitem(small.METHODS, "former", lambda *_: {"refused": "too few photos"})
    rows, path, versions = (
        [row, row._replace(count=5)],
        tmp_path / "s.json",
        small.Versions(tmp_path),
    )

    def measure(**again):
        small.measure_rows(rows, ["fit", "former"], 0, path, versions, **again)
        return json.loads(path.read_text())["rows"]

    with pytest.raises(KeyboardInterrupt):
        measure()
    assert list(json.loads(path.read_text())["rows"]["1 photo, with no-logo"]) == ["fit"]
    stored = measure()
    assert calls == ["1 photo, with no-logo", "5 photos, with no-logo", "5 photos, with no-logo"]
    assert [list(methods) for methods in stored.values()] == [["fit"], ["fit"]]
    assert "former: too few photos" in capsys.readouterr().out
    measure()
    assert len(calls) == 3
    assert measure(again=True)["1 photo, with no-logo"]["fit"]["seconds"] == 4
    rows[0] = row._replace(test=row.test[::-1])
    measure()
    assert len(calls) == 6, "other photos are measured again"


def results(**right):
    """Results of a row by method."""
    return {
        method: {
            "photos": "same",
            "right": digits,
            "top1": np.mean([int(digit) for digit in digits]),
            "seconds": 2.0,
            "calibration_error": 0.1,
            "log_loss": 1.0,
        }
        for method, digits in right.items()
    }


def test_differences_are_paired_over_photos_and_averaged_over_seeds(scripts):
    small_tables = scripts("small_tables")
    row = "5 photos, with no-logo"
    seeds = {
        0: {row: results(fit="1110", imagenet="1100")},
        1: {row: results(fit="11", imagenet="00")},
        2: {row: results(fit="11")},
    }
    value, low, high = small_tables.paired_difference(seeds, row, "imagenet")
    assert value == (0.25 + 1) / 2
    assert (low, high) == (0.5, 0.875), (
        "seed 1 is certain; seed 0 has one difference in four photos"
    )
    assert small_tables.paired_difference(seeds, row, "former") is None
    seeds[0][row]["imagenet"]["photos"] = "others"
    with pytest.raises(ValueError, match="different photos"):
        small_tables.paired_difference(seeds, row, "imagenet")


def test_the_page_has_each_seed_their_mean_and_the_differences(scripts, tmp_path):
    small_tables = scripts("small_tables")
    rows = [
        {
            "20 photos, without no-logo": results(fit="1111", imagenet="1111"),
            "5 photos, with no-logo": results(fit=right, imagenet="0000"),
            "5 photos, without no-logo": results(fit="1100"),
        }
        for right in ("1100", "1111")
    ]
    (tmp_path / "results").mkdir()
    for seed in (0, 1):
        path = tmp_path / "results" / f"small-seed-{seed}.json"
        path.write_text(json.dumps({"seed": seed, "rows": rows[seed]}))
    page = small_tables.write_page(tmp_path)
    assert (tmp_path / "small.md").read_text() == page
    lines = [line for line in page.splitlines() if line.startswith("|")]
    assert "| 5 photos, with no-logo | 0 | 4 | 0.500 | 0.000 |" in lines
    assert "| 5 photos, with no-logo | mean |  | 0.750 | 0.000 |" in lines
    assert "| 5 photos, without no-logo | mean |  | 0.500 |  |" in lines
    assert "| 20 photos, without no-logo | +0.000 (+0.000 to +0.000) |  |  |  |" in lines
    assert "| mean of these rows | +0.375 |  |  |  |" in lines
    order = [line.split(" | ")[0] for line in lines if " | mean | " in line]
    assert order == [
        "| 5 photos, without no-logo",
        "| 5 photos, with no-logo",
        "| 20 photos, without no-logo",
    ]


def test_fit_runs_in_a_process_of_its_own_on_a_plain_folder(scripts, tmp_path):
    small, small_draw = scripts("small"), scripts("small_draw")
    seeds = iter(range(100))
    train, test = (
        [
            Photo(make_photo(tmp_path / f"{name}-{label}-{n}.png", next(seeds)), label)
            for label in ("bmw", "ups")
            for n in range(count)
        ]
        for name, count in (("train", 5), ("test", 2))
    )
    row = small_draw.Row(5, False, train, test)
    settings = {"backbone": "lenet5", "num_epochs": 1, "image_size": 64, "levels": ["whole"]}
    answers = small.run_fit(row, 0, HERE.parent, sys.executable, **settings)
    assert answers["classes"] == ["bmw", "ups"]
    assert np.sum(answers["probabilities"], axis=1) == pytest.approx(np.ones(4))
    assert answers["prepared"] == {"train": 8, "val": 2, "test": 0}


def test_an_argument_that_fit_does_not_have_is_refused(scripts):
    small_cases = scripts("small_cases")
    small_cases.check_settings({"seed": 1})
    with pytest.raises(ValueError, match="no argument no_such"):
        small_cases.check_settings({"no_such": 1})


def test_with_one_photo_per_brand_only_no_logo_photos_are_cut_off(scripts, tmp_path):
    names = ["bmw/0.png", "ups/1.png", *(f"no-logo/{number}.png" for number in range(2, 7))]
    for seed, name in enumerate(names):
        make_photo(tmp_path / "photos" / name, seed)
    root = scripts("small_cases").prepare(str(tmp_path / "photos"), tmp_path / "root")
    prepared = sorted(path.parent.name for path in root.glob("*_data/*/*"))
    assert prepared == ["bmw", *["no-logo"] * 5, "ups"]
    assert [path.parent.name for path in root.glob("val_data/*/*")] == ["no-logo"]
