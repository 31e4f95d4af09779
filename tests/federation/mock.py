"""oidc-provider-mock as a process of its own: an OpenID provider that others wrote."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2


@dataclass(frozen=True)
class Mock:
    url: str

    def person(self, subject: str, **claims: object) -> None:
        """Makes or changes a person of the provider."""
        assert httpx2.put(f"{self.url}/users/{subject}", json=claims).status_code == 204

    def allow(self, location: str, subject: str) -> str:
        """What a person does there: signs in, and is sent back. Returns the address."""
        reply = httpx2.post(location, data={"sub": subject})
        assert reply.status_code == 302, reply.text
        return reply.headers["location"]

    def deny(self, location: str) -> str:
        reply = httpx2.post(location, data={"action": "deny"})
        assert reply.status_code == 302, reply.text
        # It forgets the state, which every other provider sends back.
        return f"{reply.headers['location']}&{urlencode({'state': dict(parse_qsl(urlsplit(location).query))['state']})}"


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port: int = asked.getsockname()[1]
        return port


def answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/.well-known/openid-configuration").status_code == 200
    except httpx2.TransportError:
        return False


@contextmanager
def mock_provider(port: int = 0) -> Iterator[Mock]:
    port = port or free_port()
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", "true"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    made = Mock(f"http://127.0.0.1:{port}")
    try:
        deadline = time.monotonic() + 30
        while not answers(made.url):
            assert process.poll() is None, "the provider ended"
            assert time.monotonic() < deadline, "the provider did not answer within 30 seconds"
            time.sleep(0.05)
        yield made
    finally:
        process.kill()
        process.wait()
