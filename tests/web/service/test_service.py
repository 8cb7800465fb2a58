"""Real clients on loopback against the real service."""

import http.client
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import mxnet as mx
import pytest
import requests
from large_pictures import png_of_size
from odd_pictures import broken_pictures, encode, odd_pictures, photo

from logoflow.inference.classifier import LogoClassifier
from logoflow.inference.decision import Decision
from logoflow.inference.exported_model import ExportedModel
from logoflow.inference.judge_pictures import judgements_of
from logoflow.inference.levels import Level
from logoflow.loading.augment import make_augs
from logoflow.models.article_nets import lenet5
from logoflow.web.serve_folder import serve_folder
from logoflow.web.service import answering
from logoflow.web.service import server as server_module
from logoflow.web.service.app import Service
from logoflow.web.service.limits import Limits
from logoflow.web.service.server import serving
from logoflow.web.service.whole_photos import exported_model

LIMITS = Limits(
    max_bytes=400_000, max_pixels=1_000_000, max_pictures=4, receive_seconds=0.5, max_requests=16
)
ROW = ["status", "error", "brand", "probability", "top_k", "reason"]


@pytest.fixture(scope="module")
def classifier():
    mx.random.seed(0)
    net = lenet5(3)
    net.initialize(mx.init.Xavier())
    augs = make_augs("logoflow", statistics=([120.0] * 3, [60.0] * 3), image_size=64)[1]
    decisions = {Level(name): Decision(threshold=0.4) for name in ("whole", "few-windows")}
    return LogoClassifier(net, ("adidas", "aldi", "no-logo"), augs, decisions=decisions)


@pytest.fixture(scope="module")
def exported(classifier):
    return exported_model(classifier)


@pytest.fixture(scope="module")
def address(classifier, exported):
    with serving(Service(classifier, limits=LIMITS, exported=exported)) as running:
        yield running


def post(address, content, query="", **headers):
    return requests.post(f"{address}/predict{query}", content, headers=headers, timeout=20)


def test_a_picture_gets_the_answer_of_predict(address, classifier):
    pictures = {name: content for name, content in odd_pictures().items() if len(content) < 400_000}
    for name, content in pictures.items():
        response = post(address, content)
        assert response.status_code == 200, name
        (answer,) = response.json()["answers"]
        expected = classifier.predict(content, level="whole").iloc[0]
        assert list(answer) == ["path", *ROW]
        assert (answer["brand"], answer["reason"]) == (expected.brand, expected.reason), name
        assert answer["probability"] == pytest.approx(expected.probability, abs=1e-5), name


def test_several_pictures_of_a_form_get_a_row_each(address):
    pictures = odd_pictures()
    files = [
        ("picture", ("cup.jpg", pictures["jpeg"])),
        ("picture", ("broken.png", b"broken")),
        ("another", ("logo.png", pictures["cut-out logo"])),
    ]
    response = requests.post(f"{address}/predict?top_k=1", files=files, timeout=20)
    assert response.status_code == 200
    answers = response.json()["answers"]
    assert [row["path"] for row in answers] == ["cup.jpg", "broken.png", "logo.png"]
    assert [row["status"] for row in answers] == ["ok", "not_an_image", "ok"]
    assert "broken.png: not an image" in answers[1]["error"]
    assert [len(row["top_k"]) for row in answers] == [1, 0, 1]


def test_the_level_asked_for_decides(address, classifier):
    content = odd_pictures()["png"]
    response = post(address, content, "?level=few-windows").json()
    expected = classifier.predict(content, level="few-windows").iloc[0]
    assert response["level"] == "few-windows"
    assert response["answers"][0]["probability"] == pytest.approx(expected.probability, abs=1e-5)
    assert post(address, content).json()["level"] == "whole"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("?level=closer", "There is no level 'closer'"),
        ("?level=windows", 'no decision for level "windows"'),
        ("?level=whole, match_logos", "no decision for level"),
        ("?top_k=0", "top_k is '0'"),
        ("?top_k=many", "top_k is 'many'"),
    ],
)
def test_a_wrong_argument_is_explained(address, query, message):
    response = post(address, odd_pictures()["png"], query)
    assert response.status_code == 400
    assert message in response.json()["error"]


def test_urls_are_fetched_by_the_rules_of_fetch(classifier, tmp_path):
    (tmp_path / "cup.jpg").write_bytes(odd_pictures()["jpeg"])
    (tmp_path / "page.jpg").write_bytes(b"<!doctype html>")
    service = Service(classifier, limits=replace(LIMITS, allow_private=True))
    with serve_folder(tmp_path) as base, serving(service) as address:
        urls = [f"{base}/{name}.jpg" for name in ("cup", "page", "missing")]
        answers = requests.post(f"{address}/predict", json={"urls": urls}, timeout=20).json()
        one = requests.post(f"{address}/predict", json={"url": urls[1]}, timeout=20)
    assert [row["status"] for row in answers["answers"]] == ["ok", "not_an_image", "not_found"]
    assert list(answers["answers"][0]) == ["url", *ROW]
    assert one.status_code == 422
    assert "a web page" in one.json()["error"]


