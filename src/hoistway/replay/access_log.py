"""Access logs: nginx's combined format (https://nginx.org/en/docs/http/ngx_http_log_module.html) and the gateway log of API
Management (https://learn.microsoft.com/azure/azure-monitor/reference/tables/apimanagementgatewaylogs)."""

import re
from collections.abc import Mapping
from typing import Any, Final

from hoistway.replay.recorded import Recorded, Skipped, check_method, check_target, split

_NGINX: Final = re.compile(r'\S+ \S+ .{0,256}? \[[^\]]{1,64}\] "(?P<request>(?:[^"\\]|\\.)*)" [0-9]{3} ')
_WORDS: Final = 3


def is_nginx(line: str) -> bool:
    return _NGINX.match(line) is not None


def of_nginx(number: int, line: str) -> Recorded:
    """Bodies and headers are not in such a log. Raises Skipped."""
    found = _NGINX.match(line)
    if found is None:
        raise Skipped("the line is not in nginx's combined format")
    words = found["request"].split(" ")
    if len(words) != _WORDS or "\\" in found["request"]:
        raise Skipped("the line holds no whole request: nginx refused it, too")
    return _bodiless(number, None, words[0], words[1])


def is_gateway(row: Mapping[str, Any]) -> bool:
    return row.get("category") == "GatewayLogs" or ("Url" in row and "ApimSubscriptionId" in row)


def of_gateway(number: int, row: Mapping[str, Any]) -> Recorded:
    """As diagnostic settings store it, or as a query of the workspace exports it. Raises Skipped."""
    said = row.get("properties", row)
    if not isinstance(said, dict):
        raise Skipped("the entry is not whole")
    url, method = (said.get(name) or said.get(name.capitalize()) for name in ("url", "method"))
    if not isinstance(url, str) or not isinstance(method, str):
        raise Skipped("the entry is not whole")
    parts = split(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return _bodiless(number, parts.netloc.rpartition("@")[2].lower() or None, method, target)


def _bodiless(number: int, host: str | None, method: str, target: str) -> Recorded:
    if check_method(method) in {"POST", "PUT", "PATCH"}:
        raise Skipped(
            f"an access log holds no bodies, so a {method} can't be sent again: give a HAR, or write the request down"
        )
    return Recorded(number, method, host, check_target(target))
