"""hoistway token inspect: what a token says, and why it would be refused."""

import json
import sys
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from hoistway import clock
from hoistway.authn.directory import Directory
from hoistway.commands.context import AsJson, fail, read_settings, with_database
from hoistway.protocol.claims import check_times
from hoistway.protocol.ids import ClientId, CustomerId
from hoistway.protocol.jwt import BadToken, read_unverified
from hoistway.store.apis import list_apis
from hoistway.store.db import Database
from hoistway.tokens.keyring import Keyring
from hoistway.tokens.revoked import Revoked
from hoistway.tokens.vault import Vault

TOKEN = typer.Typer(help="Tokens.", no_args_is_help=True)
WORDS = {
    "iss": "issued by", "sub": "user id", "oid": "user id, as programs of the installed base read it", "aud": "meant for",
    "exp": "expires", "iat": "issued", "nbf": "valid from", "auth_time": "signed in", "client_id": "application",
    "azp": "application", "customer": "customer: decides which units are visible", "scope": "scopes", "scp": "API scopes",
    "jti": "id of this token", "grant_id": "refresh token family", "name": "name", "email": "e-mail", "emails": "e-mails",
    "employee": "employee of the operator", "acting_for": "an employee acts for this customer", "tfp": "policy",
    "service_account": "a technical account, no person", "preferred_username": "user name", "nonce": "nonce", "ver": "version",
    "tid": "tenant", "sid": "session", "at_hash": "binds the access token",
}  # fmt: skip


@TOKEN.command(
    "inspect", help="Explain a token (an argument, or - for standard input). Exit code 1 where it would be refused."
)
def inspect(text: Annotated[str, typer.Argument(metavar="TOKEN")] = "-", as_json: AsJson = False) -> None:
    text = (sys.stdin.read() if text == "-" else text).strip()
    try:
        header, claims = read_unverified(text)
    except BadToken as error:
        fail(f"this is not a JSON Web Token: {error}. A refresh token or code explains nothing by itself.")
    vault = Vault(read_settings().master_key)
    refused = with_database(lambda db: _judge(db, vault, text, header, claims))
    if as_json:
        typer.echo(json.dumps({"header": header, "claims": claims, "refused_because": refused}))
    else:
        _explain(header, claims, refused)
    raise typer.Exit(1 if refused else 0)


async def _judge(db: Database, vault: Vault, token: str, header: dict[str, Any], claims: dict[str, Any]) -> list[str]:
    now, reasons = clock.now(), []
    keyring, revoked, directory = Keyring(vault), Revoked(), Directory(db, 0)
    await keyring.load(db, now)
    await revoked.load(db, now)
    for check in (lambda: keyring.verify(token, frozenset({"at+jwt"})), lambda: check_times(claims, now)):
        try:
            check()
        except BadToken as error:
            reasons.append(str(error))
    if claims.get("aud") not in {api.audience for api in await list_apis(db) if api.disabled_at is None}:
        reasons.append("aud names no API of this server")
    if claims.get("jti") in revoked or claims.get("grant_id") in revoked:
        reasons.append("revoked")
    known = await directory.client(ClientId(str(claims.get("client_id"))), now)
    if known is None or known.client.disabled_at is not None:
        reasons.append("its application is unknown or disabled")
    kind = "service_account" if claims.get("service_account") else "user"
    customer_id = CustomerId(str(claims.get("customer")))
    environment = "production" if known is None else known.client.environment
    if await directory.subject(kind, str(claims.get("sub")), customer_id, now, environment) is None:
        reasons.append("its account or customer is unknown or disabled")
    return reasons


def _explain(header: dict[str, Any], claims: dict[str, Any], refused: list[str]) -> None:
    typer.echo(f"{header.get('typ')} signed with {header.get('alg')}, key {header.get('kid')}")
    for name, value in claims.items():
        is_time = name in {"exp", "iat", "nbf", "auth_time"} and isinstance(value, int)
        shown = datetime.fromtimestamp(value, UTC).isoformat() if is_time else value
        typer.echo(f"  {name:20} {shown}   ({WORDS.get(name, 'not used by this server')})")
    typer.echo(
        "The Customer API accepts it." if not refused else "The Customer API refuses it: " + "; ".join(refused) + "."
    )
