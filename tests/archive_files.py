"""Archives for tests, and what comes out of them."""

import zipfile


def zip_with(path, members):
    """Write a zip archive with the members (name, content)."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members:
            file.writestr(name, content)
    return path


def files_in(folder):
    """Return the paths of all files below a folder, relative to it."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
