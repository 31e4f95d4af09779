"""The command `hoistway`: runs the server, and manages everything without a browser."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from hoistway import __version__, clock
from hoistway.applications.managing import keep_management_api
from hoistway.commands.accounts import SERVICE_ACCOUNT, USER
from hoistway.commands.apis import API
from hoistway.commands.applications import APP
from hoistway.commands.audit import AUDIT
from hoistway.commands.backup import add_backup
from hoistway.commands.changes import add_changes
from hoistway.commands.compacting import add_compacting
from hoistway.commands.consents import CONSENT
from hoistway.commands.context import (
    CHOSEN,
    AsJson,
    Chosen,
    known_environment,
    on_database,
    read_settings,
    show_one,
    warn,
)
from hoistway.commands.ending import end_in_order
from hoistway.commands.files import add_files
from hoistway.commands.importing import IMPORT
from hoistway.commands.keys import KEYS
from hoistway.commands.legacy import LEGACY
from hoistway.commands.mail_texts import MAIL
from hoistway.commands.master_key import MASTER_KEY
from hoistway.commands.nouns import verb
from hoistway.commands.organisations import CUSTOMER, SITE
from hoistway.commands.password_list import PASSWORDS
from hoistway.commands.products import PRODUCT
from hoistway.commands.provider_domains import DOMAIN
from hoistway.commands.providers import PROVIDER
from hoistway.commands.reload import add_reload
from hoistway.commands.replay import add_replay
from hoistway.commands.scim import SCIM
from hoistway.commands.setup import add_setup
from hoistway.commands.shadow import add_shadow
from hoistway.commands.subscriptions import SUBSCRIPTION
from hoistway.commands.tenants import TENANT
from hoistway.commands.tokens import TOKEN
from hoistway.commands.units import UNIT
from hoistway.exits import EXIT_CODES
from hoistway.portal.own_application import keep_own_application
from hoistway.server.command import SERVE_HELP, prepare_database, serve
from hoistway.store.version import NEEDED

APP_HELP = "Hoistway: identity service and Customer API for lift data."
cli = typer.Typer(help=APP_HELP, epilog=EXIT_CODES, no_args_is_help=True, pretty_exceptions_enable=False)
for name, group in (
    ("customer", CUSTOMER), ("site", SITE), ("unit", UNIT), ("user", USER), ("service-account", SERVICE_ACCOUNT),
    ("app", APP), ("api", API), ("consent", CONSENT), ("keys", KEYS),
    ("master-key", MASTER_KEY), ("token", TOKEN), ("tenant", TENANT),
    ("product", PRODUCT), ("subscription", SUBSCRIPTION), ("audit", AUDIT), ("legacy", LEGACY),
    ("passwords", PASSWORDS), ("mail", MAIL), ("provider", PROVIDER), ("scim", SCIM), ("import", IMPORT),
):  # fmt: skip
    cli.add_typer(group, name=name)


PROVIDER.add_typer(DOMAIN, name="domain")


def _say_version(asked: bool) -> None:
    if asked:
        typer.echo(__version__)
        raise typer.Exit


@cli.callback()
def _root(
    data: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Work on the demonstration there; ./data where nothing is set."),
    ] = None,
    acts_as: Annotated[
        str | None,
        typer.Option("--as", metavar="NAME", help="Who you are, for the audit trail; the system's user without."),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_say_version, is_eager=True)
    ] = False,
) -> None:
    CHOSEN.set(Chosen(data, acts_as))


@cli.command(
    "serve", help=SERVE_HELP, epilog=EXIT_CODES, add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
)  # fmt: skip
def _serve(asked: typer.Context) -> None:
    raise typer.Exit(serve(asked.args))


@verb(cli, "init", "Create or upgrade the schema, and make the signing keys and the portal's own application.")
def init(as_json: AsJson = False) -> None:
    settings = read_settings()
    warnings = prepare_database(settings)
    if known_environment().base_url is not None:
        on_database(settings, lambda db: keep_management_api(db, settings.base_url, clock.now()))
        on_database(settings, lambda db: keep_own_application(db, settings.base_url, clock.now()))
    warn(warnings)
    show_one({"ready": True, "schema": NEEDED, "warnings": warnings}, as_json)


add_setup(cli, prepare_database)
add_backup(cli)
add_changes(cli)
add_compacting(cli)
add_files(cli)
add_reload(cli)
add_replay(cli)
add_shadow(cli)


@verb(cli, "version", "Print the version, and the number of the schema that it needs.")
def version(as_json: AsJson = False) -> None:
    show_one({"version": __version__, "schema": NEEDED}, as_json)


def in_front(words: list[str]) -> list[str]:
    """`--data FOLDER` and `--as NAME` may stand anywhere before `--`; this moves them in front of the noun."""
    front: list[str] = []
    rest: list[str] = []
    left = list(words)
    while left:
        word = left.pop(0)
        if word == "--":
            return [*front, *rest, word, *left]
        if word in {"--data", "--as"} and left:
            front += [word, left.pop(0)]
        elif word.startswith(("--data=", "--as=")):
            front.append(word)
        else:
            rest.append(word)
    return [*front, *rest]


def main() -> None:
    end_in_order()
    cli(in_front(sys.argv[1:]))
