"""Digits of other scripts, numbers without end, hosts of nobody, characters that are not seen: refused wherever they are typed."""

import base64
import json
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from typer.testing import CliRunner

from hoistway.cli import cli
from tests.attacks.asking import CHALLENGE, bearer, daemon_token
from tests.flows.browser import Person
from tests.portal.asking import ask, operator, visitor
from tests.server import MASTER_KEY, Served
from tests.world import CALLBACK

DIGITS = ["²", "٣", "９", "9" * 5000, "-1", "+1", "1e1", "1_0"]
UNSEEN = ["\u200b", "\u202e", "\u3164", "\ufe0f"]
PRODUCT = {
    "id": "odd", "name": "Odd", "description": "Odd.", "approval": "automatic", "key_use": "required", "apis_customer-api": "yes",
    "rate_period": "60", "quota_period": "86400",
}  # fmt: skip


@pytest.fixture
def settings(served: Served) -> dict[str, str]:
    """Of commands beside the server."""
    key = base64.urlsafe_b64encode(MASTER_KEY).decode()
    return {"HOISTWAY_DATABASE": served.database, "HOISTWAY_MASTER_KEY": key}


@pytest.mark.parametrize("number", DIGITS)
def test_a_number_that_is_none(served: Served, number: str) -> None:
    """Row 49: of a form, a query, an authorization request."""
    olga = operator(served)
    olga.get("/console/legacy")
    start = (datetime.now(UTC) + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    plan = {"do": "plan", "flow": "implicit", "start": start, "minutes": number, "note": "odd"}
    assert olga.post("/console/legacy", **plan).status_code == 422
    olga.get("/console/products/new")
    for name in ("rate_calls", "quota_calls", "subscriptions_limit", "rate_period"):
        assert olga.post("/console/products/new", **{"rate_calls": "5", **PRODUCT, name: number}).status_code == 422
    assert bearer(served, daemon_token(served), limit=number).status_code == 400
    asked = {"client_id": "spa", "redirect_uri": CALLBACK, "response_type": "code", "scope": "openid", **CHALLENGE}
    reply = httpx2.get(f"{served.url}/oauth2/authorize", params={**asked, "max_age": number}, verify=False)
    assert (reply.status_code, "error=invalid_request" in reply.headers.get("location", "")) == (303, True)
    olga.close()


@pytest.mark.parametrize("number", DIGITS)
def test_a_lifetime_of_a_secret_that_is_none(served: Served, number: str) -> None:
    """Row 49: the usual one holds, and the page goes on."""
    adam = visitor(served, "adam")
    reply = ask(adam, type="daemon", redirect_uris="")
    here = reply.headers["location"].partition("?")[0]
    adam.get(here)
    assert adam.post(f"{here}/secrets", lifetime=number).status_code == 201
    adam.close()


@pytest.mark.parametrize("number", DIGITS)
def test_a_number_on_the_command_line_that_is_none(number: str, settings: dict[str, str]) -> None:
    """Row 49."""
    for words in (
        ["product", "list", "--most", number],
        ["api", "add", "odd", "--name", "Odd", "--audience", "odd", "--scope", "odd", "--lifetime", number],
        ["subscription", "regenerate", "s", "primary", "--overlap", number],
        ["serve", "--port", number],
    ):
        done = CliRunner().invoke(cli, words, env=settings)
        assert (done.exit_code, "number from" in " ".join(done.output.split())) == (2, True), done.output


@pytest.mark.parametrize(
    "host", ["https://%00/", "https://a;b/", "https://127.1/", "https://a..example/", "https://[v1.a]/"]
)
def test_a_host_that_nobody_agrees_on(served: Served, settings: dict[str, str], host: str) -> None:
    """Row 6: neither by the portal nor at the command line."""
    ann = visitor(served, "ann")
    refused = ask(ann, redirect_uris=host)
    assert refused.status_code == 422
    ann.close()
    for option in ("--redirect-uri", "--post-logout-uri"):
        done = CliRunner().invoke(cli, ["app", "add", "--name", "Odd", "--type", "web", option, host], env=settings)
        assert (done.exit_code, "redirect URI" in done.output) == (2, True), done.output
    listed = CliRunner().invoke(cli, ["app", "list", "--most", "10000", "--json"], env=settings)
    assert listed.exit_code == 0, listed.output
    assert host not in json.dumps(json.loads(listed.stdout))


@pytest.mark.parametrize("unseen", UNSEEN)
def test_a_name_with_what_is_not_seen(served: Served, settings: dict[str, str], unseen: str) -> None:
    """Row 49: of an application, of a person, of everything that the command line adds."""
    name = f"Harbour{unseen} board"
    ann = visitor(served, "ann")
    assert ask(ann, name=name).status_code == 422
    ann.close()
    person = Person(served)
    token = person.tokens("spa", "ann", "openid profile.read profile.write")["access_token"]
    reply = person.http.patch("/api/v1/users/u-ann", json={"name": name}, headers={"authorization": f"Bearer {token}"})
    assert reply.status_code == 400
    for words in (
        ["customer", "add", "odd", "--name", name],
        ["customer", "add", f"o{unseen}dd", "--name", "Odd"],
        ["site", "add", "odd", "--name", name],
        ["user", "add", "odd", "--name", name],
        ["user", "add", f"od{unseen}d", "--name", "Odd"],
        ["service-account", "add", "odd", "--name", name, "--customer", "c-a"],
        ["app", "add", "--name", name, "--type", "web"],
        ["subscription", "add", "c-a", "odd", "--name", name],
    ):
        done = CliRunner().invoke(cli, words, env=settings)
        assert (done.exit_code, "not seen" in done.output) == (2, True), done.output
