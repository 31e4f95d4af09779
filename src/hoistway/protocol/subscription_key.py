"""The form of a subscription key, and where requests carry it
(https://learn.microsoft.com/azure/api-management/api-management-subscriptions).
"""

import re
from typing import Final

from msgspec import Struct

HEADER = "Ocp-Apim-Subscription-Key"
QUERY = "subscription-key"
PREFIX = "hwk_"  # so that scanners for leaked secrets recognise it
SHOWN = 10  # characters by which people tell keys apart; they can always be shown
SHORTEST, LONGEST = 8, 256
MOST_NAMES: Final = 10
_KEY = re.compile(r"hwk_[A-Za-z0-9_-]{43}")
_IMPORTED = re.compile(rf"[!-~]{{{SHORTEST},{LONGEST}}}")
_HEADER = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]{1,100}")
_QUERY = re.compile(r"[A-Za-z0-9_.~-]{1,100}")
_HEADERS_IN_USE: Final = frozenset(
    (
        "authorization", "b3", "baggage", "connection", "dnt", "cookie", "date", "dpop", "etag", "expect", "forwarded", "from",
        "host", "idempotency-key", "keep-alive", "last-event-id", "link", "location", "max-forwards", "origin", "pragma",
        "prefer", "range", "referer", "request-id", "retry-after", "save-data", "soapaction", "te", "traceparent", "tracestate",
        "trailer", "transfer-encoding", "true-client-ip", "upgrade", "upgrade-insecure-requests", "user-agent", "vary", "via",
        "www-authenticate",
    )
)  # fmt: skip
_BEGINNINGS_IN_USE: Final = (
    "accept", "access-control-", "cache-", "cdn-", "cf-", "client-ip", "content-", "fastly-", "if-", "proxy-", "sec-",
    "traceparent", "x-amzn-", "x-arr-", "x-azure-", "x-b3-", "x-client-ip", "x-cloud-trace", "x-cluster-", "x-correlation",
    "x-csrf", "x-datadog-", "x-envoy-", "x-forwarded", "x-http-method", "x-method-override", "x-ms-", "x-original-", "x-real-",
    "x-request-id", "x-requested-with", "x-trace", "x-xsrf",
)  # fmt: skip
QUERIES_IN_USE: Final = frozenset(
    (
        "access_token", "after", "api-version", "at", "before", "client_id", "code", "cursor", "customer", "environment",
        "fields", "filter", "from", "id", "include", "kind", "limit", "nonce", "page", "password", "q", "query", "scope",
        "search", "since", "site", "sort", "state", "status", "text", "to", "token", "type", "unit", "user", "username",
        "version",
    )
)  # fmt: skip
"""Names that the addresses of the Customer API read, or are likely to."""


class KeyNames(Struct, frozen=True):
    """Under which further names an API hears a key; those of headers in small letters."""

    header: tuple[str, ...] = ()
    query: tuple[str, ...] = ()


def is_well_formed(key: str) -> bool:
    """What was made here has 256 bits in base64url after the prefix, and what was imported is another word. Any other
    text is no key, so the database is not asked for it."""
    return _KEY.fullmatch(key) is not None if key.startswith(PREFIX) else _IMPORTED.fullmatch(key) is not None


def may_be_imported(key: str) -> bool:
    """A key of another system: it does not look like one of ours."""
    return not key.startswith(PREFIX) and is_well_formed(key)


def is_header_for_keys(name: str) -> bool:
    """A name in small letters that requests use for nothing else."""
    in_use = name in _HEADERS_IN_USE or name.startswith(_BEGINNINGS_IN_USE)
    return _HEADER.fullmatch(name) is not None and not in_use


def is_query_for_keys(name: str) -> bool:
    return _QUERY.fullmatch(name) is not None and name.lower() not in QUERIES_IN_USE
