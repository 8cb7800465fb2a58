import io
import itertools
import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import mxnet as mx
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from logoflow.errors import ClassifierError, ClassListError, ImageError
from logoflow.images.decode import read_image
from logoflow.inference.calibration import fit_decision
from logoflow.inference.classifier import LogoClassifier
from logoflow.inference.collect_evidence import collect_evidence
from logoflow.inference.decision import Decision
from logoflow.inference.familiarity import FamiliarityTest
from logoflow.inference.index_logos import index_logos
from logoflow.inference.levels import Level
from logoflow.inference.matching import LogoMatcher
from logoflow.loading.augment import make_augs, transform
from logoflow.loading.loaders import make_loaders
from logoflow.models.article_nets import lenet5
from logoflow.training.batches import predict_labels
from logoflow.web.classify_url import classify_logo
from logoflow.web.serve_folder import serve_folder

CLASSES = ("adidas", "aldi", "no-logo")


WHOLE, FEW, WINDOWS, MORE = map(Level, ("whole", "few-windows", "windows", "more-windows"))


def with_decisions(classifier, decisions, level="whole"):
    return LogoClassifier(
        classifier.net, CLASSES, classifier.augs, decisions=decisions, level=level
    )


def truth_of(paths):
    return [path.parent.name for path in paths]


@pytest.fixture(scope="module")
def classifier():
    mx.random.seed(0)
    net = lenet5(3)
    net.initialize(mx.init.Xavier())
    augs = make_augs("logoflow", statistics=([120.0] * 3, [60.0] * 3))[1]
    return LogoClassifier(net, CLASSES, augs, {"dataset": "sample"})


@pytest.fixture(scope="module")
def photos(small_root):
    return sorted((small_root / "test_data").glob("*/*.jpg"))


def test_predict_takes_paths_bytes_and_arrays_alike(classifier, photos):
    paths = photos[:3]
    expected = classifier.predict(paths)
    assert expected.columns.tolist() == ["path", "brand", "probability", "top_k", "reason"]
    for images in (
        [str(path) for path in paths],
        [path.read_bytes() for path in paths],
        [bytearray(path.read_bytes()) for path in paths],
        [read_image(path) for path in paths],
        [Image.open(path) for path in paths],
        [io.BytesIO(path.read_bytes()) for path in paths],
        iter(paths),
    ):
        answer = classifier.predict(images)
        assert answer.brand.tolist() == expected.brand.tolist()
        assert np.allclose(answer.probability, expected.probability)


def test_one_picture_is_one_row(classifier, photos):
    expected = classifier.predict(photos[:1])
    with photos[0].open("rb") as file:
        for image in (photos[0], str(photos[0]), Image.open(photos[0]), file):
            assert classifier.predict(image).equals(expected)
    expected["path"] = pd.Series([None], dtype=object)
    for image in (photos[0].read_bytes(), read_image(photos[0])):
        assert classifier.predict(image).equals(expected)
    assert len(classifier.predict([])) == 0


def test_a_folder_a_pattern_and_a_batch_give_a_row_per_picture(classifier, photos):
    folder = photos[0].parent
    paths = [str(path) for path in photos if path.parent == folder]
    assert classifier.predict(folder).path.tolist() == paths
    assert classifier.predict(f"{folder}/*.jpg").equals(classifier.predict(paths))
    batch = np.stack([cv2.resize(read_image(path), (200, 150)) for path in paths])
    answers = classifier.predict(batch)
    assert answers.path.tolist() == [None] * len(paths)
    assert answers.brand.tolist() == classifier.predict(list(batch)).brand.tolist()


def test_a_picture_that_cannot_be_read_gets_a_row_on_request(classifier, photos, tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"broken")
    images = [photos[0], tmp_path / "broken.jpg", tmp_path / "missing.jpg", None, photos[1]]
    answers = classifier.predict(images, on_error="row")
    statuses = ["ok", "not_an_image", "not_found", "not_an_image", "ok"]
    assert answers.status.tolist() == statuses
    assert answers.columns.tolist()[:4] == ["path", "status", "error", "brand"]
    assert answers.path.tolist() == [None if image is None else str(image) for image in images]
    assert answers.error.isna().tolist() == [True, False, False, False, True]
    assert answers.brand.isna().tolist() == [False, True, True, True, False]
    for row, photo in ((0, photos[0]), (4, photos[1])):
        expected = classifier.predict(photo).iloc[0]
        assert answers.brand[row] == expected.brand
        assert answers.probability[row] == pytest.approx(expected.probability)


