"""Two passwords of a technical account, and its addresses, at the command line."""

from tests.attacks.asking import password
from tests.cli.conftest import Managed
from tests.cli.running import answer, run
from tests.world import API_URI, PASSWORD

ACCOUNT = "service-account"


def works(managed: Managed, word: str) -> bool:
    return password(managed.served, "daemon-b", word, scope=API_URI).status_code == 200


def test_a_second_password_is_made_and_ended(managed: Managed) -> None:
    made = answer(ACCOUNT, "add-password", "daemon-b", "--days", "30")
    assert (made["id"], made["which"]) == ("sa-b", "second")
    assert works(managed, PASSWORD)
    assert works(managed, made["password"])
    shown = answer(ACCOUNT, "passwords", "daemon-b")
    assert [(one["password"], one["expires_at"] is None) for one in shown] == [("first", True), ("second", False)]
    assert made["password"] not in str(shown)
    assert "end one first" in run(ACCOUNT, "add-password", "daemon-b", code=1).output
    assert answer(ACCOUNT, "end-password", "daemon-b", "second")["ended"] == "second"
    assert not works(managed, made["password"])
    assert works(managed, PASSWORD)
    assert "has ended already" in run(ACCOUNT, "end-password", "daemon-b", "second", code=1).output
    run(ACCOUNT, "end-password", "daemon-b", "third", code=2)
    assert "second_digest" not in run(ACCOUNT, "show", "daemon-b").output


def test_it_is_limited_to_addresses_and_free_again(managed: Managed) -> None:
    assert answer(ACCOUNT, "limit", "daemon-b", "203.0.113.0/24")["addresses"] == ["203.0.113.0/24"]
    assert not works(managed, PASSWORD)
    assert "is not a network" in run(ACCOUNT, "limit", "daemon-b", "203.0.113.1/24", code=2).output
    assert answer(ACCOUNT, "limit", "daemon-b")["addresses"] == []
    assert works(managed, PASSWORD)
