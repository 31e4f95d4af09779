"""Every column of the schema is judged: it tells of a person, and then what becomes of it when the person is erased, or it does not."""

from collections.abc import Mapping

import pytest
from sqlalchemy import Column, Table, Text

from hoistway.store.personal import ACCOUNT, TRACES
from hoistway.store.personal_export import MEMBERS
from hoistway.store.personal_texts import REPLACED, REPORTED
from hoistway.store.schema import METADATA

PERSONAL: Mapping[str, Mapping[str, str]] = {
    "account_attributes": dict.fromkeys(("account_id", "value"), "removed with the row"),
    "former_identities": dict.fromkeys(("subject", "user_id"), "removed with the row"),
    "sign_in_names": dict.fromkeys(("name_key", "owner_id", "name"), "removed with the row"),
    "application_sessions": {
        "sid": "of a session that ended, gone within hours", "session_id": "the same", "user_id": "taken out",
    },
    "actor_uses": {"actor": "removed with the row"},
    "audit": {
        "actor": "a pseudonym", "correlation_id": "taken out of entries by the person, for it leads to log lines",
        "detail": "id, names and addresses are replaced",
    },
    "brownouts": {"created_by": "a pseudonym", "note": "names are replaced"},
    "carried_accounts": dict.fromkeys(("account_id", "sent_name", "asked", "refused", "asking"), "removed with the row"),
    "clients": {"exceptions": "who granted one, and names in reasons, are replaced"},
    "codes": {"terms": "removed with the row"},
    "consented_scopes": {"user_id": "removed with the row"},
    "consents": {"user_id": "removed with the row"},
    "erasures": {"digest": "keyed: tells nothing without the id and the master key", "rest": "sealed, and gone within two minutes"},
    "flow_uses": {"actor": "removed with the row"},
    "grants": {
        "subject_id": "removed with the row", "session_id": "removed with the row", "rotated_from": "removed with the row",
    },
    "handed_over": {"user_id": "removed with the row"},
    "identities": {"subject": "removed with the row", "user_id": "removed with the row"},
    "kept_forms": {
        "user_id": "removed with the row", "browser": "removed with the row", "body": "sealed; that of others ends within a day",
    },
    "links": {
        "user_id": "removed with the row", "made_by": "a pseudonym", "about": "keyed: tells nothing without the master key",
        "sealed": "sealed; that of an invitation ends within seven days",
    },
    "membership_sites": {"user_id": "removed with the row"},
    "membership_units": {"user_id": "removed with the row"},
    "one_time_codes": {"user_id": "removed with the row"},
    "passkeys": dict.fromkeys(("id", "user_id", "name"), "removed with the row"),
    "person_words": dict.fromkeys(("user_id", "word"), "removed with the row"),
    "recovery_codes": {"user_id": "removed with the row"},
    "remembered_devices": dict.fromkeys(("id", "user_id", "agent", "browser_digest"), "removed with the row"),
    "memberships": dict.fromkeys(("user_id", "person_name"), "removed with the row"),
    "messages": {"author": "a pseudonym", "text": "taken out where written for a customer, else names are replaced"},
    "outbox": {
        "recipient": "removed with the row", "subject": "names are replaced in mail to others", "plain": "the same", "html": "the same",
    },
    "proposals": {
        "subject_id": "a pseudonym where it is a person", "subject_name": "the same", "asked_by": "a pseudonym", "decided_by": "a pseudonym",
        "before": "names and addresses of a person are replaced", "after": "names, addresses and what stands in the reason are replaced",
    },
    "requests": {
        "requested_by": "a pseudonym", "decided_by": "a pseudonym", "second_by": "a pseudonym", "purpose": "names are replaced",
        "reason": "names are replaced",
    },
    "scim_people": dict.fromkeys(
        ("id", "user_id", "user_name", "user_name_key", "external_id", "display_name", "details", "emails_key"), "removed with the row"
    ),
    "known_browsers": dict.fromkeys(("user_id", "browser_digest"), "removed with the row"),
    "scim_tokens": {"made_by": "a pseudonym"},
    "sessions": dict.fromkeys(
        ("user_id", "session_digest", "public_id", "agent", "network", "last_network", "earlier_ids", "browser_digest"), "removed with the row"
    ),
    "provider_sessions": {
        "session_digest": "removed with the row", "sid": "removed with the row", "hint": "sealed, and removed with the row",
    },
    "subscriptions": {
        "asked_by": "a pseudonym", "decided_by": "a pseudonym", "first_by": "a pseudonym", "message": "names are replaced",
        "answer": "names are replaced",
    },
    "throttle": {
        "subject": "removed with the row, but for the keyed digest of a place where the person signed in, gone after 90 days",
        "account": "removed with the row", "last_guess": "removed with the row",
    },
    "used_forms": {"user_id": "removed with the row", "result": "ids in addresses of others' forms are replaced"},
    "users": dict.fromkeys(("id", "username", "username_key", "name", "emails", "flags", "locale", "password_digest"), "removed with the row"),
}  # fmt: skip
NAMES_OF_THINGS: Mapping[str, str] = {
    "apis": "name", "branding": "support terms", "clients": "name consent_text redirect_uris", "customers": "name",
    "providers": "name", "scim_groups": "display_name", "products": "name description terms name_de description_de terms_de",
    "request_looks": "consent_text", "requests": "name", "service_accounts": "username name",
    "sites": "name street", "subscriptions": "name",
}  # fmt: skip
"""Chosen by others for what is theirs. Where they name a person, erasing says so and leaves them."""
NOT_PERSONAL: Mapping[str, str] = {
    "account_attributes": "kind tenant_id name",
    "former_identities": "issuer",
    "imports": "id kind fingerprint state counts",
    "sign_in_names": "kind",
    "actor_uses": "customer_id kind client_id",
    "apis": "id audience uri scopes signing_alg client_id b2c_signing_alg acr key_names",
    "application_sessions": "client_id issuer",
    "audit": "id event client_id customer_id",
    "audit_chain": "id cut_id",
    "audit_rewritten": "id",
    "audit_seals": "first_id last_id up_to",
    "branding": "id name accent logo_type",
    "brownouts": "id flow",
    "bulk_jobs": "id client_id scopes correlation_id state",
    "bulk_lines": "job_id client_id",
    "carried_accounts": "kind tenant_id state",
    "client_logos": "client_id media_type",
    "client_secrets": "id client_id prefix",
    "client_uris": "client_id kind uri",
    "client_uses": "client_id",
    "clients": "id type post_logout_redirect_uris grants response_types scopes consent access_token_alg id_token_alg customer_id "
    "service_account_id environment name_key backchannel_logout_uri",
    "codes": "client_id grant_id",
    "consented_scopes": "client_id customer_id api_id scope",
    "consents": "client_id scope",
    "customers": "id second_factor",
    "flow_uses": "client_id flow day customer_id",
    "grants": "id client_id subject_kind customer_id scope resource revoked_because granted policy amr",
    "idempotency_keys": "client_id",
    "jobs": "id process outcome",
    "keys": "id alg",
    "legacy_uses": "client_id flow day",
    "limit_counts": "subject",
    "links": "id kind customer_id",
    "membership_sites": "customer_id site_id",
    "membership_units": "customer_id unit_id",
    "memberships": "customer_id role reach",
    "messages": "id request_id side event",
    "outbox": "id",
    "password_uses": "account_id which",
    "policies": "tenant_id policy_key name kind",
    "products": "id apis approval key_use before_keys",
    "identities": "provider_id how",
    "proposals": "id kind state",
    "provider_domains": "provider_id domain proof",
    "provider_sessions": "provider_id",
    "providers": "id customer_id issuer client_id auth addresses role_claim administrators members sign_out",
    "recent_requests": "id customer_id client_id subscription_id surface operation cause detail correlation_id",
    "request_looks": "request_id logo_type",
    "requests": "id customer_id kind type redirect_uris flows environment state client_id post_logout_uris service_account_id",
    "restores": "id",
    "revocations": "id made_by",
    "scim_group_members": "group_id person_id customer_id",
    "scim_groups": "id customer_id name_key external_id",
    "scim_people": "customer_id role reach how",
    "scim_roles": "customer_id role external_id",
    "scim_tokens": "id customer_id prefix",
    "secrets": "name",
    "service_accounts": "id username_key customer_id password_digest second_digest addresses disabled_by",
    "sessions": "customer_id acting_for amr",
    "sites": "id postal_code city country",
    "subscription_keys": "id subscription_id slot prefix",
    "subscriptions": "id customer_id client_id product_id api_id state",
    "tenant_connections": "tenant_id endpoint client_id scope",
    "tenant_names": "name tenant_id",
    "tenants": "id subject_text",
    "unit_access": "customer_id unit_id role site_id equipment_type customer_equipment_number",
    "unit_removals": "customer_id unit_id site_id",
    "unit_revisions": "id",
    "units": "id site_id equipment_type controller_number controller_type controller_description car_type serial_number floors floor_list",
    "usage_days": "customer_id client_id subscription_id surface operation cause",
    "usage_hours": "customer_id client_id subscription_id surface operation cause",
    "usage_losses": "id customer_id",
    "usage_writers": "id",
    "used_forms": "number",
    "users": "home_customer_id",
    "managed_things": "kind thing_id set_name",
    "withdrawn_scopes": "api_id scope behind",
}
"""Ids of other things, words that the program chose, descriptions of lifts. `recent_requests.detail` is a constant sentence of ours;
`service_accounts.disabled_by` says which side, and `addresses` are networks of programs; `revocations.made_by` is an application."""
BYTES: Mapping[str, str] = {
    "audit_chain": "cut_mac", "audit_rewritten": "original salt body mac", "audit_seals": "before head mac leaves",
    "branding": "logo", "bulk_lines": "request answer",
    "client_logos": "body", "client_secrets": "secret_digest", "codes": "code_digest", "erasures": "rest",
    "idempotency_keys": "key_digest request_digest answer",
    "keys": "sealed", "links": "digest", "one_time_codes": "sealed", "outbox": "sealed", "passkeys": "public_key",
    "providers": "sealed", "recovery_codes": "code_digest",
    "remembered_devices": "device_digest", "request_looks": "logo", "scim_tokens": "token_digest",
    "secrets": "sealed", "spent_states": "digest", "subscription_keys": "key_digest",
}  # fmt: skip
"""Digests, sealed values and pictures of others."""


