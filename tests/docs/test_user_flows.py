"""What docs/migrating-user-flows.md says of each policy's name is what a person meets there."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.running import answer, manage, run
from tests.engines import EngineName, drop_database, fresh_database
from tests.flows.browser import Person, answer_of, pkce
from tests.server import Served, populate, serving
from tests.world import CALLBACK

TEXT = (Path(__file__).parent.parent.parent / "docs" / "migrating-user-flows.md").read_text(encoding="utf-8")
POLICIES = ("B2C_1_signupsignin", "B2C_1_signin", "B2C_1_signup", "B2C_1_passwordreset", "B2C_1_profileediting")
TENANT = "775527ff-9a37-4307-8b3d-cc311f58d925"


@pytest.fixture
def own_served(engine_name: EngineName, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """With the tenant that the document's own command makes."""
    url = fresh_database(engine_name, populate)
    found = re.search(r"^```sh\nhoistway (tenant add .*?)\n```", TEXT, re.MULTILINE | re.DOTALL)
    assert found
    with serving(url) as server:
        manage(monkeypatch, server)
        run(*shlex.split(found[1].replace("\\\n", " ")))
        yield server
    drop_database(url)


def test_every_name_signs_in_and_the_page_leads_to_the_reset(own_served: Served) -> None:
    person = Person(own_served)
    for policy in POLICIES:
        verifier, challenge = pkce()
        asked = {
            "client_id": "spa", "redirect_uri": CALLBACK, "response_type": "code", "scope": "openid", "nonce": "n", "state": "s",
            "code_challenge": challenge, "code_challenge_method": "S256", "login_hint": "ann@example.com", "domain_hint": "x",
        }  # fmt: skip
        path = f"/example.onmicrosoft.com/{policy}/oauth2/v2.0"
        reply = person.follow(person.get(f"{path}/authorize", **asked))
        if policy == POLICIES[0]:
            assert 'href="/reset"' in reply.text
            assert 'value="ann@example.com"' in reply.text
            reply = person.sign_in(reply, "ann")
        assert reply.status_code == 303, policy
        answer = answer_of(reply.headers["location"])
        form = {
            "grant_type": "authorization_code", "code": answer["code"], "redirect_uri": CALLBACK, "client_id": "spa",
            "code_verifier": verifier,
        }  # fmt: skip
        assert person.http.post(f"{path}/token", data=form).status_code == 200


def test_the_tenant_keeps_its_guid_and_each_policy_of_the_table_has_its_name(own_served: Served) -> None:
    about = Person(own_served).get(f"/{TENANT}/B2C_1_ROPC/v2.0/.well-known/openid-configuration")
    assert f"/{TENANT}/" in about.json()["issuer"]
    named = answer("tenant", "show", "example.onmicrosoft.com")
    assert named["id"] == TENANT
    assert set(re.findall(r"`(B2C_1_\w+)`", TEXT)) == set(named["policies"])


def test_the_pages_that_the_document_names_exist(own_served: Served) -> None:
    """For whoever is signed in: none is a 404."""
    person = Person(own_served)
    person.sign_in(person.get("/sign-in"), "adam")
    named = set(re.findall(r"`(/[a-z/-]+)`", TEXT))
    assert len(named) >= 7
    for path in named:
        assert person.get(path).status_code != 404, path
