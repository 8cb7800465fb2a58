"""The routes of the page: the page itself, its samples, and the answer for a picture."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from logoflow.errors import FetchError, ImageError
from logoflow.fetch.failures import without_advice
from logoflow.fetch.fetch_image import fetch_image
from logoflow.images.decode import decode_image
from logoflow.web.app.explain import explain
from logoflow.web.app.samples import sample_pictures
from logoflow.web.service.answering import FETCH_OPTIONS, Sent
from logoflow.web.service.limits import Limits
from logoflow.web.service.requests import sent_pictures

if TYPE_CHECKING:
    from logoflow.inference.classifier import LogoClassifier

PAGE = Path(__file__).with_name("page.html")

POLICY = (
    "default-src 'none'; img-src 'self' data: blob:; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""The browser loads nothing but this page, and sends nothing elsewhere."""


class PageApp:
    """A web page that names the brand in a picture that the user drops on it.

    Pictures are answered in memory, one at a time, and are not kept.

    Parameters
    ----------
    classifier : LogoClassifier or None
        None: brands are identified by their artwork, without a trained model.
    limits : Limits, optional
    """

    def __init__(self, classifier: "LogoClassifier | None", limits: Limits | None = None):
        self.classifier, self.limits = classifier, limits or Limits()
        self.samples = sample_pictures(None if classifier is None else classifier.classes)
        self.waiting = 0
        self._turn = asyncio.Lock()
        explain(classifier, np.full((480, 640, 3), 127, np.uint8))  # compiles the network

    def routes(self) -> list[Route]:
        """List the routes."""
        return [
            Route("/", self.page),
            Route("/about", self.about),
            Route("/samples/{number:int}.jpg", self.sample),
            Route("/explain", self.explain, methods=["POST"]),
        ]

    def close(self) -> None:
        """Stop. There is nothing to stop: each picture is answered in its own request."""

    async def page(self, _: Request) -> Response:
        """Send the page."""
        headers = {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"}
        return HTMLResponse(PAGE.read_text(encoding="utf-8"), headers=headers)

    async def about(self, _: Request) -> Response:
        """Say what the page can answer."""
        if self.classifier is None:
            text = "Without a trained model: thousands of brands, known from their artwork alone."
        else:
            brands = len(self.classifier.classes) - (self.classifier.no_logo is not None)
            text = f"A model that knows {brands} brand{'s' * (brands != 1)}."
        return JSONResponse({"text": text, "samples": list(self.samples)})

    async def sample(self, request: Request) -> Response:
        """Send a sample picture."""
        number = request.path_params["number"]
        if number >= len(self.samples):
            raise HTTPException(404, f"There is no sample {number}.")
        pixels = list(self.samples.values())[number]
        _, encoded = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
        return Response(encoded.tobytes(), media_type="image/jpeg")

    async def explain(self, request: Request) -> Response:
        """Answer for a picture, or for the picture behind a URL."""
        if self.waiting >= self.limits.max_requests:
            raise HTTPException(503, "Too many pictures at a time. Try again in a second.")
        self.waiting += 1
        try:
            sent = await sent_pictures(request, self.limits)
            pixels = await asyncio.to_thread(self._read, sent[0])
            async with self._turn:
                answer = await asyncio.to_thread(explain, self.classifier, pixels)
        finally:
            self.waiting -= 1
        return JSONResponse(answer)

    def _read(self, sent: Sent) -> np.ndarray:
        """Decode a picture that was sent, or fetch it."""
        limits, content = self.limits, sent.content
        try:
            if sent.url is not None:
                content = fetch_image(
                    sent.url,
                    limits.allow_private,
                    max_bytes=limits.max_bytes,
                    max_pixels=limits.max_pixels,
                    decode=False,
                    **FETCH_OPTIONS,  # type: ignore[arg-type]
                ).content
            source = sent.path or sent.url or "This file"
            return decode_image(content or b"", max_pixels=limits.max_pixels, source=source)
        except FetchError as error:
            raise HTTPException(422, f"{error.url}: {without_advice(error).reason}.") from error
        except ImageError as error:
            raise HTTPException(422, str(error)) from error
