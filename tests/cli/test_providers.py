"""hoistway provider: connecting, proving, checking and taking away a company's own sign-in."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from hoistway.store.identities import IDENTITIES
from hoistway.store.provider_domains import PROVIDER_DOMAINS
from hoistway.store.providers import PROVIDERS
from hoistway.store.sessions import SESSIONS
from hoistway.tokens.vault import Vault
from tests.cli.names import name_server
from tests.cli.running import answer, manage, run
from tests.engines import EngineName, drop_database, fresh_database
from tests.federation.connected import back, events_of, led, make_person, rows_of
from tests.federation.liar import Liar, jwk_of, lying
from tests.flows.browser import Person, answer_of
from tests.server import MASTER_KEY, Served, populate, serving
from tests.world import PASSWORD, A

SECRET = "a secret from there"


@pytest.fixture
def liar() -> Iterator[Liar]:
    with lying() as made:
        yield made


@pytest.fixture
def here(engine_name: EngineName, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    url = fresh_database(engine_name, populate)
    with serving(url, outbound_loopback=True) as served:
        manage(monkeypatch, served)
        monkeypatch.setenv("HOISTWAY_FETCH_LOOPBACK", "1")
        yield served
    drop_database(url)


def error(*words: str, code: int, **more: Any) -> str:
    """What the command says on its way out."""
    return run(*words, code=code, **more).output


def added(liar: Liar, *more: str) -> Any:
    return answer(
        "provider", "add", "--customer", A, "--name", "Acme", "--issuer", liar.url, "--client-id", "hoistway-here",
        "--secret-stdin", *more, input=f"{SECRET}\n",
    )  # fmt: skip


def test_from_nothing_to_a_sign_in_and_back_to_nothing(here: Served, liar: Liar) -> None:
    made = added(liar)
    provider_id = str(made["id"])
    assert made["redirect_uri"] == f"{here.url}/sign-in/provider/{provider_id}/callback"
    assert made["backchannel_logout_uri"] == f"{here.url}/sign-in/provider/{provider_id}/logout"
    assert SECRET not in str(made)
    row = rows_of(here.database, PROVIDERS)[0]
    assert SECRET.encode() not in row["sealed"]
    assert Vault(MASTER_KEY).open(provider_id, row["sealed"]) == SECRET.encode()
    named = answer("provider", "domain", "add", provider_id, "Acme.EXAMPLE")
    assert (named["domain"], named["record"], named["proved_at"]) == ("acme.example", "_hoistway.acme.example", None)
    records: dict[str, list[str]] = {}
    with name_server(records) as server:
        prove = ("provider", "domain", "prove", provider_id, "acme.example", "--server", server)
        for wrong in (None, [], ["another"], [str(named["proof"])[:-1]], [f"x{named['proof']}"]):
            if wrong is not None:
                records["_hoistway.acme.example"] = wrong or ["v=spf1 -all"]
            assert "has no TXT record" in error(*prove, code=1)
        records["_hoistway.acme.example"] = ["v=spf1 -all", str(named["proof"])]
        assert answer(*prove)["proved"] is True
    found = answer("provider", "check", provider_id)
    assert [one["level"] for one in found] == ["ok", "note"]
    person = Person(here)
    reply = back(person, liar.sends_back(led(person, "rita@acme.example")))
    assert "code" in answer_of(reply.headers["location"])
    basic = next(headers["authorization"] for path, headers, _ in liar.asked if path == "/token")
    assert base64.b64decode(basic.split()[1]).decode() == "hoistway-here:a+secret+from+there"
    assert answer("provider", "disable", provider_id)["sessions_ended"] == 1
    assert rows_of(here.database, SESSIONS) == []
    answer("provider", "enable", provider_id)
    answer("provider", "remove", provider_id)
    assert (
        rows_of(here.database, PROVIDERS)
        == rows_of(here.database, PROVIDER_DOMAINS)
        == rows_of(here.database, IDENTITIES)
        == []
    )
    told = [one["event"] for one in events_of(
        here.database, "provider.added", "provider.domain_added", "provider.domain_proved", "provider.disabled", "provider.enabled",
        "provider.removed",
    )]  # fmt: skip
    assert told == [
        "provider.added", "provider.domain_added", "provider.domain_proved", "provider.disabled", "provider.enabled", "provider.removed",
    ]  # fmt: skip


def test_a_disabled_provider_lets_passwords_count_again(here: Served, liar: Liar) -> None:
    provider_id = str(added(liar)["id"])
    make_person(here.database, "rita", A)
    prove(provider_id, "acme.example")
    assert led(Person(here), "rita@acme.example").startswith(liar.url)
    answer("provider", "disable", provider_id)
    person = Person(here)
    page = person.get("/sign-in")
    assert person.submit("/sign-in", page, username="rita@acme.example", password=PASSWORD).status_code == 200
    assert person.get("/portal/applications").status_code == 200


def prove(provider_id: str, domain: str, code: int = 0) -> str:
    named = answer("provider", "domain", "add", provider_id, domain)
    with name_server({f"_hoistway.{domain}": [str(named["proof"])]}) as server:
        words = ("provider", "domain", "prove", provider_id, domain, "--server", server)
        return error(*words, code=code) if code else str(answer(*words))


def test_a_domain_leads_to_one_provider_and_never_the_staff_away(here: Served, liar: Liar) -> None:
    one, other = str(added(liar)["id"]), str(added(liar)["id"])
    prove(one, "acme.example")
    assert "leads to another provider already" in prove(other, "acme.example", code=1)
    answer("provider", "domain", "remove", one, "acme.example")
    prove(other, "acme.example")
    # olga and emil, who are staff, have their names in it.
    assert "the operator’s own staff" in prove(one, "example.com", code=1)


def test_what_is_wrong_with_a_provider_is_said(here: Served, liar: Liar) -> None:
    provider_id = str(added(liar, "--sign-out-there")["id"])

    def wrong() -> str:
        return error("provider", "check", provider_id, "--json", code=1)

    liar.described = {"issuer": f"{liar.url}/"}
    assert "it calls itself" in wrong()
    liar.described = {"token_endpoint_auth_methods_supported": ["private_key_jwt"]}
    assert "It does not take client_secret_basic, but private_key_jwt" in wrong()
    liar.described, liar.publishes = {}, []
    assert "holds no key that may sign ID tokens" in wrong()
    liar.answers["/.well-known/openid-configuration"] = (404, "{}")
    assert "it answers 404" in wrong()
    liar.answers["/.well-known/openid-configuration"] = (200, "<html>")
    assert "no JSON object" in wrong()


def test_keys_that_can_not_be_told_apart_are_noted(here: Served, liar: Liar) -> None:
    """Sign-ins with them fail, though description and keys can be read."""
    provider_id = str(added(liar)["id"])

    def notes() -> set[str]:
        found = answer("provider", "check", provider_id)
        return {str(one["text"]).split(": ")[0].split("/keys ")[-1] for one in found if "/keys" in str(one["text"])}

    assert notes() == set()
    liar.publishes = ["k-1", "k-1", "k-2"]
    assert notes() == {"holds several keys of the same kid"}
    key = jwk_of("k-1")
    del key["kid"]
    liar.answers["/keys"] = (200, json.dumps({"keys": [key]}))
    assert notes() == {"has no kid"}
    assert "has no kid" in str(answer("provider", "check", provider_id))


@pytest.mark.parametrize(
    ("words", "said"),
    [(("--issuer", "http://login.example.com"), "must begin with https://"), (("--issuer", "https://10.0.0.1/"), "full domain name"),
     (("--issuer", "https://login.example.com/?a=b"), "without a question mark"), (("--auth", "none"), "auth: Choose one of"),
     (("--auth", "private_key_jwt"), "a key is made here"), (("--role-claim", "groups"), "at least one value"),
     (("--member", "a"), "Name the claim"), (("--client-id", ""), "client id"), (("--customer", "c-none"), "there is no customer")],
)  # fmt: skip
def test_what_can_not_be_a_provider(here: Served, liar: Liar, words: tuple[str, ...], said: str) -> None:
    given = {
        "--customer": A,
        "--name": "Acme",
        "--issuer": liar.url,
        "--client-id": "hoistway-here",
        words[0]: words[1],
    }
    options = [word for pair in given.items() for word in pair]
    message = error(
        "provider", "add", "--secret-stdin", *options, code=1 if "--customer" in words else 2, input=f"{SECRET}\n"
    )
    assert said in message
    assert rows_of(here.database, PROVIDERS) == []


def test_a_key_is_made_where_there_is_no_secret_and_its_public_half_is_shown(here: Served, liar: Liar) -> None:
    made = answer(
        "provider", "add", "--customer", A, "--name", "Acme", "--issuer", liar.url, "--client-id", "hoistway-here", "--auth",
        "private_key_jwt",
    )  # fmt: skip
    key = made["public_key"]
    assert isinstance(key, dict)
    assert key.keys() == {"kty", "kid", "alg", "use", "n", "e"}
    assert answer("provider", "show", str(made["id"]))["public_key"] == key
    assert [one["id"] for one in answer("provider", "list")] == [made["id"]]
