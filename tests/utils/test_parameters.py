import pytest

from logoflow.utils.parameters import parse_value, read_parameters


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2", 2),
        ("1e-3", 0.001),
        ("-4", -4),
        ("True", True),
        ("false", False),
        ("None", None),
        ("'12'", "12"),
        ("resnet18_v2", "resnet18_v2"),
        ("['a', 'b']", ["a", "b"]),
        ("__import__('os')", "__import__('os')"),
    ],
)
def test_text_becomes_the_python_value_it_stands_for(text, value):
    assert parse_value(text) == value
    assert type(parse_value(text)) is type(value)


def test_folders_are_made_absolute_and_urls_are_not(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/me")

    parameters = read_parameters(["data_dir=my photos", "no_logo_dir=~/x=y", "num_epochs=2"])

    assert parameters["data_dir"] == str(tmp_path / "my photos")
    assert parameters["no_logo_dir"] == "/home/me/x=y"
    assert parameters["num_epochs"] == 2
    assert read_parameters(["data_dir=https://a.b/c.zip"])["data_dir"] == "https://a.b/c.zip"
    assert read_parameters(["data_dir=None"]) == {"data_dir": None}


@pytest.mark.parametrize("pair", ["num_epochs", "--seed=3", "=3"])
def test_text_that_is_no_pair_raises(pair):
    with pytest.raises(ValueError, match="is not parameter=value"):
        read_parameters([pair])
