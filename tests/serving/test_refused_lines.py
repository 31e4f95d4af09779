"""One line of the log tells a refusal: no second one by a library, and no longer than a caller may make it."""

import inspect
import logging
from typing import Any

import pytest
from uvicorn.protocols.http import httptools_impl

from hoistway.journal import LONGEST_PATH
from hoistway.protocol.errors import InvalidGrant
from hoistway.server.worker import config_of
from hoistway.web.refusals import log_refusal


def test_a_request_that_is_none_has_one_line() -> None:
    said = "Invalid HTTP request received."
    assert said in inspect.getsource(httptools_impl), "else uvicorn says it in other words"
    config_of(lambda *_: None, [], 1)
    kept = logging.getLogger("uvicorn.error").filter
    assert not kept(logging.makeLogRecord({"msg": said}))
    assert kept(logging.makeLogRecord({"msg": "something else"}))


def test_a_path_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[dict[str, Any]] = []
    monkeypatch.setattr(
        "hoistway.web.refusals.LOG.info", lambda event, **facts: lines.append({"event": event, **facts})
    )
    log_refusal("id", "/" + "x" * 60_000, InvalidGrant(log="a test"))
    assert (lines[0]["event"], len(lines[0]["path"])) == ("refused", LONGEST_PATH)