def words_of(table: str) -> set[str]:
    places: list[Mapping[str, str]] = [NAMES_OF_THINGS, NOT_PERSONAL, BYTES]
    return {word for place in places for word in place.get(table, "").split()} | set(PERSONAL.get(table, {}))


def is_text(column: Column[object]) -> bool:
    """Numbers and times tell nothing of a person by themselves: what they stand beside does."""
    return isinstance(column.type, Text) or column.type.python_type is bytes


@pytest.mark.parametrize("table", METADATA.sorted_tables, ids=lambda table: table.name)
def test_every_column_is_judged(table: Table) -> None:
    there = {column.name for column in table.columns if is_text(column)}
    assert there == words_of(table.name), (
        f"{table.name}: say in this file whether the column tells of a person, and how it is erased (docs/adr/0023-erasing.md)"
    )


def test_no_column_is_judged_twice() -> None:
    for table in METADATA.tables:
        every = [
            *PERSONAL.get(table, {}),
            *NAMES_OF_THINGS.get(table, "").split(),
            *NOT_PERSONAL.get(table, "").split(),
        ]
        assert len(every) == len(set(every)), table


def test_what_is_personal_is_erased() -> None:
    """Each table with a personal column is among those that erasing goes through, or holds a text that it looks through."""
    parts = {part.table for part in (ACCOUNT, *TRACES)}
    texts = {texts.table for texts in REPLACED} | {"audit", "erasures"}
    assert set(PERSONAL) == parts | texts
    assert {(one.table, one.column) for one in REPLACED} == {
        (table, column)
        for table, columns in PERSONAL.items()
        for column, how in columns.items()
        if "replaced" in how or (how == "the same" and table == "outbox")
    } - {("audit", "detail")} | {("messages", "text")}
    assert {(one.table, one.column) for one in REPORTED} == {
        (table, column) for table, words in NAMES_OF_THINGS.items() for column in words.split()
    }


