import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from mxnet import init, nd

from logoflow.inference.classifier import LogoClassifier
from logoflow.loading.augment import make_augs
from logoflow.models.article_nets import lenet5

pytestmark = pytest.mark.slow

REPO = Path(__file__).resolve().parents[2]

DOOR = '''"""A door."""

KEY = 3


def opened(key):
    """Tell whether a key opens the door.

    It has to be the right one.
    """
    if key == KEY:
        return True
    return False


def closed():
    """Never called."""
    return True
'''


@pytest.fixture
def walk(monkeypatch):
    monkeypatch.syspath_prepend(str(REPO / "benchmarks"))
    import walk

    yield walk
    sys.modules.pop("walk", None)
    sys.modules.pop("walk_cases", None)


def test_a_line_of_a_function_counts_where_it_ran(walk):
    # Lines 3, 6 and 16 run at import: the constant and the two def lines. 11 and 12 are the body.
    count = walk.count_file(DOOR, [3, 6, 11, 12, 16])
    assert count == walk.Count(files=1, lines_run=2, function_lines=3, file_lines=18)


def test_a_file_that_is_only_imported_does_not_count(walk):
    assert walk.count_file(DOOR, [3, 6, 16]) == walk.Count()


@pytest.mark.parametrize(
    ("before", "expected"), [("", "[3, 6, 11, 12, 16]"), ("import house.door", "[11, 12]")]
)
def test_the_lines_of_a_package_that_run_are_listed(tmp_path, before, expected):
    package = tmp_path / "house"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "door.py").write_text(DOOR)
    code = (
        f"{before}\nfrom walk_cases import lines_run\n"
        "def walk():\n    from house.door import opened\n    opened(3)\n"
        "print(*[lines for file, lines in lines_run(walk, 'house').items() if 'door' in file])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": f"{tmp_path}:{REPO / 'benchmarks'}"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == expected


def test_the_walk_from_a_saved_model_to_an_answer(walk, tmp_path):
    net = lenet5(2)
    net.initialize(init.Xavier())
    net(nd.zeros((1, 3, 224, 224)))  # its layers learn their input sizes
    _, augs = make_augs("article", net, image_size=224)
    LogoClassifier(net, ["adidas", "no-logo"], augs).save(tmp_path / "model")
    photo = tmp_path / "photo.png"
    cv2.imwrite(str(photo), np.zeros((80, 80, 3), "uint8"))
    ran = walk.run_walk(REPO, sys.executable, "answer", photo, tmp_path / "model")
    files = walk.count_files(ran)
    assert {"inference/classifier.py", "images/decode.py"} <= set(files)
    assert not [file for file in files if file.startswith(("training/", "plots/", "web/"))]
    here = {"train": files, "answer": files}
    assert "| load, predict | files |" in walk.table({"here": here})


def test_a_file_is_imported_by_the_name_of_its_module(walk):
    assert walk.module_name(REPO / "logoflow" / "labels.py", REPO) == "logoflow.labels"
    assert walk.module_name(REPO / "logoflow" / "__init__.py", REPO) == "logoflow"


def test_the_table_divides_this_checkout_by_the_other_commit(walk):
    ours = {"a.py": walk.Count(1, 20, 30, 40)}
    theirs = {"a.py": walk.Count(1, 30, 40, 50), "b.py": walk.Count(1, 10, 10, 50)}
    table = walk.table(
        {"here": dict.fromkeys(walk.WALKS, ours), "old": dict.fromkeys(walk.WALKS, theirs)}
    )
    assert "| load, predict | lines run | 20 | 40 | 0.50 |" in table


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
def test_a_commit_is_checked_out_for_as_long_as_it_is_measured(walk):
    if not (REPO / ".git").exists():
        pytest.skip("this is not a clone: there are no commits")
    with walk.checkout_of("HEAD") as checkout:
        assert (checkout / "logoflow" / "__init__.py").is_file()
    assert not checkout.exists()
