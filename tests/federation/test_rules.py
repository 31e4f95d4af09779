"""Whom a provider's claims let in, and as what."""

from typing import Any

import pytest

from hoistway.federation.people import address_of, check_person, role_of
from hoistway.federation.refusing import NotSignedIn
from hoistway.web.provider_words import PROVIDER_DE, PROVIDER_EN
from tests.federation.connected import provider
from tests.world import A, user

HERE = provider("https://login.acme.example")
RULED = provider("https://login.acme.example", role_claim="groups", administrators=("lift-admins",))
CLOSED = provider(
    "https://login.acme.example", role_claim="groups", administrators=("lift-admins",), members=("lifts",)
)
TRUSTED = provider("https://login.acme.example", addresses="trusted")


def cause(work: Any, *values: Any) -> str:
    with pytest.raises(NotSignedIn) as refused:
        work(*values)
    return refused.value.cause


def test_without_rules_the_role_stays() -> None:
    assert role_of(HERE, {"groups": ["lift-admins"]}) is None


@pytest.mark.parametrize("said", ["lift-admins", ["a", "lift-admins"], ["lift-admins", 7, None]])
def test_a_value_of_the_claim_makes_an_administrator(said: object) -> None:
    assert role_of(RULED, {"groups": said}) == "administrator"


@pytest.mark.parametrize(
    "said", [None, "", [], ["LIFT-ADMINS"], [["lift-admins"]], {"lift-admins": 1}, "lift-admins,lifts", 7]
)
def test_any_other_value_makes_a_member_or_lets_nobody_in(said: object) -> None:
    assert role_of(RULED, {"groups": said}) == "member"
    assert cause(role_of, CLOSED, {"groups": said}) == "not_allowed"
    assert role_of(CLOSED, {"groups": ["lifts"]}) == "member"


def test_groups_that_are_too_many_for_the_token_are_no_missing_groups() -> None:
    assert cause(role_of, RULED, {"_claim_names": {"groups": "src1"}}) == "wrong"


@pytest.mark.parametrize("verified", [True, "true"])
def test_a_verified_address_counts(verified: object) -> None:
    assert address_of(HERE, {"email": " Rita@Acme.Example ", "email_verified": verified}) == (
        "Rita@Acme.Example",
        "acme.example",
    )


@pytest.mark.parametrize("verified", [False, None, "false", "True", 1, "yes", [True], {}])
def test_an_unverified_address_counts_for_nothing(verified: object) -> None:
    """Row 63's kind: nOAuth."""
    assert cause(address_of, HERE, {"email": "rita@acme.example", "email_verified": verified}) == "unverified"
    assert cause(address_of, HERE, {"email": "rita@acme.example"}) == "unverified"


def test_a_trusted_provider_need_not_say_it_but_may_not_deny_it() -> None:
    assert address_of(TRUSTED, {"email": "rita@acme.example"})[1] == "acme.example"
    assert address_of(TRUSTED, {"preferred_username": "rita@acme.example"})[1] == "acme.example"
    assert cause(address_of, TRUSTED, {"email": "rita@acme.example", "email_verified": False}) == "unverified"
    assert cause(address_of, HERE, {"preferred_username": "rita@acme.example", "email_verified": True}) == "unverified"


@pytest.mark.parametrize(
    "address",
    ["", "rita", "@acme.example", "rita@", "rita@acme", "a@b@acme.example", "rita@acme.example,x@evil.example", "rita <r@acme.example>",
     "rita@acme.example\n", "r ita@acme.example", "rita@evil.example\x00.acme.example", "a" * 300 + "@acme.example", 7, ["rita@acme.example"]],
)  # fmt: skip
def test_what_is_no_address(address: object) -> None:
    said = {"email": address, "email_verified": True}
    if address == "rita@acme.example\n":
        assert address_of(HERE, said) == ("rita@acme.example", "acme.example")
    else:
        assert cause(address_of, HERE, said) == "unverified"


@pytest.mark.parametrize("flag", ["operator", "employee", "support", "auditor"])
def test_staff_is_nobody_to_a_provider(flag: str) -> None:
    assert cause(check_person, user("olga", A, flag)) == "not_allowed"
    assert cause(check_person, None) == "not_allowed"
    assert check_person(user("ann", A)).id == "u-ann"


def test_both_languages_have_each_sentence() -> None:
    assert PROVIDER_EN.keys() == PROVIDER_DE.keys()