def test_wrong_numbers_are_refused(classifier, photos):
    for wrong in ({"batch_size": 0}, {"batch_size": 2.5}, {"top_k": 0}, {"top_k": True}):
        with pytest.raises(ValueError, match="give a whole number, 1 or more"):
            classifier.predict(photos[:2], **wrong)


def test_the_first_pictures_may_come_from_several_threads_at_once(classifier, photos, tmp_path):
    expected = classifier.predict(photos[:4], level="few-windows")
    folder = classifier.save(tmp_path / "model")
    for _ in range(3):
        fresh, gate = LogoClassifier.load(folder), threading.Barrier(4)

        def first_answer(photo, fresh=fresh, gate=gate):
            gate.wait()
            return fresh.predict(photo, level="few-windows").iloc[0]

        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(first_answer, photos[:4]))
        assert [answer.brand for answer in answers] == expected.brand.tolist()
        assert [answer.probability for answer in answers] == pytest.approx(
            list(expected.probability)
        )


def test_names_that_are_not_utf_8_get_an_answer_like_others(classifier, photos, tmp_path):
    content = Path(photos[0]).read_bytes()
    for name, written in ((b"caf\xe9.jpg", content), (b"na\xefve.jpg", b"no picture")):
        (tmp_path / os.fsdecode(name)).write_bytes(written)
    answers = classifier.predict(tmp_path, on_error="row")
    assert [Path(path).name for path in answers.path] == ["café.jpg", "naïve.jpg"]
    assert answers.status.tolist() == ["ok", "not_an_image"]
    assert "naïve.jpg: not an image" in answers.error[1]
    answers.to_json(tmp_path / "answers.json")
    answers.to_csv(tmp_path / "answers.csv")


def test_batches_do_not_change_the_answers(classifier, photos):
    whole = classifier.predict(photos, batch_size=64)
    parts = classifier.predict(photos, batch_size=3)
    assert np.allclose(whole.probability, parts.probability, atol=1e-6)
    assert whole.brand.equals(parts.brand)


def test_top_k_is_sorted_and_starts_with_the_brand(classifier, photos):
    for row in classifier.predict(photos[:4], top_k=3).itertuples():
        probabilities = [probability for _, probability in row.top_k]
        assert row.top_k[0] == (row.brand, row.probability)
        assert probabilities == sorted(probabilities, reverse=True)
        assert sum(probabilities) == pytest.approx(1, abs=1e-5)


def test_preprocessing_is_that_of_validation(classifier, small_root):
    data = make_loaders(small_root, "pytorch-article")
    classifier = LogoClassifier(classifier.net, CLASSES, data.preprocessing)
    _, expected = predict_labels(data.test, classifier.net, mx.cpu())
    answer = classifier.predict([path for path, _ in data.photos.test.items])
    assert answer.brand.tolist() == [CLASSES[i] for i in expected]


def test_level_whole_gives_the_networks_softmax_of_the_whole_photo(classifier, photos):
    data = [transform(read_image(path), -1, classifier.augs)[0] for path in photos]
    expected = mx.nd.softmax(classifier.net(mx.nd.stack(*data))).asnumpy()
    answer = classifier.predict(photos, top_k=3)
    assert answer.brand.tolist() == [CLASSES[i] for i in expected.argmax(axis=1)]
    assert np.allclose(answer.probability, expected.max(axis=1), atol=1e-6)
    listed = [[probability for _, probability in row] for row in answer.top_k]
    assert np.allclose(listed, -np.sort(-expected, axis=1), atol=1e-6)


