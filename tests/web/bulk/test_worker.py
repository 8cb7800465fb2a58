import time
import weakref
from uuid import uuid4

import cloudpickle
import numpy as np
import pytest
from stubs import ByColour

from logoflow.web.bulk import worker
from logoflow.web.bulk.classifiers import register_classifier
from logoflow.web.bulk.worker import Options, answer_urls


@pytest.fixture
def options(tmp_path):
    """Make options with a classifier that logs what it classifies."""

    def make(**stub):
        run = uuid4().hex
        register_classifier(run, cloudpickle.dumps(ByColour(log=tmp_path / "log", **stub)))
        return Options(run, run, None, 2, 4, 8, 8, True)

    return make


def classified(tmp_path):
    return [line.split()[1] for line in (tmp_path / "log").read_text().splitlines()]


def test_every_url_gets_an_answer_in_its_place(server, options):
    urls = [f"{server.base}/{kind}/{n}.jpg" for n in range(6) for kind in ("red", "blue")]
    urls += [f"{server.base}/missing", f"{server.base}/broken", "ftp://a/b.jpg", None]
    answers = answer_urls(urls, options())
    assert [answer.brand for answer in answers] == ["red", "blue"] * 6 + [None] * 4
    statuses = [answer.status for answer in answers[-5:]]
    assert statuses == ["ok", "not_found", "not_an_image", "refused", "refused"]
    first = answers[0]
    assert (first.width, first.height, first.probability) == (40, 30, 0.75)
    assert first.top_k == [{"brand": "red", "probability": 0.75}] + [
        {"brand": "none", "probability": 0.25}
    ]
    assert first.final_url == urls[0]
    assert len(first.sha256) == 64
    assert "truncated" in answers[13].error
    assert all(answer.seconds >= 0 for answer in answers)


def test_equal_bytes_are_classified_once(server, options, tmp_path):
    urls = [f"{server.base}/red/1.jpg?copy={n}" for n in range(20)]
    same_options = options()
    assert {answer.brand for answer in answer_urls(urls, same_options)} == {"red"}
    assert {answer.brand for answer in answer_urls(urls[:3], same_options)} == {"red"}
    assert len(server.requests) == 23
    assert classified(tmp_path) == ["red"]


def test_a_picture_that_breaks_the_classifier_does_not_affect_the_others(server, options):
    urls = [f"{server.base}/{kind}/1.jpg" for kind in ("red", "grey", "blue")]
    answers = answer_urls(urls, options(broken="grey"))
    assert [answer.status for answer in answers] == ["ok", "failed", "ok"]
    assert answers[1].error == "classifying: RuntimeError: cannot stand this colour"
    assert answers[1].width == 40


def test_the_answer_cache_has_a_limit(server, options, monkeypatch):
    monkeypatch.setattr(worker, "_MAX_CACHED_ANSWERS", 3)
    same_options = options()
    answer_urls([f"{server.base}/red/{n}.jpg" for n in range(9)], same_options)
    assert len(worker._answer_cache) == 3


def test_a_few_large_pictures_fill_a_batch_and_never_block_each_other(server, options, monkeypatch):
    monkeypatch.setattr(worker, "_MIN_PICTURE_PIXELS", 1)
    monkeypatch.setattr(worker, "_BATCH_PIXELS", 3000)  # two and a half pictures of 40 x 30
    monkeypatch.setattr(worker, "MAX_PIXELS", 1200)
    urls = [f"{server.base}/red/{n}.jpg" for n in range(12)]
    answers = answer_urls(urls, options())
    assert [answer.status for answer in answers] == ["ok"] * 12


def test_pictures_are_classified_in_batches(server, options, tmp_path, monkeypatch):
    sizes = []
    real = ByColour.predict

    def predict(self, pictures, **arguments):
        sizes.append(len(pictures))
        assert all(isinstance(picture, np.ndarray) for picture in pictures)
        return real(self, pictures, **arguments)

    monkeypatch.setattr(ByColour, "predict", predict)
    answer_urls([f"{server.base}/blue/{n}.jpg" for n in range(10)], options())
    assert sizes == [4, 4, 2]


def test_pixels_are_freed_once_a_picture_is_classified(server, options, monkeypatch):
    decoded, alive = [], []
    real = worker.decode_image

    class Pixels(np.ndarray):  # weakref takes no plain array
        pass

    def decode(content, **arguments):
        pixels = real(content, **arguments).view(Pixels)
        decoded.append(weakref.ref(pixels))
        return pixels

    def predict(self, pictures, **arguments):
        time.sleep(0.05)  # threads decode other pictures meanwhile, within the budget
        alive.append(sum(reference() is not None for reference in decoded))
        return ByColour.real(self, pictures, **arguments)

    monkeypatch.setattr(worker, "decode_image", decode)
    monkeypatch.setattr(ByColour, "real", ByColour.predict, raising=False)
    monkeypatch.setattr(ByColour, "predict", predict)
    monkeypatch.setattr(worker, "_BATCH_PIXELS", 5_000_000)  # ten of the smallest pictures
    monkeypatch.setattr(worker, "MAX_PIXELS", 2_000_000)
    answer_urls([f"{server.base}/red/{n}.jpg" for n in range(60)], options())
    assert len(decoded) == 60
    assert max(alive) <= 24


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda frame: frame.iloc[1:], "0 answers for 1 pictures"),
        (lambda frame: frame.assign(probability=None), "TypeError"),
        (lambda frame: frame.drop(columns="brand"), "AttributeError"),
    ],
)
def test_a_classifier_with_invalid_answers_does_not_end_the_run(
    server, options, monkeypatch, spoil, message
):
    real = ByColour.predict
    monkeypatch.setattr(ByColour, "predict", lambda *args, **options: spoil(real(*args, **options)))
    answers = answer_urls([f"{server.base}/red/{n}.jpg" for n in range(3)], options())
    assert [answer.status for answer in answers] == ["failed"] * 3
    assert all(message in answer.error for answer in answers)


def test_a_worker_without_the_classifier_says_so(server, options, monkeypatch):
    monkeypatch.setattr(worker, "_BATCH_PIXELS", 1_000_000)
    monkeypatch.setattr(worker, "MAX_PIXELS", 1_000_000)
    urls = [f"{server.base}/red/{n}.jpg" for n in range(30)]
    with pytest.raises(RuntimeError, match="was not given the classifier"):
        answer_urls(urls, options()._replace(run="unknown"))


def test_passwords_are_masked_in_answers(server, options):
    server.moved["/moved"] = "http://ann:secret@127.0.0.1/a.jpg"
    (answer,) = answer_urls([f"{server.base}/moved"], options())
    assert answer.status == "refused"
    assert "secret" not in answer.error
    assert "***" in answer.error
