"""A prepared data set's folders, drawn in text."""

from pathlib import Path


def folder_tree(root: Path | str, *, most: int = 5) -> str:
    """Draw the folders of a prepared data set, with the number of photos in each.

    Parameters
    ----------
    root : Path or str
        As prepared.
    most : int
        How many of each split's class folders to show.

    Returns
    -------
    str
        A line per folder or file.

    Examples
    --------
    >>> print(folder_tree(prepare_root(), most=1))
    sample/
      classes.json
      train_data/  240 photos
        HP/  10 photos
        ... 16 more folders
    """
    root = Path(root)
    lines = [f"{root.name}/"]
    for path in sorted(root.iterdir(), key=lambda path: (path.is_dir(), path.name)):
        if path.name.startswith("."):
            continue
        if path.is_dir():
            lines += _split_lines(path, most)
        elif path.suffix == ".json" and not path.name.endswith("_data.json"):
            lines.append(f"  {path.name}")
    return "\n".join(lines)


def _split_lines(split: Path, most: int) -> list[str]:
    folders = sorted(folder for folder in split.iterdir() if folder.is_dir())
    photos = {folder.name: sum(1 for _ in folder.iterdir()) for folder in folders}
    lines = [f"  {split.name}/  {sum(photos.values())} photos"]
    lines += [f"    {name}/  {photos[name]} photos" for name in list(photos)[:most]]
    if len(photos) > most:
        lines.append(f"    ... {len(photos) - most} more folders")
    return lines
