"""The page in a real browser, Debian's Chromium, and its routes by a real client."""

import shutil
from collections.abc import Iterator

import cv2
import mxnet as mx
import numpy as np
import pytest
import requests

import logoflow as lf
from logoflow.loading.augment import make_augs
from logoflow.models.finetune import finetune_net
from logoflow.web.app.page_app import PageApp
from logoflow.web.serve_folder import serve_folder
from logoflow.web.service.limits import Limits
from logoflow.web.service.server import serving

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def classifier() -> lf.LogoClassifier:
    net = finetune_net(3, "logo_lite0")
    net.output.weight.set_data(net.output.weight.data() * 0.01)  # the biases decide
    net.output.bias.set_data(mx.nd.array([9, 0, 0]))
    augs = make_augs("regions", net)[1]
    return lf.LogoClassifier(net, ("Ford", "BMW", "no-logo"), augs, level="regions")


@pytest.fixture(scope="module")
def address(classifier) -> Iterator[str]:
    limits = Limits(max_bytes=2_000_000, max_pixels=2_000_000, allow_private=True)
    with serving(PageApp(classifier, limits)) as running:
        yield running


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    cv2.imwrite(str(folder / "cup.jpg"), np.full((300, 400, 3), 90, np.uint8))
    cv2.imwrite(str(folder / "huge.png"), np.zeros((1500, 1500, 3), np.uint8))
    (folder / "notes.txt").write_text("no picture")
    return folder


def test_a_picture_and_a_url_get_the_answer_of_predict(address, classifier, folder):
    expected = classifier.predict(folder / "cup.jpg").iloc[0]
    content = (folder / "cup.jpg").read_bytes()
    sent = requests.post(f"{address}/explain", content, timeout=60).json()
    with serve_folder(folder) as pictures:
        link = {"url": f"{pictures}/cup.jpg"}
        fetched = requests.post(f"{address}/explain", json=link, timeout=60).json()
    for answer in (sent, fetched):
        assert answer["brand"] == expected.brand == "Ford"
        assert answer["likeliest"][0]["score"] == pytest.approx(expected.probability, abs=1e-5)


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"data": b"no picture"}, 422, "not an image"),
        ({"data": b""}, 400, "empty"),
        ({"json": {"url": "nonsense"}}, 422, "only http:// and https:// URLs are fetched."),
        ({"json": {"url": "http://127.0.0.1:1/cup.jpg"}}, 422, "127.0.0.1:1"),
        ({"data": b"x" * 2_000_001}, 413, "2,000,000 bytes"),
    ],
)
def test_what_cannot_be_answered_gets_a_sentence(address, body, status, message):
    response = requests.post(f"{address}/explain", timeout=60, **body)
    assert response.status_code == status
    assert message in response.json()["error"]


def test_no_visitor_reads_a_file_of_the_server(address, folder):
    cup = folder.resolve() / "cup.jpg"
    for url in (str(cup), f"file://{cup}", f"local://{cup}", "memory://cup.jpg"):
        response = requests.post(f"{address}/explain", json={"url": url}, timeout=60)
        assert response.status_code == 422
        assert "only http:// and https://" in response.json()["error"]


def test_by_default_urls_cannot_lead_into_the_own_network(classifier, folder):
    with serving(PageApp(classifier)) as page, serve_folder(folder) as pictures:
        link = {"url": f"{pictures}/cup.jpg"}
        response = requests.post(f"{page}/explain", json=link, timeout=60)
    assert response.status_code == 422
    assert "loopback" in response.json()["error"]
    assert "allow_private" not in response.json()["error"]


def test_the_page_loads_nothing_from_elsewhere(address):
    page = requests.get(address, timeout=60)
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "src=" not in page.text.replace("picture.src", "").replace(".src = `samples", "")
    assert page.text.count("https://") == 1, "the placeholder of the address"


@pytest.fixture(scope="module")
def browser():
    if not (CHROMIUM and DRIVER):
        pytest.skip("chromium and chromedriver are not installed (Debian: chromium-driver)")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for option in OPTIONS:
        options.add_argument(option)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    driver.implicitly_wait(10)
    yield driver
    driver.quit()


def wait_for(browser, text: str) -> None:
    from selenium.webdriver.support.ui import WebDriverWait

    WebDriverWait(browser, 60).until(
        lambda page: text in page.find_element("id", "answer").text, f"no answer with {text!r}"
    )


@pytest.mark.slow
@pytest.mark.parametrize("size", [(1100, 900), (390, 844)])
def test_a_visitor_uploads_pastes_an_address_and_takes_a_sample(browser, address, folder, size):
    browser.set_window_size(*size)
    browser.get(address)
    browser.find_element("id", "file").send_keys(str(folder / "cup.jpg"))
    wait_for(browser, "Ford, with a probability of")
    assert "Ford: probability" in browser.find_element("id", "brands").text
    heat = browser.find_element("id", "shown").get_attribute("src")
    browser.find_element("id", "heat").click()
    assert browser.find_element("id", "shown").get_attribute("src") != heat
    assert browser.find_elements("class name", "box")
    for text, message in (("notes", "only http"), ("", "Paste the address")):
        browser.find_element("id", "url").clear()
        browser.find_element("id", "url").send_keys(text)
        browser.find_element("css selector", "#address button").click()
        wait_for(browser, message)
    for file, message in (("notes.txt", "not an image"), ("huge.png", "pixels")):
        browser.find_element("id", "file").send_keys(str(folder / file))
        wait_for(browser, message)
        assert not browser.find_element("id", "result").is_displayed()
    with serve_folder(folder) as pictures:
        browser.find_element("id", "url").clear()
        browser.find_element("id", "url").send_keys(f"{pictures}/cup.jpg")
        browser.find_element("css selector", "#address button").click()
        wait_for(browser, "Ford, with a probability of")
    browser.find_elements("css selector", "#samples button")[0].click()
    wait_for(browser, "Ford, with a probability of")
    width = browser.execute_script("return document.documentElement.scrollWidth")
    assert width <= browser.execute_script("return window.innerWidth"), "nothing is cut"


def test_without_the_program_the_page_says_so(browser, classifier, folder):
    with serving(PageApp(classifier)) as page:
        browser.get(page)
        browser.find_element("id", "samples")
    browser.find_element("id", "file").send_keys(str(folder / "cup.jpg"))
    wait_for(browser, "does not answer")
