"""Row 49: nothing that grows is without a bound. Which rows anybody but an operator can make, by which form or endpoint, and how many."""

import importlib
import pkgutil
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy.sql.dml import Insert

import hoistway.store
from hoistway.applications.simulated import keep_sandbox
from hoistway.server.housekeeping import JOBS
from hoistway.store.crowded_families import Walk, end_crowded
from hoistway.store.db import Statement
from tests.attacks.asking import CHALLENGE, post
from tests.attacks.changes import ACCOUNT, CASES, PORTAL, Case
from tests.attacks.overtaken import differences, everything, restore, room, run
from tests.attacks.test_overtaken import begun, furnished, sent
from tests.engines import ENGINES, EngineName, drop_database, fresh_database
from tests.flows.browser import Person, answer_of
from tests.portal.house import House
from tests.server import Served
from tests.store.test_schema import on
from tests.world import API_URI, PASSWORD

BY_OPERATORS = {
    "apis", "branding", "brownouts", "carried_accounts", "client_uris", "customers", "erasures", "handed_over", "imports", "sign_in_names",
    "memberships", "membership_sites", "membership_units", "products",
    "proposals", "sites", "tenants", "tenant_connections", "tenant_names", "policies", "units", "unit_access", "users",
    "withdrawn_scopes",
}  # fmt: skip
BY_THE_SERVER = {
    "audit_chain",
    "audit_rewritten",
    "audit_seals",
    "jobs",
    "keys",
    "restores",
    "secrets",
    "usage_losses",
    "unit_removals",
}
"""At times of its own, whatever anybody asks."""
BOUNDS: Mapping[str, str] = {
    # What a form makes, has a bound in stock; and whatever a person makes by forms, "used_forms" bounds it.
    "used_forms": "hoistway.portal.changing.MOST_FORMS",
    "kept_forms": "hoistway.store.kept_forms.MOST",
    "requests": "hoistway.applications.asking.MOST_OPEN",
    "request_looks": "hoistway.applications.asking.MOST_OPEN",
    "clients": "hoistway.applications.asking.MOST_IN_SANDBOX",
    "client_uris": "hoistway.applications.addresses.MOST",
    "client_logos": "hoistway.applications.asking.MOST_IN_SANDBOX",
    "client_secrets": "hoistway.authn.client_secret.MOST_SECRETS",
    "messages": "hoistway.applications.threads.MOST_MESSAGES",
    "service_accounts": "hoistway.accounts.technical.MOST_ACCOUNTS",
    "password_uses": "hoistway.protocol.two_passwords.MOST",
    "subscriptions": "hoistway.products.subscribing.MOST_SUBSCRIPTIONS",
    "subscription_keys": "hoistway.portal.changing.MOST_FORMS",
    "membership_sites": "hoistway.portal.reach.MOST_IDS",
    "membership_units": "hoistway.portal.reach.MOST_IDS",
    "links": "hoistway.accounts.resetting.IN_ALL",
    "idempotency_keys": "hoistway.store.idempotency_keys.MOST",
    "bulk_jobs": "hoistway.store.bulk_jobs.MOST_OPEN",
    "bulk_lines": "hoistway.store.bulk_lines.MOST",
    "outbox": "hoistway.portal.changing.MOST_FORMS",
    "known_browsers": "hoistway.store.known_browsers.MOST",
    # What signing in and programs make.
    "person_words": "hoistway.protocol.person_words.MOST",
    "passkeys": "hoistway.authn.factors.MOST_PASSKEYS",
    "recovery_codes": "hoistway.authn.factors.RECOVERY_CODES",
    "remembered_devices": "hoistway.authn.factors.MOST_DEVICES",
    "sessions": "hoistway.endpoints.browser.MOST_SESSIONS",
    "application_sessions": "hoistway.store.application_sessions.MOST_SIDS",
    "codes": "hoistway.grants.authorization.MOST_CODES",
    "grants": "hoistway.store.crowded_families.MOST_FAMILIES",
    "revocations": "hoistway.tokens.revoked.MOST",
    "providers": "hoistway.store.providers.MOST",
    "scim_groups": "hoistway.store.scim_groups.MOST",
    "scim_group_members": "hoistway.protocol.scim_user.MOST_MEMBERS",
    "scim_people": "hoistway.store.scim_people.MOST",
    "scim_tokens": "hoistway.store.scim_tokens.MOST",
    "provider_domains": "hoistway.store.provider_domains.MOST",
    "provider_sessions": "hoistway.endpoints.browser.MOST_SESSIONS",
}
"""By table: the constant that bounds it."""
BY_KEY: Mapping[str, str] = {
    "consented_scopes": "a person, an application, a customer and a scope",
    "identities": "an account and a provider",
    "scim_roles": "a customer and a role",
    "spent_states": "an answer of a provider that began a session, or a notice that one ended; pruned",
    "actor_uses": "customers and days, 500 of each; pruned",
    "managed_things": "a thing that a file names",
    "flow_uses": "an account, an application and a day; pruned",
    "legacy_uses": "an application and a day",
    "client_uses": "an application",
    "one_time_codes": "a person",
    "audit": "what is bounded itself; failures are summed; pruned after HOISTWAY_KEEP_AUDIT_DAYS",
    "throttle": "an account and an address; the rate of hashes bounds how many; pruned",
    "limit_counts": "a subscription or customer and a limit; pruned",
    "recent_requests": "a fixed number of samples for each customer and hour; pruned",
    "usage_hours": "customers, applications, operations and an hour; pruned",
    "usage_days": "customers, applications, operations and a day; pruned",
    "usage_writers": "a process; pruned",
}
"""By table: what its rows are counted by, so that asking again makes none."""


