import pathlib

import pytest

from logoflow.errors import AddressError
from logoflow.utils.addresses import local_path, remote_address


def test_home_variables_and_file_addresses_are_expanded(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PHOTOS", "~/photos")
    for text in ("~/photos", "$PHOTOS", "${PHOTOS}", "$HOME/photos", f"file://{tmp_path}/photos"):
        assert local_path(text) == tmp_path / "photos", text
    assert local_path(pathlib.Path("~/photos")) == tmp_path / "photos"


def test_a_file_address_may_hold_encoded_characters_and_the_host_localhost():
    assert local_path("file:///a%20b%23c.jpg") == pathlib.Path("/a b#c.jpg")
    assert local_path("file://localhost/a.jpg") == local_path("file:/a.jpg")


def test_a_file_address_of_another_machine_is_refused():
    for wrong in ("file://server/a.jpg", "file://photos"):
        with pytest.raises(AddressError, match="three slashes"):
            local_path(wrong)


def test_a_dollar_sign_in_a_name_stays(monkeypatch, tmp_path):
    monkeypatch.setenv("PRICE", "5")
    (tmp_path / "$PRICE.jpg").touch()
    assert local_path(tmp_path / "$PRICE.jpg") == tmp_path / "$PRICE.jpg"
    assert local_path("5$ off.jpg") == pathlib.Path("5$ off.jpg")


def test_a_variable_that_is_not_set_is_an_error(monkeypatch):
    monkeypatch.delenv("NOWHERE", raising=False)
    for text in ("$NOWHERE/model", "${NOWHERE}/model"):
        with pytest.raises(AddressError, match="variable NOWHERE is not set"):
            local_path(text)


def test_an_empty_path_is_an_error():
    with pytest.raises(AddressError, match="empty"):
        local_path("")


@pytest.mark.parametrize("address", ["s3://bucket/model", "gs://bucket/a b", "https://a.example/x"])
def test_addresses_of_other_machines_are_recognised(address):
    assert remote_address(address) == remote_address(pathlib.Path(address)) == address
    with pytest.raises(AddressError, match="not on this machine"):
        local_path(address)


def test_windows_drives_and_names_with_colons_are_no_addresses():
    for path in ("C:/photos", "c:\\photos", "photos/12:30.jpg", "a:b"):
        assert remote_address(path) is None