@pytest.mark.parametrize("level", ["whole", "few-windows", "windows"])
def test_windows_of_several_photos_share_batches_without_mixing(classifier, photos, level):
    alone = np.concatenate([classifier.scores(path, level=level) for path in photos[:5]])
    for batch_size in (4, 32):
        together = classifier.scores(iter(photos[:5]), level=level, batch_size=batch_size)
        assert together.shape == (5, 3)
        assert np.allclose(together, alone, atol=1e-4)
    assert classifier.scores([], level=level).shape == (0, 3)


def test_more_windows_never_lower_the_odds_of_a_brand(classifier, photos):
    scores = [classifier.scores(photos[:4], level=level) for level in (WHOLE, FEW, WINDOWS)]
    odds = [rows[:, :2] - rows[:, [2]] for rows in scores]
    for fewer, more in itertools.pairwise(odds):
        assert np.all(more >= fewer - 1e-6)
        assert np.any(more > fewer + 1e-3)


def test_a_rejected_photo_gets_no_logo_and_its_probability(classifier, photos):
    strict = with_decisions(classifier, {WHOLE: Decision(threshold=1.1)})
    lenient = with_decisions(classifier, {WHOLE: Decision(threshold=0.0)})
    for row in strict.predict(photos[:4]).itertuples():
        assert row.brand == "no-logo"
        assert row.probability == dict(row.top_k)["no-logo"]
    assert "no-logo" not in set(lenient.predict(photos).brand)


def test_the_answer_says_why_no_brand_is_named(classifier, photos):
    wary = FamiliarityTest((0.0, 0.0), 0.0, 0.9, 0.1, 50)
    decisions = {
        "no logo": Decision(threshold=1.1),
        "unknown brand": Decision(threshold=0.0, familiarity=wary),
        "two brands": Decision(temperature=20.0, threshold=0.0, min_lead=2.0),
    }
    for reason, decision in decisions.items():
        answers = with_decisions(classifier, {WHOLE: decision}).predict(photos[:2])
        assert answers.reason.tolist() == [reason] * 2
        assert answers.brand.tolist() == ["no-logo"] * 2
    named = with_decisions(classifier, {WHOLE: Decision(threshold=0.0)}).predict(photos[:2])
    assert named.reason.tolist() == [None, None]


def test_without_a_class_no_logo_an_unnamed_brand_is_still_no_logo(classifier, photos):
    undecided = Decision(temperature=20.0, min_lead=2.0)
    three = LogoClassifier(
        classifier.net, ("adidas", "aldi", "ups"), classifier.augs, decisions={WHOLE: undecided}
    )
    (answer,) = three.predict(photos[:1]).itertuples()
    assert (answer.brand, answer.reason) == ("no-logo", "two brands")
    assert answer.probability == pytest.approx(1 - answer.top_k[0][1])


@pytest.mark.slow
def test_the_level_auto_looks_closer_only_where_the_answer_is_open(classifier, photos):
    own = with_decisions(classifier, {})
    own.calibrate(photos, truth_of(photos), levels=(FEW, "auto"), false_positive_rate=0.65)
    assert own.level == Level("auto")
    stages = own.decisions[own.level].stages
    assert (stages.first, stages.closer) == (FEW, MORE)
    first, closer = (own.predict(photos, level=level) for level in (FEW, MORE))
    scores = [dict(row) for row in own.predict(photos, level=FEW, top_k=3).top_k]
    best = np.array([max(row["adidas"], row["aldi"]) for row in scores])
    logo_scores = best / (best + [row["no-logo"] for row in scores])
    is_open = np.array(
        [
            stages.is_open(score, reason is None)
            for score, reason in zip(logo_scores, first.reason, strict=True)
        ]
    )
    answers = own.predict(photos, batch_size=4)
    assert is_open.sum() > 0
    expected = pd.concat([first[~is_open], closer[is_open]]).sort_index()
    assert answers.brand.tolist() == expected.brand.tolist()
    assert answers.reason.tolist() == expected.reason.tolist()
    assert np.allclose(answers.probability.tolist(), expected.probability.tolist())


