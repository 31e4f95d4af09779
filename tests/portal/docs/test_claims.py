"""The guide on tokens explains every claim that is really in one, in both languages."""

import base64
import json
import re

import httpx2
import pytest

from hoistway.portal.docs.guides import guides
from hoistway.web.words import Lang
from tests.flows.browser import Person, answer_of
from tests.server import Served
from tests.world import API_URI, PASSWORD, SECRET, TENANT_NAME

B2C = f"/{TENANT_NAME}/B2C_1_ROPC/oauth2/v2.0/token"


def claims(token: str) -> set[str]:
    body = token.split(".")[1]
    return set(json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))))


def issued(served: Served) -> dict[str, set[str]]:
    """One token of each kind."""
    code = Person(served).tokens("spa", "ann", "openid profile email units.read", nonce="n")
    employee = Person(served).tokens("spa", "emil", customer="c-a")
    person = Person(served)
    asked = {"response_type": "id_token token", "scope": f"openid {API_URI}", "nonce": "n"}
    implicit = answer_of(person.sign_in(person.authorize("implicit", **asked), "ann").headers["location"])
    form = {"grant_type": "password", "client_id": "ropc", "username": "daemon-a", "password": PASSWORD}
    password = httpx2.post(f"{served.url}{B2C}", data={**form, "scope": API_URI}).json()
    daemon = {"grant_type": "client_credentials", "client_id": "daemon", "client_secret": SECRET}
    machine = httpx2.post(f"{served.url}/oauth2/token", data=daemon).json()
    tokens = {
        "access": code["access_token"], "id": code["id_token"], "acting": employee["access_token"],
        "implicit": implicit["access_token"], "implicit id": implicit["id_token"], "b2c": password["access_token"],
        "machine": machine["access_token"],
    }  # fmt: skip
    return {kind: claims(token) for kind, token in tokens.items()}


def explained(lang: Lang) -> set[str]:
    return set(re.findall(r"^\| `(\w+)` \|", guides(lang)["tokens"].markdown, re.MULTILINE))


@pytest.mark.parametrize("lang", ["en", "de"])
def test_every_claim_is_explained_and_no_other(served: Served, lang: Lang) -> None:
    found = issued(served)
    for kind, names in found.items():
        assert names - explained(lang) == set(), kind
    assert explained(lang) - set().union(*found.values()) == set()
    assert "acting_for" in found["acting"]
    assert "auth_time" not in found["machine"] | found["b2c"]
    shown = json.loads(re.sub(r"\{\{\w+\}\}", "x", guides(lang)["tokens"].document.fences[0].code))
    assert set(shown) == found["access"] - {"nonce"}
