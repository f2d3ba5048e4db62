"""The command `touchpoint explain`: one alert, for whoever was called because of it."""

import sys
from pathlib import Path

import click

from streams.cli_options import FORMAT, PATH, say, say_json, speaking


@click.command()
@click.argument("alert_id")
@click.option("--url", default="http://127.0.0.1:6066", help="Of the worker that has the judge.")
@click.option("--user", help="Name of a user, where http.auth asks for one; needs --password-file.")
@click.option("--password-file", type=PATH, help="File with the user's password.")
@click.option("--token-file", type=PATH, help="File with the token, where http.auth asks for one.")
@click.option("--ca-file", type=PATH, help="Authorities that sign the worker's certificate (PEM).")
@FORMAT
@speaking
def explain(
    alert_id: str,
    url: str,
    user: str | None,
    password_file: Path | None,
    token_file: Path | None,
    ca_file: Path | None,
    style: str,
) -> None:
    """Tell why an alert stands: reasons, figures, thresholds, what to check first, where to look.

    ALERT_ID is its id, or the beginning of it. Exits 1 where there is no such alert, 2 where no answer
    comes: `touchpoint explain ab1ae0e5`.
    """
    if bool(user) != bool(password_file):
        raise click.UsageError("--user and --password-file belong together")
    if user and token_file:
        raise click.UsageError("either a user or a token")
    from streams import explain as asked  # noqa: PLC0415 - aiohttp takes a while to import

    authorization = ""
    if user and password_file:
        authorization = asked.basic(user, password_file)
    elif token_file:
        authorization = asked.bearer(token_file)
    try:
        told = asked.explained(asked.Asking(url, authorization, ca_file), alert_id)
    except asked.UnknownAlertError as error:
        click.echo(f"touchpoint: {error}", err=True)
        sys.exit(1)
    if style == "json":
        say_json(told)
    else:
        say(asked.lines_of(told, url))