def test_every_person_of_a_table_is_renamed_or_goes_with_the_row() -> None:
    """A column that holds an id of a person is one of a part: by what its statement changes, or because the row goes."""
    removed = {part.table for part in (ACCOUNT, *TRACES) if part.act == "removed"}
    renamed = {
        (part.table, column if isinstance(column, str) else column.name)
        for part in TRACES
        if part.act == "renamed"
        for column in part.run.clause._values  # type: ignore[attr-defined]
    }
    for table, columns in PERSONAL.items():
        for column, how in columns.items():
            if how == "removed with the row":
                assert table in removed, table
            if how.startswith("a pseudonym") and table != "audit":
                assert (table, column) in renamed, (table, column)


def test_a_copy_holds_no_secret_and_every_table_with_rows_of_the_person() -> None:
    exported = {member.rows.clause.get_final_froms()[0].name for member in MEMBERS}  # type: ignore[attr-defined]
    assert {
        column for member in MEMBERS for column in member.columns if "digest" in column or "guess" in column
    } == set()
    own = {
        table
        for table, columns in PERSONAL.items()
        if any(how.startswith(("removed", "a pseudonym")) for how in columns.values())
    }
    # Seconds old and of no meaning to the person; forms are sealed for the browser; the trail is read apart; a session at a
    # provider stands beside its own.
    assert own - exported == {"audit", "codes", "kept_forms", "provider_sessions", "used_forms"}
