"""Why another server's answer could not be had."""

from typing import Literal

from hoistway.protocol.because import Because

Reason = Literal[
    "url", "unknown_host", "forbidden_address", "no_connection", "certificate", "too_slow", "too_large", "redirected",
    "encoded", "not_http", "busy", "status", "not_json",
]  # fmt: skip


class Failed(Because):
    """`reason` is for programs; the text is a sentence for the operator's log, and `key`, where `reason` is too coarse, for the
    administrator's check. They hold nothing that the other server said but numbers."""

    def __init__(self, reason: Reason, text: str, key: str = "", **facts: object) -> None:
        self.reason: Reason = reason
        super().__init__(text, key or reason, **facts)