@pytest.mark.slow
def test_the_level_auto_survives_saving(classifier, photos, tmp_path):
    own = with_decisions(classifier, {})
    own.calibrate(photos, truth_of(photos), levels=(WHOLE, "auto"), false_positive_rate=0.65)
    loaded = LogoClassifier.load(own.save(tmp_path / "model"))
    assert loaded.decisions == own.decisions
    assert loaded.predict(photos).equals(own.predict(photos))


def test_the_level_auto_has_no_scores(classifier, photos):
    with pytest.raises(ValueError, match='"auto" has no scores of its own'):
        classifier.scores(photos[:1], level="auto")


@pytest.mark.filterwarnings("ignore:Photos without a logo may be given a brand")
def test_unknown_brands_are_looked_for_with_enough_brands_and_photos(classifier, photos):
    three = LogoClassifier(classifier.net, ("adidas", "aldi", "ups"), classifier.augs)
    pictures = [*photos, *photos]
    truth = three.scores(pictures).argmax(axis=1).tolist()
    three.calibrate(pictures, truth, unknown_acceptance_rate=0.2)
    assert three.decisions[WHOLE].familiarity.strangers == len(pictures)
    three.calibrate(pictures, truth, unknown_acceptance_rate=None)
    assert three.decisions[WHOLE].familiarity is None
    with pytest.raises(ValueError, match="unknown_acceptance_rate is 2"):
        three.calibrate(pictures, truth, unknown_acceptance_rate=2)


def test_temperature_and_bias_change_the_probabilities(classifier, photos):
    changed = with_decisions(classifier, {WHOLE: Decision(temperature=2.0, no_logo_bias=1.0)})
    logits = classifier.scores(photos[:3]) / 2 + np.array([0, 0, 1])
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    answer = changed.predict(photos[:3])
    assert np.allclose(answer.probability, expected.max(axis=1), atol=1e-6)


@pytest.mark.slow
def test_calibrating_fits_each_level(classifier, photos):
    calibrated = with_decisions(classifier, {})
    calibrated.calibrate(photos, truth_of(photos), levels=(FEW, "whole"), false_positive_rate=0.65)
    assert list(calibrated.decisions) == [FEW, WHOLE]
    assert calibrated.level == WHOLE
    numbers = [CLASSES.index(name) for name in truth_of(photos)]
    for level, decision in calibrated.decisions.items():
        expected = fit_decision(classifier.scores(photos, level=level), numbers, CLASSES, 0.65)
        assert decision.temperature == pytest.approx(expected.temperature, rel=0.01)
        assert decision.threshold == pytest.approx(expected.threshold, rel=0.01)
        answer = calibrated.predict(photos, level=level)
        none = np.array(truth_of(photos)) == "no-logo"
        assert np.sum(answer.reason[none] != "no logo") == 2  # of 6, see cautious_rate
        assert (answer.brand[answer.reason.notna()] == "no-logo").all()
    assert calibrated.predict(photos).equals(calibrated.predict(photos, level="whole"))


def test_calibrating_again_keeps_other_levels_and_takes_labels(classifier, photos):
    calibrated = with_decisions(classifier, {MORE: Decision(threshold=0.7)}, MORE)
    calibrated.calibrate(photos, [CLASSES.index(name) for name in truth_of(photos)])
    by_name = with_decisions(classifier, {})
    by_name.calibrate(photos, truth_of(photos))
    assert calibrated.level == WHOLE
    assert calibrated.decisions == {MORE: Decision(threshold=0.7), **by_name.decisions}


@pytest.mark.slow
def test_calibrating_with_boxes_takes_background_windows_for_no_logo(classifier, photos):
    own = with_decisions(classifier, {})
    boxes = [[(0, 0, 9, 9)] if path.parent.name != "no-logo" else [] for path in photos]
    own.calibrate(
        photos, truth_of(photos), levels=(WHOLE, FEW), boxes=boxes, false_positive_rate=0.2
    )
    assert [own.decisions[level].no_logo_photos for level in (WHOLE, FEW)] == [len(photos)] * 2
    own.calibrate(photos, truth_of(photos), boxes=boxes, false_positive_rate=0.2)  # whole alone
    assert own.decisions[WHOLE].no_logo_photos == len(photos)
    nowhere = with_decisions(classifier, {})
    nowhere.calibrate(photos, truth_of(photos), false_positive_rate=0.2)
    assert nowhere.decisions[WHOLE].no_logo_photos == truth_of(photos).count("no-logo")
    with pytest.raises(ValueError, match="3 lists of boxes for 14 photos"):
        own.calibrate(photos, truth_of(photos), boxes=boxes[:3])