def constant(path: str) -> Any:
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def inserted_tables() -> set[str]:
    """Those into which a statement of the store inserts, whoever calls it."""
    found = set()
    for info in pkgutil.iter_modules(hoistway.store.__path__, "hoistway.store."):
        if info.ispkg:
            continue
        for value in vars(importlib.import_module(info.name)).values():
            values = (
                value if isinstance(value, list | tuple) else value.values() if isinstance(value, dict) else [value]
            )
            found |= {
                one.clause.table.name for one in values if isinstance(one, Statement) and isinstance(one.clause, Insert)
            }
    return found


def test_every_table_that_grows_has_a_bound() -> None:
    known = {*BOUNDS, *BY_KEY, *BY_OPERATORS, *BY_THE_SERVER}
    assert {"codes", "grants", "messages", "service_accounts", "used_forms"} <= inserted_tables()
    assert inserted_tables() - known == set(), (
        "rows of a table that nothing bounds: add the bound, its refusal and a line here"
    )
    for table, path in BOUNDS.items():
        assert 0 < constant(path) <= 200_000, table


def test_each_form_makes_only_what_has_a_bound() -> None:
    """Each POST of portal and account, sent once: the tables in which it made rows."""
    url = fresh_database("sqlite", furnished)
    made: dict[str, set[str]] = {}

    async def work() -> None:
        async with room(url) as here:
            await here.write(lambda tx: keep_sandbox(tx, here.engine.now()))
            before = await everything(here.other)
            for case in (*PORTAL, *ACCOUNT):
                await begun(here, case)
                signed_in = await everything(here.other)
                reply = await sent(here, case)
                assert reply.status_code in {200, 201, 303} or not case.writes, (case.name, reply.status_code)
                after = await everything(here.other)
                new = {name for name, rows in after.items() if rows.keys() - signed_in[name].keys()}
                made.setdefault(case.route, set()).update(new)
                await here.write(lambda tx: restore(tx, before))

    try:
        run(work)
    finally:
        drop_database(url)
    unbounded = {route: tables - BOUNDS.keys() - BY_KEY.keys() for route, tables in made.items()}
    assert {route: tables for route, tables in unbounded.items() if tables} == {}
    uncounted = {route for route, tables in made.items() if tables - {"audit"} and "used_forms" not in tables}
    assert uncounted == set(), "what a person makes by forms is bounded in all by the number of forms"


