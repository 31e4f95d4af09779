"""What every import of applications does alike: the flows that one may have, the password grant until a day, the account that a daemon has."""

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from hoistway.approving.application_values import LONGEST_REASON, flow_of
from hoistway.imports.carrying import Outcome
from hoistway.imports.mapping import OneApplication, PasswordGrant
from hoistway.protocol.flows import check_flows, stored_flows
from hoistway.protocol.ids import CustomerId, ServiceAccountId
from hoistway.protocol.numbers import read_moment
from hoistway.protocol.text import read_name, username_key
from hoistway.store.clients import Client, LegacyException
from hoistway.store.db import Reader
from hoistway.store.imports import Import
from hoistway.store.service_accounts import find_service_account, find_service_account_by_name

_DAY: Final = len("2027-01-31")


class NoProgram(ValueError):
    """The text says why an application is left out, and what to do."""


def with_flows(
    said: PasswordGrant, client: Client, flows: Sequence[str], run: Import, told: list[str], *, by_password: bool
) -> Client:
    """Where the old system gave the password grant, it stays, as an exception with the mapping's reason and end. Raises NoProgram,
    FlowRefused."""
    moment = read_moment(said.ends) if len(said.ends) == _DAY else None
    reason, good = read_name(said.reason, 1, LONGEST_REASON)
    lasts = moment is not None and good and moment.timestamp() > run.begun_at
    allowed = by_password and client.type != "daemon" and lasts
    if by_password and not allowed:
        told.append("loses the password grant: give applications.password_grant a reason and a day to come")
    wanted = tuple(dict.fromkeys((*flows, *(("password", "refresh_token") if allowed else ()))))
    if not wanted and by_password and client.type != "daemon":
        raise NoProgram(
            "had the password grant and nothing else: to keep it, give applications.password_grant a reason and a day to come"
        )
    if not wanted:
        raise NoProgram("has no address that may be registered here and no password grant, so nothing of it would work")
    check_flows(client.type, wanted)
    client = replace(client, **stored_flows((), (), wanted))
    if not allowed or moment is None:
        return client
    entry = LegacyException("password", reason, int(moment.timestamp()), "import", run.begun_at)
    return replace(client, exceptions=(entry,), **flow_of(client, "password"))


async def technical_account(db: Reader, one: OneApplication, outcome: Outcome) -> tuple[ServiceAccountId, CustomerId]:
    """One that is here, or comes in this batch. Raises NoProgram."""
    word = one.account or ""
    account = await find_service_account(db, ServiceAccountId(word)) or await find_service_account_by_name(db, word)
    found = None if account is None else (account.id, account.customer_id)
    for account_id, _username, key, _name, customer_id, *_ in outcome.rows.get("service_accounts", ()):
        found = (account_id, customer_id) if word == account_id or username_key(word) == key else found
    if found is None:
        raise NoProgram(
            "a daemon sees what its technical account sees: name one that is here under applications.each, account"
        )
    if one.customer is not None and found[1] != one.customer:
        raise NoProgram(f"the account {word} belongs to {found[1]}, the application to {one.customer}")
    return found