def test_levels_without_a_decision_are_refused(classifier, photos):
    calibrated = with_decisions(classifier, {WHOLE: Decision(), WINDOWS: Decision()})
    with pytest.raises(ValueError, match='no decision for level "few-windows", only for "whole"'):
        calibrated.predict(photos[0], level="few-windows")
    with pytest.raises(ValueError, match='no decision for level "whole, read_names"'):
        calibrated.predict(photos[0], read_names=True)


def test_unknown_levels_are_refused(classifier, photos):
    for wrong in (
        lambda: classifier.predict(photos[0], level="closest"),
        lambda: classifier.scores(photos[0], level=3),
        lambda: with_decisions(classifier, {}, level="windows, read_nam"),
        lambda: classifier.calibrate(photos, truth_of(photos), levels="whole"),
    ):
        with pytest.raises(ValueError, match="level"):
            wrong()


def test_matching_logos_without_a_matcher_is_refused(classifier, photos):
    with pytest.raises(
        ValueError, match=r"fit\(root, ..., match_logos=True\) on photos with boxes"
    ):
        classifier.predict(photos[0], match_logos=True)
    with pytest.raises(ValueError, match='level "windows, match_logos" compares'):
        with_decisions(classifier, {}, level="windows, match_logos")


@pytest.mark.slow
@pytest.mark.parametrize("level", ["whole", "windows"])
def test_known_logos_and_names_count_with_every_layout(classifier, photos, small_root, level):
    pytest.importorskip("rapidocr", reason="needs the extra read")
    net, augs = classifier.net, classifier.augs
    matcher = LogoMatcher(index_logos(small_root))
    matching = LogoClassifier(net, CLASSES, augs, level=level, matcher=matcher)
    photo = next(path for path in photos if path.parent.name == "aldi")
    plain = matching.scores(photo)
    evidence = next(
        collect_evidence(matching, [photo], [Level(level, match_logos=True, read_names=True)])
    )
    for switches in ({"match_logos": True}, {"read_names": True}):
        expected = evidence.scores(Level(level, **switches), CLASSES.index("no-logo"))
        assert np.allclose(matching.scores(photo, **switches), expected, atol=1e-5)
    assert evidence.matches.argmax() == CLASSES.index("aldi")
    assert not np.allclose(matching.scores(photo, match_logos=True), plain)


def test_calibrating_on_what_does_not_fit_changes_nothing(classifier, photos):
    calibrated = with_decisions(classifier, {})
    with pytest.raises(ValueError, match="not in the class list: ups"):
        calibrated.calibrate(photos[:2], ["adidas", "ups"])
    with pytest.raises(ValueError, match="needs photos"):
        calibrated.calibrate(photos[:2], ["adidas"])
    assert calibrated.decisions == {}


def test_decisions_are_saved_readably_and_loaded(classifier, photos, tmp_path):
    calibrated = with_decisions(classifier, {})
    calibrated.calibrate(photos, truth_of(photos), levels=("whole", "few-windows"))
    folder = calibrated.save(tmp_path / "model")
    again = LogoClassifier.load(folder)
    assert again.decisions == calibrated.decisions
    assert again.level == FEW
    assert again.predict(photos).equals(calibrated.predict(photos))
    stored = json.loads((folder / "classifier.json").read_text())
    assert stored["level"] == "few-windows"
    assert stored["decisions"]["whole"]["threshold"] == calibrated.decisions[WHOLE].threshold


def test_altered_decisions_are_a_clear_error(classifier, tmp_path):
    folder = classifier.save(tmp_path / "model")
    stored = json.loads((folder / "classifier.json").read_text())
    for strange in ({"whole": {"heat": 2}}, {"one": {}}, [1]):
        stored["decisions"] = strange
        (folder / "classifier.json").write_text(json.dumps(stored))
        with pytest.raises(ValueError, match="not decisions by level"):
            LogoClassifier.load(folder)


