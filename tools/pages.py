"""Give the site what it holds besides docs/: the README, notebooks, the reference, linked files.

MkDocs calls the functions `on_...` (`hooks` in mkdocs.yml). The site has the folders of the
repository, so a relative link from one file to another works on GitHub and on the site. A linked
file that is not Markdown becomes a page: a notebook with its outputs, a program with its source.
"""

import re
from pathlib import Path
from posixpath import dirname, join, normpath

import nbformat
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files, InclusionLevel
from nbconvert import MarkdownExporter

from tools.notebooks import notebook_paths, without_solutions
from tools.reference import reference_pages

REPO = Path(__file__).resolve().parent.parent
LINK = re.compile(r"(?<=\]\()(?P<path>[^)\s#:]+)(?P<anchor>#[^)\s]*)?(?=\))")
FOREIGN = re.compile(
    r"<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=['\"]?(https?://[^\s'\">]+)"
)
PICTURES = ".png", ".jpg", ".svg"


def notebook_names() -> list[str]:
    """Return the paths of the notebooks in the repository."""
    return [path.relative_to(REPO).as_posix() for path in notebook_paths()]


def page_of(path: str) -> str:
    """Return the file of the site that shows a file of the repository.

    Examples
    --------
    >>> [page_of(path) for path in ("docs/install.md", "notebooks/01_a.ipynb", "LICENSE")]
    ['docs/install.md', 'notebooks/01_a.md', 'LICENSE.md']
    """
    if path.endswith((".md", *PICTURES)):
        return path
    return path.removesuffix(".ipynb") + ".md"


def text_of(path: str) -> str:
    """Return a file of the repository as Markdown."""
    if path.endswith(".ipynb"):
        return notebook_text(REPO / path)
    text = (REPO / path).read_text(encoding="utf-8")
    if path.endswith(".md"):
        return text
    language = {".py": "python", ".json": "json", ".cff": "yaml"}.get(Path(path).suffix, "text")
    return f"---\nsearch:\n  exclude: true\n---\n# {path}\n\n````{language}\n{text}\n````\n"


def notebook_text(path: Path) -> str:
    """Return a notebook with its outputs as Markdown, without the solutions of its exercises."""
    notebook = without_solutions(nbformat.read(path, as_version=4))
    text, _ = MarkdownExporter().from_notebook_node(notebook)
    return text


def linked_files(path: str, text: str) -> list[str]:
    """Return the files of the repository that a text links to."""
    targets = [normpath(join(dirname(path), link["path"])) for link in LINK.finditer(text)]
    return [target for target in targets if (REPO / target).is_file()]


def collect_texts(paths: list[str]) -> dict[str, str]:
    """Return the texts of these files, and of all files that one reaches from them by links."""
    texts: dict[str, str] = {}
    waiting = list(paths)
    while waiting:
        path = waiting.pop()
        if path not in texts and not path.endswith(PICTURES):
            texts[path] = text_of(path)
            waiting += linked_files(path, texts[path])
    return texts


def rewrite_links(path: str, text: str) -> str:
    """Let links to files that are not Markdown lead to the pages that show them."""

    def rewritten(link: re.Match) -> str:
        target = normpath(join(dirname(path), link["path"]))
        if not (REPO / target).is_file():
            return link[0]
        page = page_of(link["path"])
        return page + (link["anchor"] or "")

    return LINK.sub(rewritten, text)


def on_config(config: MkDocsConfig) -> None:
    """Add the notebooks and the reference to the navigation."""
    notebooks = [page_of(path) for path in notebook_names()]
    config.nav[2:2] = [{"Notebooks": notebooks}, {"Reference": list(reference_pages())}]


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Return the files of the site, each at its path in the repository."""
    docs_files = [file for file in files if file.src_dir == config.docs_dir]
    pictures = [f"docs/{file.src_uri}" for file in docs_files if file.src_uri.endswith(PICTURES)]
    shown = [file for file in docs_files if file.inclusion.is_included()]
    guide = [f"docs/{file.src_uri}" for file in shown if file.is_documentation_page()]
    pages = ["README.md", *guide, *notebook_names()]
    site = Files([file for file in files if file not in docs_files])  # the theme's files
    for path, text in collect_texts(pages).items():
        shown = InclusionLevel.INCLUDED if path in pages else InclusionLevel.NOT_IN_NAV
        content = rewrite_links(path, text)
        site.append(File.generated(config, page_of(path), content=content, inclusion=shown))
    for path in pictures:
        site.append(File.generated(config, path, abs_src_path=str(REPO / path)))
    for path, text in reference_pages().items():
        site.append(File.generated(config, path, content=text))
    worker = str(REPO / "tools" / "iframe-worker.js")
    site.append(File.generated(config, "assets/iframe-worker.js", abs_src_path=worker))
    return site


def on_post_page(output: str, **_: object) -> str:
    """Stop if a page loads something from another server: the site is read without a network."""
    if found := FOREIGN.search(output):
        raise PluginError(f"A page loads {found[1]}. Put the file into the repository instead.")
    return output
