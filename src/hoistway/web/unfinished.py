"""Sealed values of second factors: an unfinished sign-in, a secret that nobody has proved yet, a ceremony with a passkey
(docs/adr/0030-factors.md).
"""

import hmac
from hashlib import sha256
from typing import ClassVar, Final, Literal

import msgspec

from hoistway.discreet import Discreet
from hoistway.protocol.authentication import joined
from hoistway.protocol.jwt import b64url
from hoistway.web.sealed import Sealed
from hoistway.web.tickets import Ticket

LIFETIME: Final = 600
"""Seconds from the first proof to the last."""
Missing = Literal["prove", "enrol"]


class Unfinished(Sealed, frozen=True, kw_only=True):
    """A person proved `amr` at `auth_time`, and no session has begun. `least` is the level that is asked for.
    `own` where the person proved nothing here before, and `here` what they proved in a step of this: without a factor, the
    account's password is a proof, too. `subject` is a
    provider's person who is linked to the account once its owner proved themselves here.
    `password_changed_at` is the account's: a new password ends this. `number` can be used once. `session` is set where
    somebody who is signed in proves more; `provider` and `sid` where a customer's provider vouched for them. `request` says
    for which authorization request it is, "" for a page of ours: what was proven before another was made is no answer to that."""

    kind: ClassVar[str] = "unfinished"
    person: str
    amr: tuple[str, ...]
    auth_time: int
    password_changed_at: int
    missing: Missing
    number: str
    least: int = 2
    provider: str | None = None
    sid: str | None = None
    own: bool = False
    here: tuple[str, ...] = ()
    subject: str | None = None
    request: str = ""

    @property
    def proved(self) -> tuple[str, ...]:
        """Here, by the person."""
        return self.here if self.own else joined(self.amr, self.here)

    @property
    def has_factor_alone(self) -> bool:
        """True where something that they have was proved, and nothing that they know: another one of the first kind would make no
        two factors."""
        return bool(self.proved) and not {"pwd", "mfa"} & set(self.proved)

    @property
    def wants_password(self) -> bool:
        return self.least > 1 and self.has_factor_alone

    def with_second(self, given: tuple[str, ...]) -> tuple[str, ...]:
        """What is proved together with this: two factors are one of each kind, whoever else may have vouched for the person. Without any
        method a provider spoke that may speak for all, or the session is from before methods were kept."""
        alone = (self.own and not self.here) or self.has_factor_alone
        return joined(self.here, given, () if alone else ("mfa",))


class Enrolment(Sealed, Discreet, frozen=True, kw_only=True):
    """A secret for one-time codes, until its first code is right."""

    kind: ClassVar[str] = "enrolment"
    hidden: ClassVar[frozenset[str]] = frozenset({"secret"})
    person: str
    secret: str


class Ceremony(Sealed, frozen=True, kw_only=True):
    """One use of a passkey, or the making of one; `person` is "" where a passkey alone says who signs in."""

    kind: ClassVar[str] = "ceremony"
    purpose: Literal["register", "sign-in", "second"]
    person: str
    number: str


def request_of(ticket: Ticket | None) -> str:
    """The same for the same request, whatever was done for it so far."""
    if ticket is None:
        return ""
    return b64url(sha256(msgspec.json.encode((ticket.made_at, sorted(ticket.params.items())))).digest()[:15])


def challenge_of(secret: bytes, number: str) -> bytes:
    """What the authenticator signs: nobody can choose it, and no row has to remember it."""
    return hmac.new(secret, b"passkey\x00" + number.encode("ascii"), sha256).digest()
