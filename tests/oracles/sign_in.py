"""What a library needs from a person: the address to which the hosted pages sent the browser back."""

from dataclasses import dataclass

from tests.flows.browser import Person, pkce
from tests.server import Served

STATE, NONCE = "st", "nn"  # what Person.authorize sends


@dataclass(frozen=True)
class Returned:
    callback: str
    verifier: str


def signed_in(served: Served, client_id: str, name: str = "ann", **asked: str) -> str:
    """The whole redirect after a sign-in."""
    person = Person(served)
    reply = person.sign_in(person.authorize(client_id, **asked), name)
    assert reply.status_code == 303, reply.text
    person.http.close()
    return reply.headers["location"]


def returned(served: Served, client_id: str, scope: str = "openid offline_access units.read") -> Returned:
    """The code's redirect and the verifier that goes with it."""
    verifier, challenge = pkce()
    pkce_asked = {"code_challenge": challenge, "code_challenge_method": "S256"}
    return Returned(signed_in(served, client_id, scope=scope, **pkce_asked), verifier)
