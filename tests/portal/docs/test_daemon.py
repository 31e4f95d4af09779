"""The whole daemons of the guide, run as they stand there: against the server, and against one with bad days."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest

from hoistway.portal.docs.guides import guides
from hoistway.portal.docs.values import PLACEHOLDER
from tests.portal.docs.running import run_sample
from tests.portal.signing_in import Visitor
from tests.server import Served
from tests.world import SECRET

FENCES = {fence.language: fence.code for fence in guides("en")["daemon"].document.fences}
LANGUAGES = sorted(FENCES)
Answer = tuple[int, dict[str, str], object]


@dataclass
class BadDays:
    """`answers` are given one after the other: (status, headers, body); `asked` is what came."""

    url: str
    answers: list[Answer] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def bad() -> Iterator[BadDays]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
            parts = urlsplit(self.path)
            sent = self.headers.get("authorization") or parse_qs(body).get("grant_type", [""])[0]
            days.asked.append(f"{parts.path} {sent} {parse_qs(parts.query).get('cursor', [''])[0]}".strip())
            status, headers, answer = days.answers.pop(0)
            text = json.dumps(answer).encode()
            self.send_response(status)
            for name, value in {**headers, "content-length": str(len(text))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        days = BadDays(f"http://127.0.0.1:{server.server_port}")
        Thread(target=server.serve_forever, daemon=True).start()
        yield days
        server.shutdown()


def token(value: str) -> Answer:
    return 200, {}, {"access_token": value, "token_type": "Bearer", "expires_in": 3600}


def page(unit_id: str, cursor: str | None = None) -> Answer:
    return 200, {}, {"items": [{"unitId": unit_id}], "next_cursor": cursor}


def program(language: str, bad: BadDays) -> str:
    values = {"token_endpoint": f"{bad.url}/token", "base_url": bad.url}
    return PLACEHOLDER.sub(lambda found: values.get(found[1], "x"), FENCES[language])


def test_there_are_two_at_least() -> None:
    assert {"python", "javascript"} <= set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_bad_days_end_well(bad: BadDays, tmp_path: Path, language: str) -> None:
    """A busy token endpoint, a revoked token, a limit in the midst of the pages."""
    busy: Answer = 429, {"retry-after": "0"}, {}
    bad.answers = [busy, token("t1"), (401, {}, {}), token("t2"), page("u-1", "c2"), busy, page("u-2")]
    done = run_sample(program(language, bad), language, tmp_path, {"CLIENT_SECRET": "s"})
    assert (done.returncode, done.stdout.split()) == (0, ["u-1", "u-2"]), done.stderr
    assert bad.asked == [
        "/token client_credentials", "/token client_credentials", "/api/v1/units Bearer t1", "/token client_credentials",
        "/api/v1/units Bearer t2", "/api/v1/units Bearer t2 c2", "/api/v1/units Bearer t2 c2",
    ]  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_does_not_end_well_ends(bad: BadDays, tmp_path: Path, language: str) -> None:
    """Refused with a fresh token too; and a limit that stays."""
    refused: Answer = 401, {}, {"correlation_id": "id-of-it"}
    bad.answers = [token("t1"), refused, token("t2"), refused]
    done = run_sample(program(language, bad), language, tmp_path, {"CLIENT_SECRET": "s"})
    assert (done.returncode != 0, "id-of-it" in done.stderr, bad.answers) == (True, True, [])
    bad.answers = [(429, {"retry-after": "0"}, {"error": "still"})] * 5
    done = run_sample(program(language, bad), language, tmp_path, {"CLIENT_SECRET": "s"})
    assert (done.returncode != 0, "still" in done.stderr, bad.answers) == (True, True, [])


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_lists_the_units_of_the_customer(served: Served, tmp_path: Path, language: str) -> None:
    text = Visitor(served.url).sign_in("ann").get("/portal/guides/daemon.md").text
    code = re.search(rf"```{language}\n(.*?)```", text, re.DOTALL)
    assert code is not None
    done = run_sample(code[1], language, tmp_path, {"CLIENT_SECRET": SECRET})
    units = done.stdout.split()
    assert done.returncode == 0, done.stderr
    assert len(units) == len(set(units)) > 0
    assert {unit[:6] for unit in units} == {"US-c-a"}
