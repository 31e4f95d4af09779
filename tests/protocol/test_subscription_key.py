"""What may be a subscription key, and under which further names an API may hear one."""

import pytest

from hoistway.api.openapi_paths import PARAMETERS
from hoistway.protocol.subscription_key import (
    LONGEST,
    PREFIX,
    QUERIES_IN_USE,
    is_header_for_keys,
    is_query_for_keys,
    is_well_formed,
    may_be_imported,
)


def test_which_keys_may_be_looked_up() -> None:
    own = PREFIX + "A" * 43
    assert is_well_formed(own)
    assert not may_be_imported(own)
    for key in ("0123456789abcdef0123456789abcdef", "elevator!", "~" * LONGEST):
        assert is_well_formed(key), key
        assert may_be_imported(key), key
    for key in ("", "seven77", "with a blank", "umläutchen", "~" * (LONGEST + 1), own[:-1], own + "A", "line\nbreak"):
        assert not is_well_formed(key), key
        assert not may_be_imported(key), key


@pytest.mark.parametrize(
    "name",
    [
        "authorization",
        "cookie",
        "host",
        "content-type",
        "if-match",
        "x-forwarded-for",
        "origin",
        "x-request-id",
        "baggage",
        "b3",
        "x-requested-with",
        "true-client-ip",
        "a b",
        "",
        "x" * 101,
        "Upper",
        "ü",
    ],
)
def test_headers_that_mean_something_else(name: str) -> None:
    assert not is_header_for_keys(name)
    assert is_header_for_keys("x-units-key")


def test_parameters_of_the_customer_api_are_no_names_for_keys() -> None:
    known = {one["name"] for one in PARAMETERS.values() if one["in"] == "query"}
    assert known <= QUERIES_IN_USE
    for name in (*known, "access_token", "password", "token", "api-version", "Limit", "", "a b", "a&b", "x" * 101):
        assert not is_query_for_keys(name), name
    assert is_query_for_keys("units-key")
