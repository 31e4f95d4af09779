"""A word that an application asks for means one API: taken names and URIs are refused, whatever their spelling."""

import pytest

from hoistway.applications.apis import ScopeRefused, check_words
from hoistway.protocol.ids import ApiId
from hoistway.protocol.scope import ApiScopes, apart

FIRST = ApiScopes(ApiId("a"), "https://a.example/aud", "https://a.example/api", ("units.read", "x/y"))


def second(*names: str, uri: str = "https://b.example", audience: str = "https://b.example/aud") -> ApiScopes:
    return ApiScopes(ApiId("b"), audience, uri, names)


@pytest.mark.parametrize(
    "new",
    [
        second("units.read"), second("ok", "units.read"), second("openid"), second("email"),
        second("https://a.example/api"), second("https://a.example/api/"), second("https://a.example/api/units.read"),
        second("https://a.example/api/.default"), second("https://a.example/aud"),
        second("y", uri="https://a.example/api/x"), second("ok", uri="https://a.example/api/units.read"),
        second("ok", uri="https://a.example/api/"), second("ok", audience="https://a.example/api"),
        second("ok", audience="https://a.example/aud/"), second("ok", uri="units.read"),
        second("ok", uri="https://a.example/api/.default"),
    ],
)  # fmt: skip
def test_a_taken_word_is_refused(new: ApiScopes) -> None:
    with pytest.raises(ScopeRefused, match="another API or OpenID has this name"):
        check_words(new, (FIRST,))
    kept = apart((FIRST, new))
    assert kept[0] == FIRST
    assert set(kept[1].names) < set(new.names), "where it is there all the same, it opens nothing"


@pytest.mark.parametrize("name", ["", "two words", 'quo"te', "back\\slash", "ünits", "a\n"])
def test_what_can_not_be_asked_for_is_refused(name: str) -> None:
    with pytest.raises(ScopeRefused, match="can't be asked for"):
        check_words(second(name), (FIRST,))


@pytest.mark.parametrize("names", [(), ("ok", "ok")])
def test_an_api_has_scopes_and_each_once(names: tuple[str, ...]) -> None:
    with pytest.raises(ScopeRefused, match="one scope at the least"):
        check_words(second(*names), (FIRST,))


def test_other_words_are_free() -> None:
    new = second("doors.read", "y", uri="https://a.example/api2")
    check_words(new, (FIRST,))
    assert apart((FIRST, new)) == (FIRST, new)


@pytest.mark.parametrize(
    ("names", "wires"),
    [
        (("b.act",), (("act", "b.act"), ("act", "b.act"))), (("b.act", "act"), (("act", "b.act"),)),
        (("b.act", "b.look"), (("act", "b.act"), ("act", "b.look"))), (("b.act",), ((".default", "b.act"),)),
    ],
)  # fmt: skip
def test_a_word_behind_the_uri_means_one_scope(names: tuple[str, ...], wires: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(ScopeRefused, match="means one scope"):
        check_words(ApiScopes(ApiId("b"), "https://b.example/aud", "https://b.example", names, wires), (FIRST,))


def test_a_word_behind_the_uri_is_nobody_elses() -> None:
    own = ApiScopes(ApiId("b"), "b-aud", "https://a.example", ("b.act",), (("api", "b.act"),))
    with pytest.raises(ScopeRefused, match="another API or OpenID has this name"):
        check_words(own, (FIRST,))
    with pytest.raises(ScopeRefused, match="can't be asked for"):
        check_words(ApiScopes(ApiId("b"), "b-aud", "https://b.example", ("b.act",), (('a"', "b.act"),)), (FIRST,))
