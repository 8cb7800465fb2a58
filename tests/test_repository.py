"""The pages have working links, there is one version, and the package is complete."""

import ast
import re
import tomllib
from pathlib import Path

import pytest
import yaml

import logoflow as lf

REPO = Path(__file__).resolve().parent.parent
PAGES = sorted([*REPO.glob("*.md"), *REPO.glob("docs/*.md"), *REPO.glob("*/README.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def project() -> dict:
    return tomllib.loads((REPO / "pyproject.toml").read_text())


def links(page: Path) -> list[str]:
    return LINK.findall(CODE.sub("", page.read_text()))


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.+)", CODE.sub("", page.read_text()), re.MULTILINE)
    words = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in words}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPO)))
def test_links_lead_to_files_and_headings_that_exist(page):
    for link in links(page):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name} links to {link}"
        assert target.is_relative_to(REPO), f"{page.name} links to {link}, outside the repository"
        assert not anchor or anchor in anchors(target), f"{page.name} links to {link}"


def test_the_readme_links_to_every_page_of_docs():
    linked = {(REPO / link.partition("#")[0]).resolve() for link in links(REPO / "README.md")}
    pages = set(REPO.glob("docs/*.md")) - {REPO / "docs" / "pypi.md"}
    assert pages <= linked


def test_the_picture_of_the_readme_has_an_alt_text_and_is_small():
    pictures = re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", (REPO / "README.md").read_text())
    assert pictures
    for text, path in pictures:
        assert len(text) > 40
        assert 10_000 < (REPO / path).stat().st_size < 300_000


def test_the_page_for_pypi_has_no_relative_links():
    page = REPO / project()["project"]["readme"]
    assert [link for link in links(page) if "://" not in link] == []


def debian_packages() -> str:
    """Return the packages that the README names for a bare server."""
    return re.search(r"^sudo apt install (.*)", (REPO / "README.md").read_text(), re.MULTILINE)[1]


def test_all_pages_name_the_same_debian_packages():
    assert f"\nsudo apt install {debian_packages()}\n" in (REPO / "docs/install.md").read_text()
    libraries = debian_packages().removeprefix("make python3-venv ")
    assert f"`sudo apt install {libraries}`" in (REPO / "docs/pypi.md").read_text()


def test_there_is_one_version():
    assert project()["project"]["dynamic"] == ["version"]
    assert yaml.safe_load((REPO / "CITATION.cff").read_text())["version"] == lf.__version__
    assert f"logoflow-{lf.__version__}-py3" in (REPO / "docs" / "colab.md").read_text()
    # setuptools reads the line without importing the package.
    tree = ast.parse(Path(lf.__file__).read_text())
    assigned = {
        ast.unparse(node.targets[0]): node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
    }
    assert ast.literal_eval(assigned["__version__"]) == lf.__version__


def test_package_data_lists_every_file_that_is_not_python():
    listed = project()["tool"]["setuptools"]["package-data"]["logoflow"]
    package = REPO / "logoflow"
    others = [
        str(path.relative_to(package))
        for path in package.rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc")
    ]
    assert sorted(others) == sorted(listed)


def test_make_setup_installs_what_a_build_needs():
    """`make setup` builds without isolation, with the setuptools of the lock files."""
    (needed,) = project()["build-system"]["requires"]
    assert needed in project()["project"]["optional-dependencies"]["test"]


def test_the_workflow_uses_supported_pythons_and_the_readmes_packages():
    text = (REPO / ".github" / "workflows" / "test.yml").read_text()
    job = yaml.safe_load(text)["jobs"]["test"]

    declared = {
        line.rsplit(" ", 1)[1]
        for line in project()["project"]["classifiers"]
        if line.startswith("Programming Language :: Python :: 3.")
    }
    assert set(job["strategy"]["matrix"]["python"]) <= declared
    assert f"apt-get install --yes {debian_packages()}\n" in text
    steps = [step.get("run") for step in job["steps"]]
    assert {"make lint", "make test"} < set(steps)
