"""Policies of API Management: what is XML, what only looks like it, and what limits are in them."""

import pytest

from hoistway.imports.policy_limits import FOR_LIFE, Found, Texts, limits_of
from hoistway.imports.policy_text import LONGEST, BadPolicy, Element, read_policy
from hoistway.protocol.limits import Limit

RAW = """<policies>
    <inbound>
        <base />
        <!-- a comment with <rate-limit calls="1" /> -->
        <choose>
            <when condition="@(context.Request.Headers.GetValueOrDefault("X-Tier", "").Contains("a > \\"b\\"") && context.Subscription != null)">
                <rate-limit-by-key calls="5" renewal-period="60" counter-key="@(context.Request.IpAddress)" />
            </when>
        </choose>
        <set-variable name="body" value="@{
            // a quote in a comment: "
            var body = context.Request.Body.As<JObject>(preserveContent: true);
            return body["a"]?.ToString() ?? @"c:\\" + '"' + $"{body["b"]}";
        }" />
        <set-body>@{ return "<quota calls=\\"1\\" renewal-period=\\"1\\" />"; }</set-body>
        <rate-limit calls="{{calls}}" renewal-period="60" remaining-calls-variable-name="left">
            <api name="units" calls="5" renewal-period="10" />
        </rate-limit>
        <quota calls="10000" bandwidth="40000" renewal-period="0" />
    </inbound>
    <outbound><base /></outbound>
</policies>
"""
XML = (
    '<?xml version="1.0"?><policies><inbound><quota-by-key calls="7" renewal-period="3600" '
    'counter-key="@(context.Subscription?.Id)" /><set-variable name="a" value="@(context.Request.Headers[&quot;x)&quot;].First() &lt; 3)" />'
    "<trace><![CDATA[ <quota calls='1'/> ]]></trace></inbound></policies>"
)


def test_rawxml_with_its_expressions() -> None:
    root = read_policy(RAW)
    (when,) = root.of_name("when")
    assert when.attributes["condition"].endswith("context.Subscription != null)")
    assert [one.name for one in root.children] == ["inbound", "outbound"]
    (variable,) = root.of_name("set-variable")
    assert variable.attributes["value"].startswith("@{")
    assert variable.attributes["value"].endswith("}")
    assert (variable.line, root.of_name("quota")[0].line) == (10, 19)


def test_what_of_it_is_carried() -> None:
    found = limits_of(read_policy(RAW), Texts({"calls": "30"}))
    assert (found.rate, found.quota) == (Limit(30, 60), Limit(10_000, FOR_LIFE))
    assert [(one.line, one.name) for one in found.left] == [
        (7, "rate-limit-by-key"), (10, "set-variable"), (15, "set-body"), (17, "rate-limit"), (19, "quota"), (19, "quota"),
    ]  # fmt: skip
    assert "366 days" in found.left[4].because
    assert "bandwidth" in found.left[5].because


@pytest.mark.parametrize("named", [{}, {"calls": None}, {"calls": "many"}])
def test_a_named_value_that_is_not_known(named: dict[str, str | None]) -> None:
    found = limits_of(read_policy(RAW), Texts(named))
    assert found.rate is None
    assert any(one.name == "rate-limit" and "by hand" in one.because for one in found.left)


def test_xml_with_escaped_expressions() -> None:
    root = read_policy(XML)
    assert root.of_name("set-variable")[0].attributes["value"] == '@(context.Request.Headers["x)"].First() < 3)'
    found = limits_of(root, Texts())
    assert found.quota == Limit(7, 3600)
    assert [one.name for one in found.left] == ["set-variable", "trace"]


def limited(text: str, **fragments: str) -> Found:
    return limits_of(read_policy(text), Texts(fragments={name: read_policy(one) for name, one in fragments.items()}))


def test_a_fragment_counts_where_it_is_included() -> None:
    text = '<policies><inbound><base/><include-fragment fragment-id="a"/><include-fragment fragment-id="gone"/></inbound></policies>'
    found = limited(text, a='<fragment><rate-limit calls="3" renewal-period="9" /></fragment>')
    assert found.rate == Limit(3, 9)
    assert [one.because for one in found.left] == ["the fragment gone is not among the files"]


def test_fragments_in_a_circle_and_fragments_without_end() -> None:
    text = '<policies><inbound><include-fragment fragment-id="f0"/></inbound></policies>'
    with pytest.raises(BadPolicy, match="includes itself"):
        limited(text, f0='<fragment><include-fragment fragment-id="f0"/></fragment>')
    bomb = {
        f"f{number}": "<fragment>" + f'<include-fragment fragment-id="f{number + 1}"/>' * 10 + "</fragment>"
        for number in range(12)
    }
    with pytest.raises(BadPolicy, match="more than 20000 policies"):
        limited(text, **bomb)


