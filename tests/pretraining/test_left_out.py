"""Brands that the networks are measured on do not get into the pretraining."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "pretraining" / "left_out.py"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("left_out", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


FLICKRLOGOS27 = (
    "Adidas Apple BMW Citroen Cocacola DHL Fedex Ferrari Ford Google Heineken HP Intel McDonalds "
    "Mini Nbc Nike Pepsi Porsche Puma RedBull Sprite Starbucks Texaco Unicef Vodafone Yahoo"
)
FLICKRLOGOS32 = (
    "adidas aldi apple becks bmw carlsberg chimay cocacola corona dhl erdinger esso fedex ferrari "
    "ford fosters google guiness heineken HP milka nvidia paulaner pepsi rittersport shell singha "
    "starbucks stellaartois texaco tsingtao ups"
)


@pytest.mark.parametrize("brand", FLICKRLOGOS27.split())
def test_every_brand_of_flickrlogos27_is_left_out(script, brand):
    assert script.is_left_out(brand)


@pytest.mark.parametrize("brand", FLICKRLOGOS32.split())
def test_every_brand_of_flickrlogos32_is_left_out(script, brand):
    assert script.is_left_out(brand)


@pytest.mark.parametrize(
    "name", ["apple-music", "coca-cola", "googlecloud-wordmark", "nike-icon", "intellij", "cuda"]
)
def test_products_and_variants_are_left_out(script, name):
    assert script.is_left_out(name)


@pytest.mark.parametrize("name", ["mozilla", "minio", "shellcheck", "hpe2", "snapple", "upstash"])
def test_other_brands_are_kept(script, name):
    assert not script.is_left_out(name)


def test_a_mark_is_left_out_of_one_package_only(script):
    assert script.is_left_out("gemini", "bxl")
    assert not script.is_left_out("gemini", "logos")


@pytest.fixture
def shapes():
    """A bar, a disc and a ring."""
    y, x = np.mgrid[-1:1:64j, -1:1:64j]
    radius = np.hypot(x, y)
    return [np.uint8(255 * mask) for mask in (abs(y) < 0.3, radius < 0.9, abs(radius - 0.7) < 0.2)]


def test_a_copy_is_found_in_any_size_and_with_light_and_dark_exchanged(script, shapes):
    bar, disc, ring = shapes
    copies = script.near_copies([bar, 255 - disc, ring[::2, ::2]], [disc, ring], least=0.9)
    assert {(copy.mark, copy.reference) for copy in copies} == {(1, 0), (2, 1)}
    assert copies[0].likeness >= copies[1].likeness


def test_other_shapes_are_no_copies(script, shapes):
    bar, disc, ring = shapes
    assert script.near_copies([bar, ring], [disc], least=0.9) == []
