"""``logoflow serve``: answer over HTTP."""

import os

import click

from logoflow.cli.options import address_options, check_level


@click.command()
@click.argument("model")
@address_options
@click.option(
    "--level",
    metavar="LEVEL",
    callback=check_level,
    default="whole",
    show_default=True,
    help="How closely to look if a request does not say.",
)
@click.option("--max-bytes", type=click.IntRange(min=1), help="Largest request.  [20,000,000]")
@click.option("--max-pixels", type=click.IntRange(min=1), help="Largest picture.  [50,000,000]")
@click.option("--max-requests", type=click.IntRange(min=1), help="Requests at a time.  [32]")
def serve(
    model: str,
    host: str,
    port: int,
    level: str,
    max_bytes: int | None,
    max_pixels: int | None,
    max_requests: int | None,
    allow_private: bool,
) -> None:
    """Name brands over HTTP, until Ctrl-C.

    MODEL is the folder of a trained model. POST a picture, a form with pictures, or JSON with a
    URL to /predict. The page /docs describes the service.
    """
    from logoflow.utils.extras import require_extra

    require_extra("serve")
    # MXNet's threads would spin while they wait for one another. On two busy cores the service then
    # answered 2 to 11 photos a second instead of 50 to 60.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from logoflow.inference.classifier import LogoClassifier
    from logoflow.web.service.app import Service
    from logoflow.web.service.limits import Limits
    from logoflow.web.service.server import serve as run
    from logoflow.web.service.whole_photos import exported_model

    limits_given = {"max_bytes": max_bytes, "max_pixels": max_pixels, "max_requests": max_requests}
    chosen = {name: value for name, value in limits_given.items() if value is not None}
    limits = Limits(allow_private=allow_private, **chosen)
    classifier = LogoClassifier.load(model)
    service = Service(classifier, level, limits, exported_model(classifier))
    run(service, host, port, lambda address: click.echo(f"logoflow answers at {address}/docs"))
