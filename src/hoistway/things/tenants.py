"""Tenants of B2C-shaped paths and their policies: what they are made of."""

import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from hoistway.applications.addresses import lines_of
from hoistway.store.db import Reader, Writer
from hoistway.store.tenants import (
    Policy,
    Tenant,
    find_tenant,
    names_of_tenant,
    policies_of,
    put_tenant,
    remove_policy,
    remove_tenant_name,
    set_subject_text,
)
from hoistway.things.making import Entry, Made, Making, Misfit, Unfit, words

KINDS: Final = ("sign_in", "ropc")
MOST: Final = 50
LONGEST_SUBJECT: Final = 200
_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,200}")
_POLICY: Final = re.compile(r"[A-Za-z0-9_-]{1,100}")


class NamedTenant(Struct, frozen=True):
    """With its further names, in lower case, its policies, and what stands in `sub` of its tokens instead of the account's id."""

    id: str
    names: tuple[str, ...]
    policies: tuple[Policy, ...]
    disabled_at: int | None = None
    subject_text: str | None = None

    @property
    def title(self) -> str:
        return self.names[0] if self.names else self.id


async def find_named(db: Reader, tenant_id: str) -> NamedTenant | None:
    """By its id alone."""
    tenant = await find_tenant(db, tenant_id)
    if tenant is None or tenant.id != tenant_id:
        return None
    names = [name for name in await names_of_tenant(db, tenant.id) if name != tenant.id.lower()]
    return NamedTenant(
        tenant.id, tuple(names), tuple(await policies_of(db, tenant.id)), tenant.disabled_at, tenant.subject_text
    )


def check_tenant_id(value: str) -> str:
    """A GUID, or nothing. Raises Misfit."""
    try:
        return str(uuid.UUID(value)) if value else ""
    except ValueError as error:
        raise Misfit("tenant_id_wrong") from error


def check_names(value: str) -> tuple[str, ...]:
    """One on each line, in lower case. Raises Misfit."""
    found = tuple(dict.fromkeys(name.lower() for _line, name in lines_of(value)))
    if not 1 <= len(found) <= MOST or not all(map(_NAME.fullmatch, found)):
        raise Misfit("tenant_names_wrong", most=MOST)
    return found


def check_policies(value: str) -> tuple[tuple[str, str], ...]:
    """NAME=KIND, one on each line. Raises Misfit."""
    found = dict[str, tuple[str, str]]()
    for _line, text in lines_of(value):
        name, _sign, kind = (part.strip() for part in text.partition("="))
        if kind not in KINDS or not _POLICY.fullmatch(name) or name.lower() in found:
            raise Misfit("tenant_policy_wrong", line=text[:60])
        found[name.lower()] = (name, kind)
    if not 1 <= len(found) <= MOST:
        raise Misfit("tenant_policies_wrong", most=MOST)
    return tuple(found.values())


async def _check_free(tx: Writer, tenant_id: str, names: Sequence[str]) -> None:
    """Raises Unfit where a name leads to another tenant."""
    for name in names:
        owner = await find_tenant(tx, name)
        if owner is not None and owner.id != tenant_id:
            raise Unfit("names", "tenant_name_taken", name=name)


async def make_tenant(tx: Writer, values: Mapping[str, Any], _now: int, _digest: str) -> Made:
    """Raises Unfit."""
    tenant_id = values["id"] or str(uuid.uuid4())
    if await find_tenant(tx, tenant_id) is not None:
        raise Unfit("id", "make_taken")
    await _check_free(tx, tenant_id, values["names"])
    await put_tenant(tx, tenant_id, list(values["names"]), list(values["policies"]))
    if values["subject_text"]:
        await set_subject_text(tx, tenant_id, values["subject_text"])
    return Made(Tenant(tenant_id), about={"names": values["names"]})


async def change_tenant(tx: Writer, row: NamedTenant, values: Mapping[str, Any]) -> None:
    """What is left out is removed. Raises Unfit."""
    names = values.get("names", row.names)
    policies = values.get("policies", tuple((one.name, one.kind) for one in row.policies))
    await _check_free(tx, row.id, names)
    for name in set(row.names) - set(names):
        await remove_tenant_name(tx, row.id, name)
    for policy in row.policies:
        if policy.policy_key not in {name.lower() for name, _kind in policies}:
            await remove_policy(tx, row.id, policy.policy_key)
    await put_tenant(tx, row.id, list(names), list(policies))
    if "subject_text" in values:
        await set_subject_text(tx, row.id, values["subject_text"] or None)


ENTRIES: Final = (
    Entry("names", "tenant_names", lambda row: "\n".join(row.names), check_names, "area", hint="tenant_names_hint"),
    Entry(
        "policies", "tenant_policies", lambda row: "\n".join(f"{one.name}={one.kind}" for one in row.policies),
        check_policies, "area", hint="tenant_policies_hint",
    ),
    Entry(
        "subject_text", "tenant_subject", lambda row: row.subject_text or "", words(LONGEST_SUBJECT, least=0), hint="tenant_subject_hint",
        required=False,
    ),
)  # fmt: skip
TENANT: Final = Making(
    "tenant.changed",
    (Entry("id", "thing_id", check=check_tenant_id, hint="tenant_id_hint", required=False), *ENTRIES),
    make_tenant,
)
