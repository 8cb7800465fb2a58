"""``logoflow app``: a page that names the brand in a picture."""

import click

from logoflow.cli.options import address_options


@click.command()
@click.argument("model", required=False)
@address_options
def app(model: str | None, host: str, port: int, allow_private: bool) -> None:
    """Serve a page that names the brand in a picture that is dropped on it, until Ctrl-C.

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
