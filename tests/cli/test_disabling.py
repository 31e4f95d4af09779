"""What operators disable is in no answer of the Customer API, whoever asks and however, until it is enabled again."""

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.attacks.asking import bearer, daemon_token, post
from tests.cli.conftest import Managed
from tests.cli.running import answer, run
from tests.flows.browser import Person
from tests.server import Served
from tests.world import PASSWORD, TENANT, TENANT_NAME

UNIT, SITE = "US-c-a-11", "c-a-s1"


def ids(served: Served, token: str, **params: str) -> list[str]:
    return [row["unitId"] for row in bearer(served, token, **params).json()["items"]]


def sites(served: Served, token: str) -> dict[str, int]:
    return {row["siteId"]: row["unitCount"] for row in bearer(served, token, "/api/v1/sites").json()["items"]}


def count(served: Served, token: str) -> Any:
    return bearer(served, token, "/api/v1/me").json()["unit_count"]


@pytest.fixture(params=["daemon", "few"])
def token(request: pytest.FixtureRequest, managed: Managed) -> str:
    """Of the whole customer, and of a person who sees one site of it."""
    if request.param == "daemon":
        return daemon_token(managed.served)
    return Person(managed.served).tokens("spa", "few", "openid units.read")["access_token"]


def test_a_disabled_unit_is_in_no_answer(managed: Managed, token: str) -> None:
    served = managed.served
    before, sites_before, count_before = ids(served, token), sites(served, token), count(served, token)
    assert UNIT in before
    assert answer("unit", "disable", UNIT)["disabled_at"] == managed.clock.at
    try:
        kept = [unit for unit in before if unit != UNIT]
        assert ids(served, token) == kept
        assert UNIT not in ids(served, token, site=SITE) + ids(served, token, type="elevator") + ids(
            served, token, text=UNIT
        )
        assert [*ids(served, token, limit="1"), *ids(served, token, limit="2")[1:]] == kept[:2]
        assert bearer(served, token, f"/api/v1/units/{UNIT}").status_code == 404
        assert sites(served, token) == sites_before | {SITE: sites_before[SITE] - 1}
        assert count(served, token) == count_before - 1
        assert answer("unit", "show", UNIT)["disabled_at"] == managed.clock.at
    finally:
        answer("unit", "enable", UNIT)
    assert (ids(served, token), sites(served, token), count(served, token)) == (before, sites_before, count_before)
    assert bearer(served, token, f"/api/v1/units/{UNIT}").status_code == 200


def test_a_disabled_site_hides_its_units_too(managed: Managed, token: str) -> None:
    served = managed.served
    before, sites_before, count_before = ids(served, token), sites(served, token), count(served, token)
    answer("site", "disable", SITE)
    try:
        hidden = [unit for unit in before if unit.startswith("US-c-a-1")]
        assert ids(served, token) == [unit for unit in before if unit not in hidden]
        assert ids(served, token, site=SITE) == []
        assert bearer(served, token, f"/api/v1/units/{UNIT}").status_code == 404
        assert sites(served, token) == {site: number for site, number in sites_before.items() if site != SITE}
        assert count(served, token) == count_before - len(hidden)
    finally:
        answer("site", "enable", SITE)
    assert (ids(served, token), sites(served, token), count(served, token)) == (before, sites_before, count_before)


def test_pages_of_sites_are_full_while_one_is_disabled(managed: Managed) -> None:
    """What is hidden is left out before the page is cut, not after."""
    token = daemon_token(managed.served)
    answer("site", "disable", SITE)
    try:
        page = bearer(managed.served, token, "/api/v1/sites", limit="1").json()
        assert [row["siteId"] for row in page["items"]] == ["c-a-s2"]
    finally:
        answer("site", "enable", SITE)


def test_an_import_leaves_what_is_disabled_so(managed: Managed, tmp_path: Path) -> None:
    served, token = managed.served, daemon_token(managed.served)
    file = tmp_path / "units.jsonl"
    row = {"unit_id": UNIT, "site_id": SITE, "customer_id": "c-a", "site_name": "House 1 of c-a", "capacity_kg": 630}
    file.write_text(json.dumps(row))
    answer("unit", "disable", UNIT)
    answer("site", "disable", "c-a-s2")
    try:
        assert answer("unit", "import", str(file))["imported"] == 1
        assert UNIT not in ids(served, token)
        assert list(sites(served, token)) == [SITE]
        assert answer("site", "show", "c-a-s2")["disabled_at"] is not None
    finally:
        answer("unit", "enable", UNIT)
        answer("site", "enable", "c-a-s2")


FORM = {
    "grant_type": "password",
    "client_id": "ropc",
    "username": "daemon-a",
    "password": PASSWORD,
    "scope": "openid ropc",
}


@pytest.mark.parametrize("name", [TENANT_NAME, TENANT])
def test_a_disabled_tenant_is_unknown(managed: Managed, name: str) -> None:
    served = managed.served
    paths = (f"/{TENANT_NAME}/B2C_1_ROPC/oauth2/v2.0/token", f"/tfp/{TENANT}/b2c_1_ropc/oauth2/v2.0/token")
    metadata = f"{served.url}/{TENANT_NAME}/b2c_1_ropc/v2.0/.well-known/openid-configuration"
    unknown = post(served, "/nobody.example/B2C_1_ROPC/oauth2/v2.0/token", **FORM)
    assert answer("tenant", "disable", name)["disabled_at"] == managed.clock.at
    try:
        for path in paths:
            reply = post(served, path, **FORM)
            assert (reply.status_code, reply.json()["error"]) == (unknown.status_code, unknown.json()["error"])
            assert "access_token" not in reply.json()
        assert httpx2.get(metadata).status_code == unknown.status_code == 404
        assert [row["disabled_at"] for row in answer("tenant", "list")] == [managed.clock.at]
    finally:
        answer("tenant", "enable", name)
    assert {post(served, path, **FORM).status_code for path in paths} == {200}
    assert httpx2.get(metadata).status_code == 200


@pytest.mark.parametrize("noun", ["unit", "site", "tenant", "customer", "user", "service-account", "app", "api"])
def test_what_is_not_there_is_not_switched_and_leaves_no_trace(managed: Managed, noun: str) -> None:
    for verb in ("disable", "enable"):
        refused = run(noun, verb, "nobody", "--json", code=1)
        assert refused.stdout == ""
        assert "nobody" in refused.stderr