@pytest.mark.parametrize("number", [65, 3_000])
def test_a_chain_of_fragments(number: int) -> None:
    """However deep each of them is."""
    text = '<policies><inbound><include-fragment fragment-id="f0"/></inbound></policies>'
    deep, end = "<choose><when>" * 25, "</when></choose>" * 25
    chain = {
        f"f{one}": f'<fragment>{deep}<include-fragment fragment-id="f{one + 1}"/>{end}</fragment>'
        for one in range(number)
    }
    with pytest.raises(BadPolicy, match="more than 64 fragments include one another"):
        limited(text, **chain)
    last = {**chain, "f63": "<fragment><validate-jwt/></fragment>"}
    assert [one.name for one in limited(text, **last).left] == ["validate-jwt"]


def test_fragments_of_nothing_that_multiply() -> None:
    """Conditions in which nothing stands are counted as well."""
    text = "<policies><inbound>" + '<include-fragment fragment-id="f"/>' * 100 + "</inbound></policies>"
    with pytest.raises(BadPolicy, match="more than 20000 policies"):
        limited(text, f="<fragment>" + "<choose/>" * 1_000 + "</fragment>")


def test_what_can_not_be_seen_is_escaped() -> None:
    odd = "a\u009b31m\u202eb"
    (gone, part) = limited(
        f'<policies><inbound><include-fragment fragment-id="{odd}"/><rate-limit calls="1" renewal-period="1">'
        f'<api name="{odd}" calls="1"/></rate-limit></inbound></policies>'
    ).left
    assert "the fragment a\\x9b31m\\u202eb is not" in gone.because
    assert "for the api a\\x9b31m\\u202eb is not" in part.because
    with pytest.raises(BadPolicy, match=r"the fragment a\\x9b31m\\u202eb includes itself"):
        limited(
            f'<policies><inbound><include-fragment fragment-id="{odd}"/></inbound></policies>',
            **{odd: f'<fragment><include-fragment fragment-id="{odd}"/></fragment>'},
        )


@pytest.mark.parametrize(
    ("policy", "why"),
    [
        ('<rate-limit calls="@(5)" renewal-period="1"/>', "an expression"),
        ('<rate-limit calls="0" renewal-period="1"/>', "no whole number"),
        ('<rate-limit calls="5"/>', "missing"),
        ('<rate-limit calls="٥" renewal-period="1"/>', "no whole number"),
        ('<quota bandwidth="5" renewal-period="1"/>', "bandwidth alone"),
        ('<quota-by-key calls="5" renewal-period="1" counter-key="x"/>', "something else than the subscription"),
        ('<rate-limit calls="5" renewal-period="1" increment-condition="@(true)"/>', "by a condition"),
        ("<validate-jwt><issuers/></validate-jwt>", "by the Customer API itself"),
        ("<something-new/>", "not carried over"),
    ],
)
def test_what_is_not_carried_says_why(policy: str, why: str) -> None:
    found = limited(f"<policies><inbound>{policy}</inbound></policies>")
    assert (found.rate, found.quota) == (None, None)
    assert why in found.left[0].because


def test_the_stricter_of_two_counts() -> None:
    text = '<policies><inbound><rate-limit calls="5" renewal-period="1"/><rate-limit calls="60" renewal-period="60"/></inbound></policies>'
    assert limited(text).rate == Limit(60, 60)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "line 1: it is cut off"),
        ("plain", "line 1: an element must begin here"),
        ("<html></html>", "line 1: it begins with html"),
        ("<policies>\n<inbound>\n</policies>", "line 3: </policies> closes nothing that is open, but inbound is"),
        ("<policies>", "it is cut off: policies of line 1 is not closed"),
        ("<policies/><policies/>", "behind its last element"),
        ('<policies a="1" a="2"/>', "has a twice"),
        ("<policies a/>", "a has no value"),
        ("<policies a=1/>", "has no quotes"),
        ('<policies a="1/>', "cut off"),
        ("<policies><!-- </policies>", "cut off: --> is missing"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><policies/>', "an element must begin here"),
        ("</policies>", "closes nothing"),
        ("<a>" * 100, "nested more than 64 deep"),
        ("<policies>" + "<a/>" * 30_000, "more than 20000 elements"),
        ("<policies>" + "@(" * 100_000, "too many expressions have no end"),
        ("x" * (LONGEST + 1), "more than 1 MB"),
    ],
)
def test_what_is_no_policy_says_where(text: str, why: str) -> None:
    with pytest.raises(BadPolicy) as refused:
        read_policy(text)
    assert why in str(refused.value)


def test_an_element_is_a_value() -> None:
    assert read_policy("<policies/>") == Element("policies", {}, [], "", 1)
