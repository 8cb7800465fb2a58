"""The routes of the service, and its responses.

`logoflow.inference.answer_rows` makes the rows of a response. `openapi` describes them.
"""

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from logoflow import __version__
from logoflow.inference.levels import Level, LevelLike, as_level
from logoflow.web.service.answering import Answerer, Row
from logoflow.web.service.limits import Limits
from logoflow.web.service.openapi import openapi_document, openapi_page
from logoflow.web.service.requests import asked_level, asked_top_k, sent_pictures

if TYPE_CHECKING:
    from logoflow.inference.classifier import LogoClassifier
    from logoflow.inference.exported_model import ExportedModel

GREY = np.full((480, 640, 3), 127, np.uint8)


class Service:
    """A classifier behind HTTP.

    Parameters
    ----------
    classifier : LogoClassifier
    level : Level or str
        How closely to look if a request does not say.
    limits : Limits, optional
    exported : ExportedModel, optional
        The same classifier in ONNX Runtime (`logoflow.web.service.whole_photos`). It answers for
        whole photos.

    Raises
    ------
    ValueError
        If the classifier cannot answer at this level.
    """

    def __init__(
        self,
        classifier: "LogoClassifier",
        level: LevelLike = "whole",
        limits: Limits | None = None,
        exported: "ExportedModel | None" = None,
    ):
        self.classifier, self.level = classifier, as_level(level)
        self.limits = limits or Limits()
        self.in_flight = 0
        self._problems: dict[Level, str | None] = {}
        if problem := self.problem_of(self.level):
            raise ValueError(problem)
        self.answerer = Answerer(classifier, self.limits, exported)

    def routes(self) -> list[Route]:
        """List the routes."""
        return [
            Route("/predict", self.predict, methods=["POST"]),
            Route("/health", self.health),
            Route("/openapi.json", self.openapi),
            Route("/docs", self.docs),
        ]

    def close(self) -> None:
        """Answer what was submitted, then stop the threads."""
        self.answerer.close()

    async def predict(self, request: Request) -> Response:
        """Answer for the pictures of a request."""
        if self.in_flight >= self.limits.max_requests:
            raise HTTPException(
                503,
                f"{self.in_flight} requests are being answered. Try again in a second.",
                {"Retry-After": "1"},
            )
        self.in_flight += 1
        try:
            level, top_k = asked_level(request, self.level), asked_top_k(request)
            if level not in self._problems:
                await asyncio.to_thread(self.problem_of, level)
            if problem := self._problems[level]:
                raise HTTPException(400, problem)
            sent = await sent_pictures(request, self.limits)
            futures = [self.answerer.submit(one, level, top_k) for one in sent]
            rows = await asyncio.gather(*map(asyncio.wrap_future, futures))
        finally:
            self.in_flight -= 1
        return answer(level, rows)

    def problem_of(self, level: Level) -> str | None:
        """Say why the classifier cannot answer at a level; None if it can.

        It classifies a grey picture to find out. This also compiles the network.
        """
        if level not in self._problems:
            try:
                self.classifier.predict(GREY, level=level)
                self._problems[level] = None
            except (ValueError, ModuleNotFoundError) as error:
                self._problems[level] = str(error)
        return self._problems[level]

    async def health(self, _: Request) -> Response:
        """Say that the service runs, and what it knows."""
        classifier = self.classifier
        return JSONResponse(
            {
                "status": "ok",
                "version": __version__,
                "classes": list(classifier.classes),
                "level": str(self.level),
                "levels_with_decisions": [str(level) for level in classifier.decisions],
                "requests_in_flight": self.in_flight,
            }
        )

    async def openapi(self, _: Request) -> Response:
        """Describe the service for programs."""
        return JSONResponse(openapi_document(self.level, self.limits))

    async def docs(self, _: Request) -> Response:
        """Describe the service for people, in a page that loads nothing else."""
        return HTMLResponse(openapi_page(openapi_document(self.level, self.limits)))


class Routes(Protocol):
    """What `make_app` needs: `Service`, or the page of `logoflow app`."""

    def routes(self) -> list[Route]:
        """List the routes."""

    def close(self) -> None:
        """Stop all threads."""


def make_app(service: Routes) -> Starlette:
    """Make the application that uvicorn runs.

    Parameters
    ----------
    service : Service or PageApp

    Returns
    -------
    Starlette
    """
    return Starlette(
        routes=service.routes(),
        exception_handlers={
            HTTPException: _refusal,
            ClientDisconnect: _gone,
            Exception: _fault,
        },
    )


def answer(level: Level, rows: list[Row]) -> Response:
    """Make the response: 200 if one of the pictures could be read, else 413 or 422."""
    body: dict[str, Any] = {"level": str(level), "answers": rows}
    failed = [row for row in rows if row["status"] != "ok"]
    if len(failed) < len(rows):
        return JSONResponse(body)
    status = 413 if all(row["status"] == "too_large" for row in failed) else 422
    return JSONResponse({"error": str(failed[0]["error"]), **body}, status)


async def _refusal(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


async def _gone(_: Request, error: Exception) -> Response:
    """Answer a client that has gone. Nobody reads the answer."""
    return Response(status_code=400)


async def _fault(_: Request, error: Exception) -> Response:
    """Report an error of the service. Starlette passes the error on to the server's log."""
    return JSONResponse({"error": "The service failed. Its log says why."}, 500)
