"""Why another server's answer could not be had."""

from typing import Literal

Reason = Literal[
    "url", "unknown_host", "forbidden_address", "no_connection", "certificate", "too_slow", "too_large", "redirected",
    "encoded", "not_http", "busy", "status", "not_json",
]  # fmt: skip


class Failed(Exception):
    """`reason` is for programs; the text is a sentence for the operator's log and the administrator's check, and holds
    nothing that the other server said but numbers."""

    def __init__(self, reason: Reason, text: str) -> None:
        self.reason: Reason = reason
        super().__init__(text)
