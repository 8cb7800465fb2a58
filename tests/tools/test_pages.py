"""The site has the files of the repository, and its links lead where they lead on GitHub."""

import re

import pytest

from tools import pages

REPO = pages.REPO


@pytest.mark.parametrize(
    ("link", "on_the_site"),
    [
        ("[a](install.md#gpu)", "[a](install.md#gpu)"),
        ("[a](../notebooks/01_prepare_data.ipynb)", "[a](../notebooks/01_prepare_data.md)"),
        ("[a](../benchmarks/reliability.py)", "[a](../benchmarks/reliability.py.md)"),
        ("[a](../LICENSE)", "[a](../LICENSE.md)"),
        ("![a](answers.png)", "![a](answers.png)"),
        ("[a](https://example.com/a.py)", "[a](https://example.com/a.py)"),
        ("[a](missing.py)", "[a](missing.py)"),
    ],
)
def test_a_link_leads_to_the_page_that_shows_the_file(link, on_the_site):
    assert pages.rewrite_links("docs/design.md", link) == on_the_site


def test_files_that_pages_link_to_are_collected():
    texts = pages.collect_texts(["README.md"])

    assert {"README.md", "docs/install.md", "benchmarks/README.md", "LICENSE"} <= texts.keys()
    assert set(pages.notebook_names()) <= texts.keys()
    assert "docs/pypi.md" not in texts


def test_a_program_is_shown_as_code_and_is_not_searched():
    text = pages.text_of("benchmarks/reliability.py")

    assert "exclude: true" in text
    assert "````python\n" in text


@pytest.mark.parametrize("path", pages.notebook_names())
def test_a_notebook_has_its_figures_and_no_solutions(path):
    notebook = pages.nbformat.read(REPO / path, as_version=4)
    solutions = [c.source for c in notebook.cells if "solution" in c.metadata.get("tags", [])]
    text = pages.text_of(path)

    assert solutions
    assert not [source for source in solutions if source in text]
    assert re.search('<img src="data:image/(png|jpeg);base64,', text)


@pytest.mark.parametrize(
    "tag",
    [
        '<script src="https://example.com/a.js">',
        '<link rel="stylesheet" href="http://example.com/a.css">',
        "<img alt='' src='https://example.com/a.png'>",
    ],
)
def test_a_page_that_needs_another_server_is_refused(tag):
    with pytest.raises(pages.PluginError, match="example"):
        pages.on_post_page(f"<html>{tag}</html>")


def test_a_page_may_link_to_another_server():
    page = '<a href="https://example.com"><img src="a.png"></a>'
    assert pages.on_post_page(page) == page
