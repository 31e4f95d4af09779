"""One side of a replay: sends requests over a connection that is kept, and follows no redirect."""

import ssl
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any, Final
from urllib.parse import urlsplit

from msgspec import Struct

MOST_ANSWER: Final = 8 * 1024 * 1024


class Answer(Struct, frozen=True):
    """`failed` says why there is none; then `status` is 0. `lines` are all headers as they came, repeated ones too."""

    status: int
    headers: dict[str, str]
    body: bytes
    failed: str | None = None
    lines: Sequence[tuple[str, str]] = ()


class _Lines:
    """A head whose lines end as HTTP's do: a carriage return alone would begin another header for whoever takes it for an end."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def readline(self, most: int = -1) -> bytes:
        line: bytes = self._file.readline(most)
        if b"\r" in line.removesuffix(b"\n").removesuffix(b"\r"):
            raise HTTPException("a carriage return stands in the head")
        return line

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


class _Response(HTTPResponse):
    def begin(self) -> None:
        whole = self.fp
        self.fp = _Lines(whole)  # type: ignore[assignment]  # as much of a file as a head asks for
        try:
            super().begin()
        finally:
            self.fp = whole


class Side:
    """Not for several threads at once."""

    def __init__(self, trust: ssl.SSLContext, seconds: float) -> None:
        self._trust, self._seconds = trust, seconds
        self._open: dict[tuple[str, str], HTTPConnection] = {}
        self.answered = 0

    def ask(self, base: str, method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes) -> Answer:
        parts = urlsplit(base)
        for again in (True, False):
            connection, fresh = self._connection(parts.scheme, parts.netloc)
            try:
                connection.request(method, parts.path + target, body or None, dict(headers))
                return self._read(connection)
            except (OSError, HTTPException) as error:
                connection.close()
                del self._open[parts.scheme, parts.netloc]
                # A kept connection that the server closed meanwhile says nothing about the request. Whatever else fails may
                # have been carried out, and is not sent twice.
                if fresh or not again or not isinstance(error, ConnectionResetError | BrokenPipeError):
                    return Answer(0, {}, b"", _cause(error))
        raise AssertionError("the second attempt returns")

    def _connection(self, scheme: str, netloc: str) -> tuple[HTTPConnection, bool]:
        if (kept := self._open.get((scheme, netloc))) is not None:
            return kept, False
        made = (
            HTTPSConnection(netloc, timeout=self._seconds, context=self._trust)
            if scheme == "https"
            else HTTPConnection(netloc, timeout=self._seconds)
        )
        made.response_class = _Response
        self._open[scheme, netloc] = made
        return made, True

    def _read(self, connection: HTTPConnection) -> Answer:
        response = connection.getresponse()
        body = response.read(MOST_ANSWER + 1)
        if len(body) > MOST_ANSWER:
            connection.close()
            return Answer(0, {}, b"", f"its answer has more than {MOST_ANSWER >> 20} MB")
        self.answered += 1
        lines = response.getheaders()
        return Answer(response.status, {name.lower(): value for name, value in lines}, body, None, lines)

    def close(self) -> None:
        for connection in self._open.values():
            connection.close()


def _cause(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted: {error.verify_message}"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError):
        return f"no connection: {error.strerror or type(error).__name__}"
    return "its answer is no HTTP"
