"""The command `hoistway`: serves, and manages everything without a browser."""

import json
from pathlib import Path
from typing import Annotated

import typer

from hoistway import __version__, clock
from hoistway.commands.accounts import SERVICE_ACCOUNT, USER
from hoistway.commands.apis import API
from hoistway.commands.applications import APP
from hoistway.commands.context import (
    EXIT_CODES,
    UNAVAILABLE,
    USAGE,
    AsJson,
    fail,
    on_database,
    read_settings,
    show_one,
    warn,
)
from hoistway.commands.keys import KEYS
from hoistway.commands.nouns import verb
from hoistway.commands.organisations import CUSTOMER, SITE
from hoistway.commands.products import PRODUCT
from hoistway.commands.subscriptions import SUBSCRIPTION
from hoistway.commands.tenants import TENANT
from hoistway.commands.tokens import TOKEN
from hoistway.commands.units import UNIT
from hoistway.demo import NotOurWorld, greeting, keep_demo
from hoistway.portal.own_application import keep_own_application
from hoistway.serve import CannotServe, Listen, prepare, run
from hoistway.settings import Environment, Settings
from hoistway.store.collation import odd_habits
from hoistway.store.db import DatabaseUnavailable
from hoistway.store.open import DriverMissing
from hoistway.store.version import NEEDED
from hoistway.tokens.vault import WrongMasterKey, make_master_key

APP_HELP = "Hoistway: identity service and Customer API for lift data."
cli = typer.Typer(help=APP_HELP, epilog=EXIT_CODES, no_args_is_help=True, pretty_exceptions_enable=False)
for name, group in (
    ("customer", CUSTOMER), ("site", SITE), ("unit", UNIT), ("user", USER), ("service-account", SERVICE_ACCOUNT),
    ("app", APP), ("api", API), ("keys", KEYS), ("token", TOKEN), ("tenant", TENANT),
    ("product", PRODUCT), ("subscription", SUBSCRIPTION),
):  # fmt: skip
    cli.add_typer(group, name=name)


def _demo_settings(folder: Path, listen: Listen, database: str | None) -> Settings:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(listen.host, listen.host)  # noqa: S104  compared, not bound
    scheme = "https" if listen.tls_cert is not None else "http"
    folder.mkdir(parents=True, exist_ok=True)
    key = make_master_key(folder / "master.key")
    return Settings(f"{scheme}://{host}:{listen.port}", database or f"sqlite:///{folder.resolve()}/hoistway.db", key)


def _prepare(settings: Settings) -> list[str]:
    """What is odd about the database, in words."""
    try:
        prepare(settings)
        return on_database(settings, odd_habits)
    except (DatabaseUnavailable, OSError) as error:
        fail(f"the database does not answer: {error}", UNAVAILABLE)
    except (DriverMissing, WrongMasterKey, ValueError) as error:
        fail(str(error), USAGE)


def _demo_text(settings: Settings, folder: Path) -> str:
    try:
        return greeting(settings, keep_demo(settings, folder))
    except DatabaseUnavailable as error:
        fail(f"the database does not answer: {error}", UNAVAILABLE)
    except NotOurWorld as error:
        fail(str(error), USAGE)


def _ready_text(settings: Settings, data: Path, demo: bool, as_json: bool) -> str:
    """What is printed when the server answers."""
    text = _demo_text(settings, data) if demo else f"Hoistway serves {settings.base_url}\n"
    if not as_json:
        return text
    file = str((data / "demo.json").resolve()) if demo else None
    return json.dumps({"base_url": settings.base_url, "sign_in_url": f"{settings.base_url}/", "demo_file": file})


@verb(cli, "serve", "Serve. Production reads HOISTWAY_… settings; --demo makes everything it needs in --data.")
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8080,
    workers: Annotated[int, typer.Option(help="Processes that answer.", min=1, max=64)] = 1,
    data: Annotated[Path, typer.Option(help="Folder of the demonstration.")] = Path("data"),
    database: Annotated[str | None, typer.Option(help="sqlite:///FILE or postgresql://…")] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="Certificate chain, PEM.", exists=True)] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Its private key, PEM.", exists=True)] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Make and keep a demonstration world.")] = False,
    as_json: AsJson = False,
) -> None:
    if (tls_cert is None) != (tls_key is None):
        fail("--tls-cert and --tls-key go together", USAGE)
    listen = Listen(host, port, workers, tls_cert, tls_key)
    settings = _demo_settings(data, listen, database) if demo else read_settings(production=True, database=database)
    warn(_prepare(settings))
    text = _ready_text(settings, data, demo, as_json)
    try:
        raise typer.Exit(run(settings, listen, lambda: typer.echo(text)))
    except CannotServe as error:
        fail(str(error), USAGE)


@verb(cli, "init", "Create or upgrade the schema, and make the signing keys and the portal's own application.")
def init(as_json: AsJson = False) -> None:
    settings = read_settings()
    warnings = _prepare(settings)
    if Environment().base_url is not None:
        on_database(settings, lambda db: keep_own_application(db, settings.base_url, clock.now()))
    warn(warnings)
    show_one({"ready": True, "schema": NEEDED, "warnings": warnings}, as_json)


@verb(cli, "version", "Print the version.")
def version(as_json: AsJson = False) -> None:
    typer.echo(json.dumps({"version": __version__}) if as_json else __version__)


def main() -> None:
    cli()
