"""What stands in the log: whole lines, the correlation id that the client saw, and nothing that a value could forge."""

import json
import logging
import subprocess
import sys

import httpx2
import pytest

from hoistway.journal import LOG, configure
from tests.server import Served

LIBRARY = """
import logging
from hoistway import journal
journal.configure()
journal.gather()
journal.LOG.info("ours", count=1)
logging.getLogger("uvicorn.error").warning("theirs: %s", "odd")
logging.getLogger("uvicorn.error").info("chatter")
"""


def test_a_line_is_one_line_whatever_is_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    configure()
    LOG.info("request", path='/\n{"event": "forged"}', ids={"a"}, text="\udcff")
    (line,) = capsys.readouterr().err.splitlines()
    read = json.loads(line)
    assert read.pop("timestamp").endswith("Z")
    assert read == {
        "event": "request",
        "level": "info",
        "path": '/\n{"event": "forged"}',
        "ids": "{'a'}",
        "text": "\udcff",
    }


def test_a_traceback_shows_no_values(capsys: pytest.CaptureFixture[str]) -> None:
    configure()
    kept = {"password": "hunter-2-of-the-tests"}
    try:
        kept.pop("secret")
    except KeyError as error:
        LOG.error("bug", path="/x", exc_info=error)
    line = capsys.readouterr().err
    assert "KeyError" in json.loads(line)["exception"]
    assert kept["password"] not in line


def test_what_libraries_log_has_the_same_form() -> None:
    done = subprocess.run([sys.executable, "-c", LIBRARY], capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [(line["event"], line["level"]) for line in lines] == [("ours", "info"), ("theirs: odd", "warning")]


def test_a_refusal_is_found_by_its_correlation_id(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "hoistway"):
        reply = httpx2.post(f"{served.url}/oauth2/token", data={"grant_type": "nonsense"})
    assert reply.status_code == 401
    wanted = reply.headers["x-correlation-id"]
    assert [record for record in caplog.records if getattr(record, "facts", {}).get("correlation_id") == wanted]
