"""A stand-in for the older system: its token endpoint answers password grants as Azure AD B2C does, its troubles included."""

import base64
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

PATH = "/contoso.onmicrosoft.com/B2C_1_ROPC/oauth2/v2.0/token"
CLIENT = "11111111-aaaa-4bbb-8ccc-222222222222"
SCOPE = f"openid {CLIENT}"
Answer = tuple[int, dict[str, str], bytes]


def token_of(**claims: object) -> str:
    """Signed by nobody whom we know: it came over TLS from the endpoint itself."""
    parts = [json.dumps(one).encode() for one in ({"alg": "RS256", "typ": "JWT"}, claims)]
    return ".".join([base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (*parts, b"unknown")])


def answer(status: int, said: object, **headers: str) -> Answer:
    return status, {"content-type": "application/json", **headers}, json.dumps(said).encode()


def refused(
    number: str, words: str = "Refused.", error: str = "access_denied", status: int = 400, **headers: str
) -> Answer:
    text = f"AADB2C{number}: {words}\r\nCorrelation ID: 0\r\nTimestamp: 2019-01-30 13:35:09Z\r\n"
    return answer(status, {"error": error, "error_description": text}, **headers)


WRONG = refused("90225", "The username or password provided in the request are invalid.")


@dataclass
class Old:
    """`people` are user names with password and id. `trouble` answers in its place where it returns something; `locks_after` are
    different wrong passwords in a row, `throttles_after` wrong ones in all. `asked` is what arrived, in order."""

    url: str
    people: dict[str, tuple[str, str]] = field(default_factory=dict)
    trouble: Callable[[dict[str, str]], Answer | None] = lambda _form: None
    delay: float = 0.0
    locks_after: int = 10**6
    throttles_after: int = 10**6
    asked: list[dict[str, str]] = field(default_factory=list)
    most_at_once: int = 0
    under_way: int = 0
    wrong: dict[str, set[str]] = field(default_factory=dict)
    arrived: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def tried(self) -> list[tuple[str, str]]:
        return [(form["username"], form["password"]) for form in self.asked]

    def times(self) -> Counter[str]:
        return Counter(form["username"] for form in self.asked)

    def is_locked(self, name: str) -> bool:
        return len(self.wrong.get(name, ())) >= self.locks_after

    def judge(self, form: dict[str, str]) -> Answer:
        with self.lock:
            self.asked.append(form)
        self.arrived.set()
        troubled = self.trouble(form)
        if troubled is not None:
            return troubled
        if form["grant_type"] != "password" or form["client_id"] != CLIENT or form["scope"] != SCOPE:
            return refused("90018", error="invalid_request")
        if sum(map(len, self.wrong.values())) >= self.throttles_after:
            return refused("90229", "throttled", status=429)
        name = form["username"]
        password, oid = self.people.get(name, ("", ""))
        if not oid or form["password"] != password or self.is_locked(name):
            self.wrong.setdefault(name, set()).add(form["password"])
            return WRONG
        tokens = {
            "access_token": token_of(oid=oid, sub="Not supported currently. Use oid claim."),
            "token_type": "Bearer",
        }
        return answer(200, {**tokens, "expires_in": "3600", "id_token": token_of(oid=oid, aud=CLIENT)})


def _handler(old: Old) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body, keep_blank_values=True).items()}
            with old.lock:
                old.under_way += 1
                old.most_at_once = max(old.most_at_once, old.under_way)
            status, headers, said = old.judge(form)
            time.sleep(old.delay)
            with old.lock:
                old.under_way -= 1
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_words: object) -> None:
            """It is quiet."""

    return Handler


@contextmanager
def old_system(port: int = 0) -> Iterator[Old]:
    old = Old("")
    server = ThreadingHTTPServer(("127.0.0.1", port), _handler(old))
    server.daemon_threads = True
    old.url = f"http://127.0.0.1:{server.server_address[1]}{PATH}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield old
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
