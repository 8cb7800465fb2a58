"""Write tables of answers as text, JSON or CSV."""

import json
from typing import TYPE_CHECKING

import pandas as pd

from logoflow.inference.answer_rows import json_row

if TYPE_CHECKING:
    from logoflow.inference.classifier import LogoClassifier
    from logoflow.web.bulk.classify_urls import BulkSummary


def answers_text(answers: pd.DataFrame, format_: str) -> str:
    """Write answers.

    Parameters
    ----------
    answers : DataFrame
        From `LogoClassifier.predict` with ``on_error="row"``.
    format_ : {"table", "json", "csv"}
        JSON is a list of objects whose keys are the columns. ``top_k`` is a list of objects with
        ``brand`` and ``probability``. In CSV, ``top_k`` is this list as JSON.

    Returns
    -------
    str

    Examples
    --------
    >>> columns = ["path", "status", "error", "brand", "probability", "top_k", "reason"]
    >>> row = ("a.jpg", "ok", None, "bmw", 0.9, [("bmw", 0.9)], None)
    >>> print(answers_text(pd.DataFrame([row], columns=columns), "table"))
    path   brand  probability  remark
    a.jpg  bmw           0.90
    """
    rows = [json_row(row) for row in answers.to_dict("records")]
    if format_ == "json":
        return json.dumps(rows, indent=1, ensure_ascii=False)
    if format_ == "csv":
        texts = [{**row, "top_k": json.dumps(row["top_k"], ensure_ascii=False)} for row in rows]
        frame = pd.DataFrame(texts, columns=answers.columns)
        return frame.to_csv(index=False).rstrip("\n")
    shown = [
        (
            row["path"] or "",
            row["brand"] or "-",
            "" if row["probability"] is None else f"{row['probability']:.2f}",
            row["error"] or row["reason"] or "",
        )
        for row in rows
    ]
    return _aligned([("path", "brand", "probability", "remark"), *shown], numbers={2})


def table_text(table: pd.DataFrame, index_name: str, format_: str) -> str:
    """Write a table of numbers with named rows; NaN is empty in CSV and null in JSON.

    Examples
    --------
    >>> print(table_text(pd.DataFrame({"value": [0.5]}, index=["accuracy"]), "metric", "csv"))
    metric,value
    accuracy,0.5
    """
    named = table.rename_axis(index_name).reset_index()
    if format_ == "csv":
        return named.to_csv(index=False).rstrip("\n")
    if format_ == "json":
        rows = [json_row(row) for row in named.to_dict("records")]
        return json.dumps(rows, indent=1, ensure_ascii=False)
    return table.round(3).to_string()


def summary_text(summary: "BulkSummary", format_: str) -> str:
    """Write the result of `logoflow classify-urls`."""
    facts = {**summary._asdict(), "output": str(summary.output)}
    if format_ == "json":
        return json.dumps(facts, indent=1, ensure_ascii=False)
    rows = [(status, f"{rows:,}") for status, rows in summary.statuses.items()]
    last = f"{summary.rows:,} rows of answers are in {summary.output}"
    return "\n".join([_aligned([("status", "rows"), *rows], numbers={1}), last])


def model_facts(classifier: "LogoClassifier", folder: str, format_: str) -> str:
    """Write what was trained, and where it is."""
    if format_ == "json":
        facts = {
            "model": folder,
            "classes": list(classifier.classes),
            "level": str(classifier.level),
            "levels": [str(level) for level in classifier.decisions],
        }
        return json.dumps(facts, indent=1, ensure_ascii=False)
    return f"{classifier!r}\nThe model is in {folder}"


def _aligned(rows: list[tuple], numbers: set[int]) -> str:
    """Align columns by spaces: numbers to the right, text to the left."""
    widths = [max(len(str(row[column])) for row in rows) for column in range(len(rows[0]))]
    lines = (
        "  ".join(
            str(cell).rjust(width) if column in numbers else str(cell).ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
    return "\n".join(lines)
