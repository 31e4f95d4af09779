"""Limits and cursors of lists, and the conditional answer (https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2)."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoistway.api.bodies import SitePage
from hoistway.api.paging import conditional, page_of, page_reply, read_page, write_cursor
from hoistway.api.problems import Problem
from hoistway.protocol.jwt import b64url
from hoistway.protocol.params import read_params
from tests.api.requests import BASE, make_engine, make_request

FILTERS = frozenset({"site", "type"})
IDS = st.text(
    st.characters(min_codepoint=32, exclude_characters="\x7f", exclude_categories=["Cs"]), min_size=1, max_size=64
)


def refusal(query: str) -> str:
    with pytest.raises(Problem) as refused:
        read_page(make_request(query=query), FILTERS)
    assert refused.value.status == 400
    return refused.value.detail


@given(last=IDS)
def test_a_cursor_round_trip(last: str) -> None:
    params = read_params([("site", "s-1")])
    cursor = write_cursor(make_request(), last, params, FILTERS)
    _, limit, after = read_page(make_request(query=f"site=s-1&limit=7&cursor={cursor}"), FILTERS)
    assert (limit, after) == (7, last)


def test_a_cursor_belongs_to_its_filters() -> None:
    cursor = write_cursor(make_request(), "US-1", read_params([("site", "s-1")]), FILTERS)
    assert "other filters" in refusal(f"site=s-2&cursor={cursor}")
    assert "other filters" in refusal(f"site=s-1&type=elevator&cursor={cursor}")
    with pytest.raises(Problem):
        read_page(make_request(query=f"cursor={cursor}"), frozenset())


def test_a_cursor_belongs_to_its_list() -> None:
    cursor = write_cursor(make_request("/api/v1/sites"), "s-1", read_params([]), frozenset())
    assert read_page(make_request("/api/v1/sites", f"cursor={cursor}"), frozenset())[2] == "s-1"
    assert "another list" in refusal(f"cursor={cursor}")


@pytest.mark.parametrize("query", ["site=", "type=&limit=1", "site=&cursor="])
def test_an_empty_filter(query: str) -> None:
    assert "is empty" in refusal(query)


def test_an_empty_cursor_is_the_first_page() -> None:
    """Tools that fill in every parameter send the document's example, which is this."""
    assert read_page(make_request(query="cursor="), FILTERS)[2] == ""


@pytest.mark.parametrize(
    "cursor", ["x", "====", "W10", b64url(b"null"), b64url(b"[1,2]"), b64url(b"\xff"), b64url(b"[" * 5000)]
)
def test_a_cursor_of_nobody(cursor: str) -> None:
    assert "cursor" in refusal(f"cursor={cursor}")


@pytest.mark.parametrize("last", ["", "a\x00b", "\n", "x" * 201])
def test_a_forged_cursor_never_reaches_the_database(last: str) -> None:
    cursor = write_cursor(make_request(), last, read_params([]), FILTERS)
    assert "cursor" in refusal(f"cursor={cursor}")


@pytest.mark.parametrize(
    "limit", ["", "0", "1001", "-1", "1.0", "ten", "%C2%B2", "+5", "000000001999999", "0" * 5000 + "1", "9" * 5000]
)
def test_a_limit_out_of_bounds(limit: str) -> None:
    assert "1 to 1000" in refusal(f"limit={limit}")


def test_an_unknown_parameter_is_named() -> None:
    assert "page is unknown" in refusal("page=2")
    assert "<" not in refusal("%3Cscript%3E=1")


def test_the_next_page() -> None:
    request = make_request(query="site=a%20%26b&limit=1", host="evil.example/[")
    params, _, _ = read_page(request, FILTERS)
    reply = page_reply(make_engine(), request, page_of(SitePage([], "abc"), "abc"), params)
    assert msgspec.json.decode(bytes(reply.body)) == {"items": [], "next_cursor": "abc"}
    assert reply.headers["link"] == f'<{BASE}/api/v1/units?site=a+%26b&limit=1&cursor=abc>; rel="next"'
    last = page_reply(make_engine(), request, page_of(SitePage([], None), None), params)
    assert "link" not in last.headers
    assert last.headers["etag"] != reply.headers["etag"]


def test_not_modified() -> None:
    etag = conditional(make_request(), b"{}", {}).headers["etag"]
    for sent in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        reply = conditional(make_request(if_none_match=sent), b"{}", {})
        assert (reply.status_code, reply.body, reply.headers["etag"]) == (304, b"", etag)
    for sent in ('"other"', "", etag.strip('"')):
        assert conditional(make_request(if_none_match=sent), b"{}", {}).status_code == 200
