"""Asks another token endpoint once whether a password is right (https://www.rfc-editor.org/rfc/rfc6749#section-4.3.2)."""

from typing import ClassVar, Final
from urllib.parse import urlencode

from hoistway.discreet import Discreet
from hoistway.outbound.fetcher import Fetcher
from hoistway.protocol.old_answer import Verdict, read_old_answer

SECONDS: Final = 5.0
"""For a whole exchange; later than that no answer counts."""
MOST_BYTES: Final = 64 * 1024


class OldForm(Discreet, frozen=True):
    """What is sent: the application that the older system knows, and what somebody typed."""

    hidden: ClassVar[frozenset[str]] = frozenset({"password"})
    endpoint: str
    client_id: str
    scope: str
    username: str
    password: str


async def ask_old_endpoint(fetcher: Fetcher, form: OldForm, whose: str) -> Verdict:
    """`whose` decides the turn. Raises Failed."""
    said = {
        "grant_type": "password", "client_id": form.client_id, "scope": form.scope, "username": form.username,
        "password": form.password, "response_type": "token id_token",
    }  # fmt: skip
    headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
    body = urlencode(said, errors="surrogatepass").encode("ascii")
    answer = await fetcher.fetch(
        form.endpoint, whose=whose, method="POST", headers=headers, body=body, most=MOST_BYTES, seconds=SECONDS
    )
    return read_old_answer(answer.status, answer.headers, answer.body)