def test_saved_and_loaded_it_answers_the_same(classifier, photos, tmp_path):
    classifier.save(tmp_path / "model")
    again = LogoClassifier.load(tmp_path / "model")
    assert again.classes == CLASSES
    assert again.metadata == {"dataset": "sample"}
    assert again.predict(photos).equals(classifier.predict(photos))
    stored = json.loads((tmp_path / "model" / "classifier.json").read_text())
    assert stored["architecture"] == "lenet5"
    assert stored["classes"] == list(CLASSES)


def test_a_failed_save_leaves_the_earlier_model_whole(classifier, photos, tmp_path):
    folder = classifier.save(tmp_path / "model")
    strange = LogoClassifier(classifier.net, CLASSES, classifier.augs, {"accuracy": float("nan")})
    with pytest.raises(ValueError, match="JSON"):
        strange.save(folder)
    assert LogoClassifier.load(folder).predict(photos[0]).equals(classifier.predict(photos[0]))


def test_saving_again_replaces_the_weights(classifier, tmp_path):
    folder = classifier.save(tmp_path / "model")
    other = lenet5(3)
    other.initialize(mx.init.Zero())
    other(mx.nd.zeros((1, 3, 224, 224)))
    LogoClassifier(other, CLASSES, classifier.augs).save(folder)
    assert len(list(folder.glob("model*"))) == 1
    assert len(list(folder.iterdir())) == 2
    assert LogoClassifier.load(folder).metadata == {}


def test_classifying_leaves_a_network_on_its_devices(classifier, photos):
    devices = [mx.cpu(0), mx.cpu(1)]
    net = lenet5(3)
    net.initialize(ctx=devices)
    with serve_folder(photos[0].parent) as address:
        url = f"{address}/{photos[0].name}"
        classify_logo(net, url, CLASSES, classifier.augs, devices, allow_private=True)
    assert next(iter(net.collect_params().values())).list_ctx() == devices


def test_altered_weights_are_refused(classifier, tmp_path):
    folder = classifier.save(tmp_path / "model")
    (path,) = folder.glob("model-*.params")
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(ClassifierError, match="is not the file that was saved"):
        LogoClassifier.load(folder)


def test_a_folder_without_a_model_or_with_a_strange_one_is_a_clear_error(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"LogoClassifier\.save"):
        LogoClassifier.load(tmp_path)
    for text in ("{", "[]", '{"format": "other"}'):
        (tmp_path / "classifier.json").write_text(text)
        with pytest.raises(ClassifierError, match=r"classifier\.json"):
            LogoClassifier.load(tmp_path)


def test_another_class_list_is_refused(classifier):
    classifier.check_classes(CLASSES)
    with pytest.raises(ClassListError, match="ups"):
        classifier.check_classes(["adidas", "ups", "no-logo"])


def test_a_class_list_of_another_length_than_the_nets_outputs_is_refused(classifier):
    with pytest.raises(ClassListError, match="3 outputs, but the class list has 2 names"):
        LogoClassifier(classifier.net, CLASSES[:2], classifier.augs)


def test_a_broken_picture_is_named(classifier, tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff no picture")
    with pytest.raises(ImageError, match=r"broken\.jpg"):
        classifier.predict(tmp_path / "broken.jpg")


def test_a_model_is_saved_and_loaded_by_every_kind_of_address(
    classifier, photos, tmp_path, monkeypatch
):
    monkeypatch.setenv("HOME", str(tmp_path))
    expected = classifier.predict(photos[:2])
    assert classifier.save("~/models/mine") == tmp_path / "models" / "mine"
    for address in ("~/models/mine", "$HOME/models/mine", f"file://{tmp_path}/models/mine"):
        assert LogoClassifier.load(address).predict(photos[:2]).equals(expected)
    classifier.save("memory://models/mine")
    assert LogoClassifier.load("memory://models/mine").predict(photos[:2]).equals(expected)
