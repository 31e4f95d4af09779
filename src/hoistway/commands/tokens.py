"""hoistway token inspect: what a token says, and why it would be refused."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from hoistway import clock
from hoistway.commands.context import (
    REFUSED,
    AsJson,
    fail,
    known_environment,
    read_settings,
    show_one,
    warn,
    with_database,
)
from hoistway.commands.nouns import noun, verb
from hoistway.commands.refresh_verdict import Refresh, judge_refresh
from hoistway.commands.token_verdict import Asked, Reason, judge
from hoistway.commands.token_words import Explained, explain
from hoistway.protocol.ids import ApiId
from hoistway.protocol.jwt import BadToken, read_unverified
from hoistway.store.db import Database
from hoistway.tokens.vault import Vault

TOKEN = noun("Tokens.")


@verb(
    TOKEN,
    "inspect",
    "Explain a token claim by claim, with every reason why it would be refused: then the exit code is 1.",
)
def inspect(
    text: Annotated[
        str, typer.Argument(metavar="TOKEN", help="Access, ID or refresh token; - reads it from standard input.")
    ] = "-",
    scope: Annotated[str | None, typer.Option(help="A scope that the request needs, such as units.read.")] = None,
    api: Annotated[str, typer.Option(help="Id of the API it is sent to.")] = "customer-api",
    as_json: AsJson = False,
) -> None:
    text = (sys.stdin.read() if text == "-" else text).strip()
    vault, base_url, now = Vault(read_settings().master_key), known_environment().base_url, clock.now()
    refresh = with_database(lambda db: judge_refresh(db, vault, text, now))
    if refresh is not None:
        _show_refresh(refresh, as_json)
        raise typer.Exit(REFUSED if refresh.reasons else 0)
    try:
        header, claims = read_unverified(text)
    except BadToken as error:
        fail(f"this is neither a JSON Web Token ({error}) nor a refresh token of this server")
    if base_url is None:
        warn(["HOISTWAY_BASE_URL is not set, so the issuer is not judged"])
    asked = Asked(ApiId(api), scope, None if base_url is None else base_url.rstrip("/"), now)

    async def work(db: Database) -> list[Reason]:
        return await judge(db, vault, text, header, claims, asked)

    reasons = with_database(work)
    if as_json:
        explained = [asdict(row) for row in explain(claims, now)]
        _print_json({"header": header, "claims": claims, "explained": explained}, reasons)
    else:
        _show_rows([*explain(header, now), *explain(claims, now)])
        _show_verdict(f"The API {api}", reasons)
    raise typer.Exit(REFUSED if reasons else 0)


def _show_refresh(refresh: Refresh, as_json: bool) -> None:
    family = None if refresh.family is None else asdict(refresh.family)
    facts = {"kind": "refresh token", "family_id": refresh.grant_id, "generation": refresh.generation}
    if as_json:
        _print_json({**facts, "family": family}, refresh.reasons)
    else:
        show_one({**facts, **(family or {}), "generation": refresh.generation}, as_json=False)
        _show_verdict("The token endpoint", refresh.reasons)


def _print_json(facts: dict[str, Any], reasons: Sequence[Reason]) -> None:
    typer.echo(json.dumps({**facts, "accepted": not reasons, "refused_because": [asdict(one) for one in reasons]}))


def _show_rows(rows: Sequence[Explained]) -> None:
    for row in rows:
        typer.echo(f"  {row.claim:20} {row.value}   ({row.words})")


def _show_verdict(who: str, reasons: Sequence[Reason]) -> None:
    typer.echo(f"{who} accepts it." if not reasons else f"{who} refuses it:")
    for reason in reasons:
        typer.echo(f"  {reason.code}: {reason.because}")