REFUSED = (
    ("hoistway.portal.changing.MOST_FORMS", 0, "/portal/technical-accounts", 429),
    ("hoistway.accounts.technical.MOST_ACCOUNTS", 2, "/portal/technical-accounts", 422),
    ("hoistway.applications.threads.MOST_MESSAGES", 1, "/portal/requests/{request_id}", 422),
    ("hoistway.products.subscribing.MOST_SUBSCRIPTIONS", 4, "/portal/products/{id}/subscriptions", 422),
)
"""(constant, as many as there are, form, status of the refusal)"""


def case_of(route: str) -> Case:
    return next(case for case in CASES if case.route == route and case.form.get("do") in {None, "answer"})


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("path", "most", "route", "status"), REFUSED, ids=lambda value: str(value))
def test_a_form_beyond_its_bound_is_refused_and_writes_nothing(
    engine: EngineName, path: str, most: int, route: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = fresh_database(engine, furnished)

    async def work() -> None:
        async with room(url) as here:
            case = case_of(route)
            await begun(here, case)
            before = await everything(here.other)
            with monkeypatch.context() as patch:
                patch.setattr(path, most)
                reply = await sent(here, case)
            assert reply.status_code == status, reply.status_code
            assert differences(before, await everything(here.other)).keys() <= {"kept_forms"}
            assert (await sent(here, case)).status_code in {200, 201, 303}, "with room for one more it is carried out"

    try:
        run(work)
    finally:
        drop_database(url)


def test_a_person_has_so_many_sessions(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that began first ends; no sign-in is refused for it."""
    monkeypatch.setattr("hoistway.endpoints.browser.MOST_SESSIONS", 2)
    visitors = []
    for _ in range(3):
        visitors.append(house.opened("ann"))
        house.clock.turn(1)
    bob = house.opened("bob")
    answers = [one.http.get("/portal/people").status_code for one in (*visitors, bob)]
    assert answers[0] == 303, "it leads to the sign-in"
    assert 303 not in answers[1:]


def test_a_person_gets_so_many_codes_a_day(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    person, asked = Person(served), {"scope": "openid", **CHALLENGE}
    person.sign_in(person.authorize("native", redirect_uri="http://127.0.0.1/callback", **asked), "both")
    monkeypatch.setattr("hoistway.grants.authorization.MOST_CODES", 1)
    renewals = [person.authorize("old-web", prompt="none", customer="c-a", **asked) for _ in range(2)]
    first, second = (answer_of(reply.headers["location"]) for reply in renewals)
    assert "code" in first
    assert (second.get("code"), second["error"]) == (None, "temporarily_unavailable")
    assert "loop" in second["error_description"]


def test_an_account_has_so_many_families(house: House) -> None:
    """Those that were used last stay."""
    assert "families" in [name for name, _work in JOBS]
    form = {"grant_type": "password", "client_id": "ropc", "password": PASSWORD, "scope": f"offline_access {API_URI}"}
    tokens = []
    for name in ("daemon-a", "daemon-a", "daemon-a", "daemon-b"):
        tokens.append(post(house.served, **form, username=name).json()["refresh_token"])
        house.clock.turn(1)
    tokens[0] = post(house.served, grant_type="refresh_token", client_id="ropc", refresh_token=tokens[0]).json()[
        "refresh_token"
    ]
    house.clock.turn(1)
    assert on(house.served.database, lambda db: end_crowded(db, Walk(), 2)) == 1
    again = [post(house.served, grant_type="refresh_token", client_id="ropc", refresh_token=one) for one in tokens]
    assert [reply.status_code for reply in again] == [200, 400, 200, 200]
