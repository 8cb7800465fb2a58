import threading
import time
import weakref
from uuid import uuid4

import cloudpickle
import numpy as np
import pytest
from stubs import ByColour

from logoflow.web.bulk import worker as tasks
from logoflow.web.bulk.worker import Budget, Options, answer_urls


@pytest.fixture
def options(tmp_path):
    """Options for a classifier that notes what it classifies."""

    def shipped(**stub):
        run = uuid4().hex
        tasks.ship(run, cloudpickle.dumps(ByColour(notes=tmp_path / "notes", **stub)))
        return Options(run, run, None, 2, 4, 8, 8, True)

    return shipped


def classified(tmp_path):
    return [line.split()[1] for line in (tmp_path / "notes").read_text().splitlines()]


def test_every_url_gets_an_answer_in_its_place(server, options):
    urls = [f"{server.base}/{kind}/{n}.jpg" for n in range(6) for kind in ("red", "blue")]
    urls += [f"{server.base}/missing", f"{server.base}/broken", "ftp://a/b.jpg", None]
    answers = answer_urls(urls, options())
    assert [answer.brand for answer in answers] == ["red", "blue"] * 6 + [None] * 4
    assert [answer.status for answer in answers[-5:]] == [
        *("ok", "not_found", "not_an_image", "refused", "refused"),
    ]
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
    asked = options()
    assert {answer.brand for answer in answer_urls(urls, asked)} == {"red"}
    assert {answer.brand for answer in answer_urls(urls[:3], asked)} == {"red"}
    assert len(server.asked) == 23
    assert classified(tmp_path) == ["red"]


def test_a_picture_that_breaks_the_classifier_harms_no_other(server, options):
    urls = [f"{server.base}/{kind}/1.jpg" for kind in ("red", "grey", "blue")]
    answers = answer_urls(urls, options(broken="grey"))
    assert [answer.status for answer in answers] == ["ok", "failed", "ok"]
    assert answers[1].error == "classifying: RuntimeError: cannot stand this colour"
    assert answers[1].width == 40


def test_answers_that_are_remembered_have_a_limit(server, options, monkeypatch):
    monkeypatch.setattr(tasks, "_REMEMBERED", 3)
    asked = options()
    answer_urls([f"{server.base}/red/{n}.jpg" for n in range(9)], asked)
    assert len(tasks._known) == 3


def test_few_large_pictures_are_a_batch_and_never_wait_for_each_other(server, options, monkeypatch):
    monkeypatch.setattr(tasks, "_LEAST", 1)
    monkeypatch.setattr(tasks, "_FULL", 3000)  # two and a half pictures of 40 x 30
    monkeypatch.setattr(tasks, "MAX_PIXELS", 1200)
    urls = [f"{server.base}/red/{n}.jpg" for n in range(12)]
    answers = answer_urls(urls, options())
    assert [answer.status for answer in answers] == ["ok"] * 12


def test_a_budget_lets_in_what_fits():
    budget, entered = Budget(10), []

    def enter(size):
        budget.take(size)
        entered.append(size)

    for size in (6, 7):
        threading.Thread(target=enter, args=(size,), daemon=True).start()
        time.sleep(0.05)
    assert entered == [6]
    budget.give(6)
    time.sleep(0.05)
    assert entered == [6, 7]


def test_a_run_that_is_over_leaves_nothing_but_what_another_can_use():
    pickled = cloudpickle.dumps(ByColour())
    for run in ("one", "two"):
        tasks.ship(run, pickled)
    made = tasks.classifier_of("one")
    tasks.unship("one")
    assert tasks.classifier_of("two") is made
    with pytest.raises(RuntimeError, match="was not given"):
        tasks.classifier_of("one")
    tasks.unship("two")
    assert not set(tasks._pickled) - set(tasks._shipped.values())
    tasks.ship("three", pickled)
    assert tasks.classifier_of("three") is made
    tasks.unship("three")


def test_pictures_are_classified_in_batches(server, options, tmp_path, monkeypatch):
    sizes = []
    real = ByColour.predict

    def predict(self, pictures, **about):
        sizes.append(len(pictures))
        assert all(isinstance(picture, np.ndarray) for picture in pictures)
        return real(self, pictures, **about)

    monkeypatch.setattr(ByColour, "predict", predict)
    answer_urls([f"{server.base}/blue/{n}.jpg" for n in range(10)], options())
    assert sizes == [4, 4, 2]


def test_pictures_are_let_go_once_they_are_answered(server, options, monkeypatch):
    made, most = [], []
    real = tasks.decode_image

    class Pixels(np.ndarray):  # a plain array cannot be watched
        pass

    def decode(content, **about):
        pixels = real(content, **about).view(Pixels)
        made.append(weakref.ref(pixels))
        return pixels

    def predict(self, pictures, **about):
        time.sleep(0.05)  # the others are decoded meanwhile, as far as they may
        most.append(sum(one() is not None for one in made))
        return ByColour.real(self, pictures, **about)

    monkeypatch.setattr(tasks, "decode_image", decode)
    monkeypatch.setattr(ByColour, "real", ByColour.predict, raising=False)
    monkeypatch.setattr(ByColour, "predict", predict)
    monkeypatch.setattr(tasks, "_FULL", 5_000_000)  # ten pictures of the least weight
    monkeypatch.setattr(tasks, "MAX_PIXELS", 2_000_000)
    answer_urls([f"{server.base}/red/{n}.jpg" for n in range(60)], options())
    assert len(made) == 60
    assert max(most) <= 24


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda frame: frame.iloc[1:], "0 answers for 1 pictures"),
        (lambda frame: frame.assign(probability=None), "TypeError"),
        (lambda frame: frame.drop(columns="brand"), "AttributeError"),
    ],
)
def test_a_classifier_that_answers_nonsense_ends_no_run(
    server, options, monkeypatch, answer, message
):
    real = ByColour.predict
    monkeypatch.setattr(ByColour, "predict", lambda *args, **about: answer(real(*args, **about)))
    answers = answer_urls([f"{server.base}/red/{n}.jpg" for n in range(3)], options())
    assert [one.status for one in answers] == ["failed"] * 3
    assert all(message in one.error for one in answers)


def test_a_worker_without_the_classifier_says_so(server, options, monkeypatch):
    monkeypatch.setattr(tasks, "_FULL", 1_000_000)
    monkeypatch.setattr(tasks, "MAX_PIXELS", 1_000_000)
    urls = [f"{server.base}/red/{n}.jpg" for n in range(30)]
    with pytest.raises(RuntimeError, match="was not given the classifier"):
        answer_urls(urls, options()._replace(run="unknown"))


def test_passwords_do_not_get_into_answers(server, options):
    server.moved["/moved"] = "http://ann:secret@127.0.0.1/a.jpg"
    (answer,) = answer_urls([f"{server.base}/moved"], options())
    assert answer.status == "refused"
    assert "secret" not in answer.error
    assert "***" in answer.error
