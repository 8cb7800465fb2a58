"""Read what clients send: pictures, forms with pictures, and URLs, all within limits."""

import asyncio
import json
from collections.abc import AsyncGenerator

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from logoflow.inference.levels import Level, as_level
from logoflow.web.service.answering import Sent
from logoflow.web.service.limits import Limits

MAX_TOP_K = 100
MAX_JSON_BYTES = 1 << 20


async def sent_pictures(request: Request, limits: Limits) -> list[Sent]:
    """Read the pictures of a request.

    Parameters
    ----------
    request : Request
        JSON has URLs, a form has pictures, and any other body is one picture, whatever its type
        says: the content decides.
    limits : Limits

    Returns
    -------
    list of Sent
        At least one.

    Raises
    ------
    HTTPException
        With a status from 400 to 499 and a sentence.
    """
    if encoding := request.headers.get("content-encoding", "").strip():
        raise HTTPException(415, f"Send the body without the content encoding {encoding!r}.")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await read_body(request, limits)
    if not body:
        raise HTTPException(
            400, "The body is empty. Send a picture, a form with pictures, or JSON with a url."
        )
    if kind == "application/json":
        sent = _urls(body)
    elif kind == "multipart/form-data":
        sent = await _form_pictures(request, body, limits)
    else:
        sent = [Sent(body)]
    if len(sent) > limits.max_pictures:
        raise HTTPException(
            413, f"{len(sent)} pictures are more than the {limits.max_pictures} of a request."
        )
    return sent


async def read_body(request: Request, limits: Limits) -> bytes:
    """Read the body of a request piece by piece, up to the limits of bytes and time.

    Raises
    ------
    HTTPException
        413 if it is too large, 408 if it takes too long.
    """
    too_large = HTTPException(
        413, f"The body has more than the {limits.max_bytes:,} bytes of a request."
    )
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limits.max_bytes:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(limits.receive_seconds):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limits.max_bytes:
                    raise too_large
    except TimeoutError as error:
        raise HTTPException(
            408, f"The body did not arrive within {limits.receive_seconds:g} seconds."
        ) from error
    return bytes(body)


def _urls(body: bytes) -> list[Sent]:
    """Read ``{"url": "https://..."}`` or ``{"urls": [...]}``."""
    wrong = HTTPException(
        400, 'Send JSON such as {"url": "https://example.com/cup.jpg"} or {"urls": [...]}.'
    )
    if len(body) > MAX_JSON_BYTES:
        raise HTTPException(413, f"The JSON has more than {MAX_JSON_BYTES:,} bytes.")
    try:
        stored = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise HTTPException(400, f"The body is not valid JSON: {error}.") from error
    if not isinstance(stored, dict) or len(stored) != 1:
        raise wrong
    urls = stored.get("urls", [stored.get("url")])
    if not isinstance(urls, list) or not urls or not all(isinstance(url, str) for url in urls):
        raise wrong
    return [Sent(None, url=url) for url in urls]


async def _form_pictures(request: Request, body: bytes, limits: Limits) -> list[Sent]:
    async def whole() -> AsyncGenerator[bytes, None]:
        yield body

    parser = MultiPartParser(request.headers, whole(), max_files=limits.max_pictures, max_fields=0)
    parser.spool_max_size = limits.max_bytes  # in memory: the body is there, too
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise HTTPException(
            400,
            f"The form cannot be read: {error.message} Send up to {limits.max_pictures} files and "
            "no other fields, such as curl -F picture=@cup.jpg does.",
        ) from error
    files = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
    if not files:
        raise HTTPException(400, "The form has no pictures. Send files, as curl -F does.")
    return [Sent(await file.read(), file.filename or None) for file in files]


def asked_level(request: Request, default: Level) -> Level:
    """Read how closely to look, from ``?level=``.

    Raises
    ------
    HTTPException
        400 if there is no such level.
    """
    try:
        return as_level(request.query_params.get("level"), default=default)
    except ValueError as error:
        raise HTTPException(400, str(error)) from error


def asked_top_k(request: Request) -> int:
    """Read how many of the likeliest classes to list, from ``?top_k=``; 3 by default.

    Raises
    ------
    HTTPException
        400 if it is no whole number from 1 to 100.
    """
    text = request.query_params.get("top_k", "3")
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= MAX_TOP_K):
        raise HTTPException(400, f"top_k is {text!r}: give a whole number from 1 to {MAX_TOP_K}.")
    return int(text)
