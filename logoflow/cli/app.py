"""``logoflow app``: a page that names the brand in a picture."""

import click


@click.command()
@click.argument("model", required=False)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on. 0.0.0.0 lets other machines in.",
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0: any."
)
@click.option("--allow-private", is_flag=True, help="Fetch from servers of your own network too.")
def app(model: str | None, host: str, port: int, allow_private: bool) -> None:
    """Open a page on which one drops a picture, until Ctrl-C.

    MODEL is the folder of a trained model. Without it, the page compares pictures with the artwork
    of thousands of brands. Pictures stay on this machine, and are not kept.
    """
    from logoflow.utils.extras import require_extra

    require_extra("serve")
    from logoflow.inference.classifier import LogoClassifier
    from logoflow.web.app.page_app import PageApp
    from logoflow.web.service.limits import Limits
    from logoflow.web.service.server import serve as run

    classifier = None if model is None else LogoClassifier.load(model)
    page = PageApp(classifier, Limits(max_requests=8, allow_private=allow_private))
    run(page, host, port, lambda address: click.echo(f"Open {address} in a browser."))
