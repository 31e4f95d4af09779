"""The tenant of an Azure AD B2C export: its GUID, its names, and what each policy means here."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from hoistway.imports.b2c_looking import Looked
from hoistway.imports.carrying import Item, Outcome
from hoistway.imports.mapping import TenantNames
from hoistway.protocol.text import BadText, read_line
from hoistway.store.db import Reader, Writer
from hoistway.store.tenants import find_tenant, policies_of, put_tenant, set_subject_text
from hoistway.things.making import Misfit
from hoistway.things.tenants import MOST, check_names, check_policies, check_tenant_id

FLOWS: Final[Mapping[str, str]] = {
    "signin": "sign_in", "signupsignin": "sign_in", "signuporsignin": "sign_in", "resourceowner": "ropc",
}  # fmt: skip
"""By the type of a user flow. Resetting, changing the profile and signing up are pages of their own here, for every policy."""
LONGEST_SUBJECT: Final = 200
WITHOUT: Final = (
    "; its people come without their attributes, and without the passwords that they have at the old system, so see to it before "
    "you import them"
)


class ImportedTenant(Struct, frozen=True):
    """`policies` are (name, "sign_in" or "ropc")."""

    id: str
    names: tuple[str, ...]
    policies: tuple[tuple[str, str], ...]
    subject_text: str | None = None


def _text(raw: Any) -> str:
    try:
        said = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return ""
    return said if isinstance(said, str) else ""


class TenantReading(Struct):
    """`item` is the tenant, as far as one is known; `unplaced` what the mapping does not say."""

    item: Item | None
    unplaced: list[str]

    @property
    def id(self) -> str | None:
        tenant = None if self.item is None else self.item.value
        return tenant.id if isinstance(tenant, ImportedTenant) else None


def read_tenant(looked: Looked, said: TenantNames) -> TenantReading:
    file, line, tenant_id, names = "--mapping", 0, said.id or "", list(said.names)
    kinds: dict[str, str] = {}
    unplaced: list[str] = []
    for name, record, members in looked.others:
        holds = looked.holds[name]
        if holds == "organization":
            file, line = name, record.line
            tenant_id = tenant_id or _text(members.get("id", b""))
            names += _domains(members)
        elif holds in {"flows", "policies"}:
            _policy(_text(members.get("id", b"")), _text(members.get("userFlowType", b"")), said, kinds, unplaced)
    kinds |= {name: kind for name, kind in said.policies.items() if kind != "leave_out"}
    if not tenant_id and not names and not kinds:
        return TenantReading(None, unplaced)
    try:
        read = _checked(tenant_id, names, kinds, said.subject_text)
    except (Misfit, BadText) as error:
        return TenantReading(Item(file, line, tenant_id or None, because=f"the tenant: {error}"), unplaced)
    if read is None:
        unplaced.append(
            "the tenant's GUID is not known: add the Graph's organization object, or tenant.id to the mapping"
        )
        return TenantReading(None, unplaced)
    return TenantReading(Item(file, line, read.id, read), unplaced)


def _checked(
    tenant_id: str, names: Sequence[str], kinds: Mapping[str, str], words: str | None
) -> ImportedTenant | None:
    """Raises Misfit, BadText."""
    if not tenant_id:
        return None
    subject = None if words is None else read_line(words)[:LONGEST_SUBJECT]
    policies = check_policies("\n".join(f"{name}={kind}" for name, kind in sorted(kinds.items()))) if kinds else ()
    called = check_names("\n".join(dict.fromkeys(names))) if names else ()
    return ImportedTenant(check_tenant_id(tenant_id), called, policies, subject or None)


def _domains(members: Mapping[str, Any]) -> list[str]:
    try:
        said = msgspec.json.decode(members["verifiedDomains"], type=list[dict[str, Any]])
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return []
    return [one["name"] for one in said if isinstance(one.get("name"), str)][:MOST]


def _policy(name: str, flow: str, said: TenantNames, kinds: dict[str, str], unplaced: list[str]) -> None:
    if not name or any(name.lower() == known.lower() for known in said.policies):
        return
    kind = FLOWS.get(flow.lower().split("_")[0])
    if kind is not None:
        kinds[name] = kind
    elif not flow:
        unplaced.append(f"the policy {name}: say what it is for under tenant.policies (sign_in, ropc, leave_out)")


async def judge_tenant(db: Reader, item: Item, outcome: Outcome) -> bool:
    """Returns whether the tenant is here, or will be. A tenant keeps its id, and a name its tenant. Of one that is there only what is missing
    is added."""
    said: ImportedTenant = item.value
    known = await find_tenant(db, said.id)
    names = []
    for name in said.names:
        owner = await find_tenant(db, name)
        if owner is not None and owner.id != said.id:
            because = (
                f"the name {name} belongs to the tenant {owner.id}: take it away from that one at the console first"
            )
            outcome.refuse(item, because if known is not None else because + WITHOUT)
            return known is not None
        names += [name] if owner is None else []
    there = {policy.policy_key for policy in await policies_of(db, said.id)}
    policies = [policy for policy in said.policies if policy[0].lower() not in there]
    words = said.subject_text if known is None or known.subject_text is None else None
    if known is not None and not names and not policies and words is None:
        outcome.count("there_already")
        return True
    outcome.count("tenants")
    outcome.first.append(lambda tx: _put(tx, said.id, names, policies, words))
    return True


async def _put(
    tx: Writer, tenant_id: str, names: list[str], policies: list[tuple[str, str]], words: str | None
) -> None:
    await put_tenant(tx, tenant_id, names, policies)
    if words is not None:
        await set_subject_text(tx, tenant_id, words)
