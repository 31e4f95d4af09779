"""What operators change of an application: addresses, scopes, dated exceptions, the technical account of a daemon."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from hoistway.applications.apis import ScopeRefused, check_known_scopes
from hoistway.applications.logout_address import LogoutUriRefused, check_logout_uri
from hoistway.applications.managing import check_holder
from hoistway.approving.application_values import application_values, application_with
from hoistway.protocol.flows import FLOWS, FlowRefused, check_flows
from hoistway.settings import Settings
from hoistway.store.clients import Client
from hoistway.store.db import Writer
from hoistway.things.applications import account_for, check_kind, check_scopes, check_uris
from hoistway.things.exceptions import check_exceptions, check_new
from hoistway.things.making import Entry, Misfit, Unfit, words


async def judge_application(tx: Writer, row: Client, values: Mapping[str, Any], now: int, settings: Settings) -> None:
    """Raises Unfit."""
    try:
        check_logout_uri(values.get("backchannel_logout_uri"), row, loopback=settings.outbound_loopback)
    except LogoutUriRefused as error:
        raise Unfit("backchannel_logout_uri", f"app_told_{error.because}") from error
    for name in ("redirect_uris", "post_logout_uris"):
        check_kind(name, tuple(values.get(name, "").split()), native=row.is_native)
    try:
        check_holder(application_with(row, values, now))
        await check_known_scopes(tx, tuple(set(values.get("scopes", "").split()) - set(row.scopes)))
    except ScopeRefused as error:
        raise Unfit("scopes", "make_said", words=error) from error
    if "flows" in values:
        try:
            check_flows(row.type, values["flows"].split())
        except FlowRefused as error:
            raise Unfit("flows", f"flows_{error.because}") from error
    if "exceptions" in values:
        check_new(row, values["exceptions"], now)
    if "account" in values:
        await _judge_account(tx, row, values["account"])


async def _judge_account(tx: Writer, row: Client, account: str) -> None:
    """Raises Unfit."""
    if row.type != "daemon":
        raise Unfit("account", "make_only_daemons")
    if row.environment == "sandbox":
        raise Unfit("account", "make_sandbox_account")
    if not account:
        raise Unfit("account", "make_daemon_account")
    if await account_for(tx, row, account) != account:
        raise Unfit("account", "make_account_id")


def _lines(check: Callable[[str], tuple[str, ...]]) -> Callable[[str], str]:
    return lambda value: "\n".join(check(value))


def _read(name: str) -> Callable[[Client], str]:
    return lambda row: application_values(row)[name]


def _check_yes(value: str) -> int:
    """In the form of the column. Raises Misfit."""
    if value not in {"yes", "no"}:
        raise Misfit("make_choose")
    return 1 if value == "yes" else 0


CHANGEABLE: Final = (
    Entry("redirect_uris", "thing_redirect_uris", _read("redirect_uris"), _lines(check_uris), "area", required=False),
    Entry("post_logout_uris", "make_post_logout", _read("post_logout_uris"), _lines(check_uris), "area", required=False),
    Entry("scopes", "thing_scopes", _read("scopes"), _lines(check_scopes), "area", required=False),
    Entry(
        "flows", "make_flows", _read("flows"), str, "many", tuple((flow, f"flow_{flow}") for flow in FLOWS),
        hint="make_flows_hint", required=False,
    ),
    Entry(
        "exceptions", "make_exceptions", _read("exceptions"), check_exceptions, "area", hint="make_exceptions_hint",
        required=False,
    ),
    Entry("account", "make_account_of", _read("account"), words(least=0), required=False),
    Entry(
        "backchannel_logout_uri", "thing_logout_uri", lambda row: row.backchannel_logout_uri or "", lambda value: value or None,
        hint="thing_logout_uri_hint", required=False,
    ),
    Entry(
        "backchannel_logout_session_required", "thing_logout_session",
        lambda row: "yes" if row.backchannel_logout_session_required else "no", _check_yes, "choose",
        (("no", "no"), ("yes", "yes")),
    ),
)  # fmt: skip