def test_urls_of_this_machine_are_refused_unless_allowed(address):
    response = requests.post(f"{address}/predict", json={"url": f"{address}/health"}, timeout=20)
    assert response.status_code == 422
    (answer,) = response.json()["answers"]
    assert answer["status"] == "refused"
    assert "loopback" in answer["error"]
    assert "allow_private" not in answer["error"], "a client of the service cannot pass it"


def test_no_client_reads_a_file_of_the_service(classifier, tmp_path):
    picture = tmp_path / "cup.jpg"
    picture.write_bytes(odd_pictures()["jpeg"])
    service = Service(classifier, limits=replace(LIMITS, allow_private=True))
    with serving(service) as address:
        for url in (str(picture), f"file://{picture}", f"local://{picture}", "memory://cup.jpg"):
            response = requests.post(f"{address}/predict", json={"url": url}, timeout=20)
            assert response.status_code == 422
            (answer,) = response.json()["answers"]
            assert answer["status"] == "refused"
            assert "only http:// and https://" in answer["error"]


def hostile_bodies():
    """Bodies with their headers, and the status that each gets."""
    form = {"Content-Type": "multipart/form-data; boundary=x"}
    json_ = {"Content-Type": "application/json"}
    field = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\ntext\r\n--x--\r\n'
    files = b'--x\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n?\r\n' * 9
    yield from ((content, {}, 422) for content in broken_pictures().values() if content)
    yield b"", {}, 400
    yield png_of_size(20_000, 20_000), {}, 413
    yield bytes(400_001), {}, 413
    yield iter([bytes(100_000)] * 5), {}, 413  # chunked
    yield encode(photo(), "PNG"), {"Content-Encoding": "gzip"}, 415
    yield b"no form", form, 400
    yield b"no form", {"Content-Type": "multipart/form-data"}, 400
    yield field, form, 400
    yield files + b"--x--\r\n", form, 400
    yield files[:50], form, 400
    yield b"{", json_, 400
    yield b"[" * 100_000, json_, 400
    yield b'{"url": 3}', json_, 400
    yield b'{"urls": []}', json_, 400
    yield b'{"url": "file:///etc/passwd"}', json_, 422
    yield json.dumps({"urls": ["x"] * 5}).encode(), json_, 413


def test_hostile_bodies_get_a_sentence_and_the_service_goes_on(address):
    for content, headers, status in hostile_bodies():
        response = post(address, content, **headers)
        assert response.status_code == status, (headers, response.text)
        assert len(response.json()["error"]) > 20
    assert post(address, odd_pictures()["jpeg"]).status_code == 200


def test_unknown_pages_and_methods_are_answered_in_json(address):
    for response, status in (
        (requests.get(f"{address}/nothing", timeout=20), 404),
        (requests.get(f"{address}/predict", timeout=20), 405),
    ):
        assert response.status_code == status
        assert response.json()["error"]


def connected(address):
    host, port = address.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=10)


def everything_from(connection):
    with connection:
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_a_body_that_does_not_arrive_in_time_is_refused(address):
    connection = connected(address)
    head = b"POST /predict HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 9\r\n\r\n"
    connection.sendall(head + b"ab")
    answer = everything_from(connection)
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"did not arrive within 0.5 seconds" in answer


@pytest.mark.parametrize("head", [b"", b"POST /predict HTTP/1.1\r\nHost:"])
def test_a_client_that_sends_no_request_is_disconnected(classifier, monkeypatch, head):
    monkeypatch.setattr(server_module, "HEAD_SECONDS", 0.2)
    with serving(Service(classifier, limits=LIMITS)) as address:
        connection = connected(address)
        connection.sendall(head)
        assert b" 408 " in everything_from(connection)


def send_for_ever(connection):
    for _ in range(1000):
        connection.sendall(b"8000\r\n" + bytes(0x8000) + b"\r\n")
        time.sleep(0.01)


