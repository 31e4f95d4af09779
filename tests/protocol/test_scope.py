"""Scopes: RFC 6749 §3.3 and §6, RFC 8707 §2."""

import pytest

from hoistway.protocol.errors import InvalidScope, InvalidTarget
from hoistway.protocol.ids import ApiId
from hoistway.protocol.scope import ApiScopes, apart, narrow_scope, read_granted, read_scope, resolve_scope

UNITS = ApiScopes(ApiId("u"), "units-aud", "https://t.example/staging/api", ("read", "write", "shared"))
HUB = ApiScopes(ApiId("h"), "hub-aud", "https://t.example/hub/", ("listen", "shared"))
APIS = (UNITS, HUB)
ALLOWED = frozenset({"openid", "offline_access", "read", "shared", "listen"})


def test_read() -> None:
    assert read_scope("openid a openid  b ") == ("openid", "a", "b")
    assert read_scope(None) == ()


@pytest.mark.parametrize("text", ['a"', "a\\b", "a\tb", "a\nb", "é", " ".join(map(str, range(101)))])
def test_read_refused(text: str) -> None:
    with pytest.raises(InvalidScope):
        read_scope(text)


@pytest.mark.parametrize(
    ("word", "names"),
    [
        ("read", ("read",)),
        (f"{UNITS.uri}/read", ("read",)),
        (UNITS.uri, ("read", "shared")),
        (f"{UNITS.uri}/", ("read", "shared")),
        (f"{UNITS.uri}/.default", ("read", "shared")),
    ],
)
def test_spellings(word: str, names: tuple[str, ...]) -> None:
    resolved = resolve_scope(("openid", word), APIS, "app", ALLOWED)
    assert (resolved.asked, resolved.oidc, resolved.api, resolved.names) == (
        ("openid", word),
        frozenset({"openid"}),
        UNITS,
        names,
    )


def test_a_uri_that_ends_in_a_slash() -> None:
    assert resolve_scope(("https://t.example/hub/listen",), APIS, "app", ALLOWED).names == ("listen",)


def test_the_client_itself_as_scope() -> None:
    resolved = resolve_scope(("openid", "app", "offline_access"), APIS, "app", ALLOWED)
    assert resolved.client_audience
    assert resolved.api is None


@pytest.mark.parametrize(
    ("asked", "b2c"),
    [
        (("nothing",), "90117"),
        ((f"{UNITS.uri}/nothing",), "90117"),
        ((f"{UNITS.uri}x/read",), "90117"),
        (("READ",), "90117"),
        (("write",), "90055"),
        ((f"{UNITS.uri}/write",), "90055"),
        (("email",), "90055"),
    ],
)
def test_refused(asked: tuple[str, ...], b2c: str) -> None:
    with pytest.raises(InvalidScope) as refusal:
        resolve_scope(asked, APIS, "app", ALLOWED)
    assert refusal.value.b2c == b2c


def test_one_api_a_token() -> None:
    with pytest.raises(InvalidScope):
        resolve_scope(("read", "listen"), APIS, "app", ALLOWED)


def test_resource() -> None:
    for resource in ("units-aud", UNITS.uri):
        assert resolve_scope((), APIS, "app", ALLOWED, resource).names == ("read", "shared")
    with pytest.raises(InvalidTarget):
        resolve_scope((), APIS, "app", ALLOWED, "https://t.example/other")
    with pytest.raises((InvalidScope, InvalidTarget)):
        resolve_scope(("read",), APIS, "app", ALLOWED, "hub-aud")
    with pytest.raises(InvalidTarget):
        resolve_scope((), APIS, "app", frozenset({"openid"}), "hub-aud")


def test_the_resource_decides_whose_name_it_is() -> None:
    assert resolve_scope(("shared",), APIS, "app", ALLOWED, "hub-aud").api == HUB
    assert resolve_scope(("listen", "shared"), APIS, "app", ALLOWED).api == HUB


@pytest.mark.parametrize(
    ("granted", "asked"),
    [
        ("openid read", "openid"),
        (UNITS.uri, "read"),
        (f"{UNITS.uri}/.default", f"{UNITS.uri}/shared read"),
        ("read", f"{UNITS.uri}/read"),
        ("app offline_access", "app"),
    ],
)
def test_narrow(granted: str, asked: str) -> None:
    """Less of what was granted, in whatever spelling."""
    known = read_granted(tuple(granted.split()), APIS, "app")
    assert narrow_scope((), known) == known.asked
    assert narrow_scope(tuple(asked.split()), known) == tuple(asked.split())


@pytest.mark.parametrize(
    ("granted", "asked"),
    [
        ("read", "write"),
        ("read", UNITS.uri),
        ("read", f"{UNITS.uri}/.default"),
        ("openid read", "read offline_access"),
        ("listen shared", f"{UNITS.uri}/shared"),
        (UNITS.uri, "listen"),
        ("openid", "app"),
        ("app", "read"),
    ],
)
def test_never_wider(granted: str, asked: str) -> None:
    with pytest.raises(InvalidScope):
        narrow_scope(tuple(asked.split()), read_granted(tuple(granted.split()), APIS, "app"))


CRM = ApiScopes(ApiId("c"), "crm-aud", "https://t.example/crm", ("crm.act", "look"), (("act", "crm.act"),))
ERP = ApiScopes(ApiId("e"), "erp-aud", "https://t.example/erp", ("act",))


def test_a_word_behind_the_uri_may_be_another_than_the_name() -> None:
    """Where an API that was there first has the word: alone it means that one."""
    allowed = frozenset({"openid", "act", "crm.act", "look"})
    for word, api, names in (
        ("https://t.example/crm/act", CRM, ("crm.act",)), ("https://t.example/crm/crm.act", CRM, ("crm.act",)),
        ("crm.act", CRM, ("crm.act",)), ("https://t.example/crm/.default", CRM, ("crm.act", "look")),
        ("act", ERP, ("act",)), ("https://t.example/erp/act", ERP, ("act",)),
    ):  # fmt: skip
        found = resolve_scope((word,), (ERP, CRM), "app", allowed)
        assert (found.api, found.names) == (api, names), word
    with pytest.raises(InvalidScope, match="may not ask"):
        resolve_scope(("https://t.example/crm/act",), (ERP, CRM), "app", frozenset({"act"}))
    assert [CRM.called(name) for name in CRM.names] == ["act", "look"]


def test_a_name_that_an_earlier_api_has_takes_its_word_along() -> None:
    older = ApiScopes(ApiId("o"), "o-aud", "https://t.example/o", ("crm.act",))
    kept = apart((older, CRM))[1]
    assert kept.names == ("look",)
    with pytest.raises(InvalidScope):
        resolve_scope(("https://t.example/crm/act",), (older, kept), "app", frozenset({"crm.act"}))
