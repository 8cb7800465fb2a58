"""Describe the service: for programs as OpenAPI, for people as a page without scripts."""

from html import escape
from typing import Any

from logoflow import __version__
from logoflow.inference.levels import AUTO, LAYOUTS, ONE_PASS, Level
from logoflow.web.service.limits import Limits

_TEXT_OR_NULL = {"type": ["string", "null"]}
_ROW = {
    "type": "object",
    "description": "The answer for one picture.",
    "properties": {
        "path": {**_TEXT_OR_NULL, "description": "The file name that was sent."},
        "url": {"type": "string", "description": "In place of path: the URL of the picture."},
        "status": {"type": "string", "description": "ok, or the kind of error."},
        "error": {**_TEXT_OR_NULL, "description": "What is wrong with the picture."},
        "brand": {**_TEXT_OR_NULL, "description": "The answer; no-logo if no brand is named."},
        "probability": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
        "top_k": {
            "type": "array",
            "description": "The likeliest classes.",
            "items": {
                "type": "object",
                "properties": {"brand": {"type": "string"}, "probability": {"type": "number"}},
            },
        },
        "reason": {
            "enum": ["no logo", "unknown brand", "two brands", None],
            "description": "Why no brand is named.",
        },
    },
}
_ANSWERS = {
    "type": "object",
    "properties": {
        "level": {"type": "string"},
        "answers": {"type": "array", "items": {"$ref": "#/components/schemas/Row"}},
    },
}
_ERROR = {
    "type": "object",
    "properties": {"error": {"type": "string", "description": "A sentence."}},
}
_REFUSALS = {
    "400": "An argument or the body is wrong.",
    "408": "The body did not arrive in time.",
    "413": "Too many bytes, pixels or pictures.",
    "415": "The body has a content encoding.",
    "422": "None of the pictures can be read. The rows are there, too.",
    "503": "Too many requests at the same time. Try again.",
}


def openapi_document(level: Level, limits: Limits) -> dict[str, Any]:
    """Describe the service for programs.

    Parameters
    ----------
    level : Level
        The default level.
    limits : Limits

    Returns
    -------
    dict
        OpenAPI 3.1.

    Examples
    --------
    >>> sorted(openapi_document(Level(), Limits())["paths"])
    ['/health', '/predict']
    """
    picture = {"type": "string", "format": "binary"}
    url = {"type": "string", "format": "uri"}
    files = {"type": "array", "items": picture, "maxItems": limits.max_pictures}
    urls = {"type": "array", "items": url, "maxItems": limits.max_pictures}
    predict = {
        "summary": "Name the brands in pictures",
        "description": f"Up to {limits.max_bytes:,} bytes, {limits.max_pixels:,} pixels a picture "
        f"and {limits.max_pictures} pictures.",
        "parameters": [_level_parameter(level), _top_k_parameter()],
        "requestBody": {
            "required": True,
            "content": {
                "image/*": {"schema": picture},
                "multipart/form-data": {
                    "schema": {"type": "object", "properties": {"picture": files}}
                },
                "application/json": {
                    "schema": {"type": "object", "properties": {"url": url, "urls": urls}}
                },
            },
        },
        "responses": {"200": _response("The answers, in the order of the pictures.", "Answers")}
        | {status: _response(text, "Error") for status, text in _REFUSALS.items()},
    }
    health = {
        "summary": "Whether the service runs, and what it knows",
        "responses": {"200": {"description": "It runs."}},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "logoflow", "version": __version__},
        "paths": {"/predict": {"post": predict}, "/health": {"get": health}},
        "components": {"schemas": {"Row": _ROW, "Answers": _ANSWERS, "Error": _ERROR}},
    }


def _level_parameter(default: Level) -> dict[str, Any]:
    names = ", ".join([*LAYOUTS, *ONE_PASS, AUTO])
    return {
        "name": "level",
        "in": "query",
        "description": f"How closely to look: {names}; then match_logos or read_names.",
        "schema": {"type": "string", "default": str(default)},
    }


def _top_k_parameter() -> dict[str, Any]:
    return {
        "name": "top_k",
        "in": "query",
        "description": "Number of the likeliest classes to list.",
        "schema": {"type": "integer", "default": 3, "minimum": 1, "maximum": 100},
    }


def _response(text: str, schema: str) -> dict[str, Any]:
    content = {"schema": {"$ref": f"#/components/schemas/{schema}"}}
    return {"description": text, "content": {"application/json": content}}


_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto }}
pre {{ background: #f3f3f3; padding: .7rem; overflow-x: auto }}
td, th {{ padding: .1rem 1rem .1rem 0; text-align: left; vertical-align: top }}
</style>
<h1>{title}</h1>
<p>The same as <a href="openapi.json">OpenAPI</a>, for programs.</p>
{sections}
</html>
"""
_EXAMPLES = """curl --data-binary @cup.jpg http://127.0.0.1:8000/predict
curl -F picture=@cup.jpg -F picture=@street.jpg http://127.0.0.1:8000/predict
curl --json '{"url": "https://example.com/cup.jpg"}' http://127.0.0.1:8000/predict"""


def openapi_page(document: dict[str, Any]) -> str:
    """Describe the service for people, as HTML that loads nothing else.

    Parameters
    ----------
    document : dict
        From `openapi_document`.

    Returns
    -------
    str
    """
    info = document["info"]
    sections = [
        _section(f"{method.upper()} {path}", operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]
    fields = {
        name: field.get("description", "")
        for name, field in document["components"]["schemas"]["Row"]["properties"].items()
    }
    sections.insert(1, f"<h3>An answer</h3>{_table(fields)}<pre>{escape(_EXAMPLES)}</pre>")
    title = escape(f"{info['title']} {info['version']}")
    return _PAGE.format(title=title, sections="\n".join(sections))


def _section(title: str, operation: dict[str, Any]) -> str:
    parameters = {
        f"?{one['name']}=": f"{one['description']} Default: {one['schema']['default']}."
        for one in operation.get("parameters", [])
    }
    responses = {status: one["description"] for status, one in operation["responses"].items()}
    text = f"{operation['summary']}. {operation.get('description', '')}"
    return f"<h2>{escape(title)}</h2><p>{escape(text)}</p>{_table(parameters)}{_table(responses)}"


def _table(rows: dict[str, str]) -> str:
    cells = (
        f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in rows.items()
    )
    return f"<table>{''.join(cells)}</table>"