def test_a_client_that_goes_on_sending_a_refused_body_is_disconnected(classifier, monkeypatch):
    monkeypatch.setattr(server_module, "HEAD_SECONDS", 0.2)
    with serving(Service(classifier, limits=LIMITS)) as address, connected(address) as connection:
        connection.sendall(
            b"POST /predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        with pytest.raises(OSError, match="reset|pipe|abort"):
            send_for_ever(connection)


def test_requests_beyond_the_limit_are_told_to_come_again(classifier):
    limits = replace(LIMITS, max_requests=1, receive_seconds=60)
    with serving(Service(classifier, limits=limits)) as address:
        with connected(address) as connection:
            connection.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
            while requests.get(f"{address}/health", timeout=20).json()["requests_in_flight"] < 1:
                time.sleep(0.01)
            response = post(address, odd_pictures()["jpeg"])
            assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
            assert "Try again" in response.json()["error"]
        while requests.get(f"{address}/health", timeout=20).json()["requests_in_flight"]:
            time.sleep(0.01)
        assert post(address, odd_pictures()["jpeg"]).status_code == 200


def test_many_clients_at_once_get_their_own_answers(address, classifier):
    pictures = [encode(photo(200 + 5 * number, 150), "PNG") for number in range(12)]
    expected = classifier.predict(pictures, level="whole").probability
    with ThreadPoolExecutor(12) as pool:
        responses = list(pool.map(lambda content: post(address, content), pictures * 3))
    found = [response.json()["answers"][0]["probability"] for response in responses]
    assert found == pytest.approx([*expected] * 3, abs=1e-5)


@pytest.mark.parametrize("query", ["", "?level=few-windows"])
def test_a_fault_of_the_classifier_affects_only_its_own_picture(
    classifier, exported, monkeypatch, query
):
    service = Service(classifier, limits=LIMITS, exported=exported)

    def picky(classifier, images, *options):
        if any(image.shape == (75, 100, 3) for image in images):
            raise RuntimeError("a fault")
        return judgements_of(classifier, images, *options)

    exported_judge = ExportedModel.judge

    def picky_judge(model, pixels):
        picky(classifier, [pixels], Level())
        return exported_judge(model, pixels)

    monkeypatch.setattr(answering, "judgements_of", picky)
    monkeypatch.setattr(ExportedModel, "judge", picky_judge)
    pictures = [encode(photo(100, 75), "PNG"), *[encode(photo(120, 80), "PNG")] * 7]
    with serving(service) as address, ThreadPoolExecutor(8) as pool:
        responses = list(pool.map(lambda content: post(address, content, query), pictures))
    assert [response.status_code for response in responses] == [500] + [200] * 7
    assert "a fault" not in responses[0].text


def test_whole_photos_are_answered_by_the_classifier_without_an_exported_model(classifier):
    picture = odd_pictures()["jpeg"]
    with serving(Service(classifier, limits=LIMITS)) as address:
        (row,) = post(address, picture).json()["answers"]
    expected = classifier.predict(picture, level="whole").iloc[0]
    assert row["probability"] == pytest.approx(expected.probability, abs=1e-5)


def test_health_and_the_pages_about_the_service(address):
    health = requests.get(f"{address}/health", timeout=20).json()
    assert (health["status"], health["level"]) == ("ok", "whole")
    assert health["classes"] == ["adidas", "aldi", "no-logo"]
    document = requests.get(f"{address}/openapi.json", timeout=20).json()
    assert document["openapi"].startswith("3.1")
    assert list(document["components"]["schemas"]["Row"]["properties"])[2:] == ROW
    page = requests.get(f"{address}/docs", timeout=20)
    assert "POST /predict" in page.text
    assert "src=" not in page.text
    assert "<script" not in page.text


def test_a_level_without_a_decision_is_refused_at_the_start(classifier):
    with pytest.raises(ValueError, match='no decision for level "windows"'):
        Service(classifier, "windows")


def test_a_kept_connection_serves_many_requests(address):
    host, port = address.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=20)
    for content, status in ((odd_pictures()["jpeg"], 200), (b"broken", 422)) * 3:
        connection.request("POST", "/predict", content)
        response = connection.getresponse()
        assert (response.status, bool(response.read())) == (status, True)
    connection.close()


def test_no_thread_is_left_after_a_service(classifier):
    before = threading.active_count()
    with serving(Service(classifier, limits=LIMITS)) as address:
        post(address, odd_pictures()["jpeg"])
    assert threading.active_count() <= before


def test_a_port_in_use_is_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=rf"Cannot listen on 127.0.0.1, port {port}: .*in use"):
            server_module.serve(None, port=port)


def test_whole_photos_do_not_need_the_classifier(classifier, exported, monkeypatch):
    def refuse(*_):
        raise RuntimeError("the classifier was asked")

    service = Service(classifier, limits=LIMITS, exported=exported)
    monkeypatch.setattr(answering, "judgements_of", refuse)
    with serving(service) as address:
        assert post(address, odd_pictures()["jpeg"]).status_code == 200
        assert post(address, odd_pictures()["jpeg"], "?level=few-windows").status_code == 500


def test_a_classifier_that_cannot_be_exported_has_no_exported_model(classifier):
    unusual = LogoClassifier(classifier.net, classifier.classes, [])
    assert exported_model(unusual) is None
