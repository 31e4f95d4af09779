"""Bodies about technical accounts (docs/adr/0017-answers-and-document.md)."""

from collections.abc import Mapping
from typing import Annotated

from msgspec import UNSET, Struct, UnsetType

from hoistway.api.bodies import said
from hoistway.manage.bodies import CreatedAt, DisabledAt, NextCursor, Waiting, moment, optional_moment
from hoistway.store.service_accounts import ServiceAccount as AccountRow

_NAME = said("As people know it; the user name where it is left out.", "Nightly report")
_USERNAME = said("With which programs ask for tokens in the password grant.", "svc-report")


class TechnicalAccount(Struct):
    """Daemons use it; it sees what its customer sees. No password is ever read back."""

    id: Annotated[str, said("Made at its creation.", "0b5f6a0e-6d0c-4f0e-9a55-0d7c54a5b1f2")]
    username: Annotated[str, _USERNAME]
    name: Annotated[str, _NAME]
    customer_id: Annotated[str, said("Whose account it is.", "c-1")]
    addresses: Annotated[
        list[str],
        said("Networks from which tokens may be requested for it; empty: from everywhere.", ["198.51.100.0/24"]),
    ]
    created_at: CreatedAt
    disabled_at: DisabledAt


class TechnicalAccountPage(Struct):
    items: list[TechnicalAccount]
    next_cursor: NextCursor


class NewTechnicalAccount(Struct, forbid_unknown_fields=True):
    username: Annotated[str, _USERNAME]
    customer_id: Annotated[str, said("Whose account it is.", "c-1")]
    name: Annotated[str, _NAME] | UnsetType = UNSET


class TechnicalAccountChange(Struct, forbid_unknown_fields=True):
    """A member that is left out stays as it is."""

    name: Annotated[str, _NAME] | UnsetType = UNSET


class TechnicalAccountMade(Struct):
    account: TechnicalAccount
    password: Annotated[str | None, said("Shown this once; null in a dry run.", "x" * 20)]


def account_body(row: AccountRow) -> TechnicalAccount:
    return TechnicalAccount(
        row.id, row.username, row.name, row.customer_id, (row.addresses or "").split(), moment(row.created_at),
        optional_moment(row.disabled_at),
    )  # fmt: skip


def made_body(body: TechnicalAccount, secrets: Mapping[str, str], _waits: Waiting | None) -> TechnicalAccountMade:
    return TechnicalAccountMade(body, secrets.get("password"))
