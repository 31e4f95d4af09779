"""What the hosted pages carry from one to the next instead of a row in the database: an authorization request, or a sign-out."""

from typing import ClassVar, Final, Self

import msgspec

from hoistway.web.sealed import Holder, OtherSession, Sealed, Stale, browser_digest, unseal


class Agreement(msgspec.Struct, frozen=True):
    """What the consent page asks: which person, in which session, for which customer, which scopes (API and name), by
    the application of which `owner`. `number` is good for one answer; a ticket of the version before has "" there,
    which is good for none."""

    user_id: str
    session: str
    customer_id: str
    scopes: frozenset[tuple[str, str]]
    owner: str | None = None
    number: str = ""

    def covers(self, wanted: "Agreement") -> bool:
        """True for the same person in the same session, the same customer and owner, and no scope that was not on the
        page."""
        return bool(self.number) and (self.user_id, self.session, self.customer_id, self.owner) == (
            wanted.user_id, wanted.session, wanted.customer_id, wanted.owner,
        ) and wanted.scopes <= self.scopes  # fmt: skip


class Hint(msgspec.Struct, frozen=True):
    """The person whom an `id_token_hint` names, for which customer and under which user name; None for what it does not
    say."""

    user_id: str | None = None
    customer: str | None = None
    username: str | None = None


class Ticket(Sealed, frozen=True, kw_only=True):
    """`params` is what was read of the authorization request; it is empty for a sign-in that no application asked for.
    `hint` is what was read of its ID token, which itself would make addresses too long. The other fields say what the
    person of `session` has done for the request: `signed_in_at` is set where they signed in for this very request,
    `asked` is what the consent page shows, `agreed` what the person allowed there."""

    kind: ClassVar[str] = "ticket"
    packed: ClassVar[bool] = True
    params: dict[str, str]
    tenant: str | None = None
    policy: str | None = None
    is_tfp: bool = False
    hint: Hint | None = None
    signed_in_at: int | None = None
    customer: str | None = None
    asked: Agreement | None = None
    agreed: Agreement | None = None

    def anew(self) -> Self:
        """The request alone, without anything that somebody did for it."""
        return type(self)(
            params=self.params,
            browser=self.browser,
            made_at=self.made_at,
            tenant=self.tenant,
            policy=self.policy,
            is_tfp=self.is_tfp,
            hint=self.hint,
        )

    def for_somebody_else(self) -> Self:
        """Whoever is signed in is not the person that the request is for, so somebody signs in anew."""
        prompt = {*self.params.get("prompt", "").split(), "login"}
        return msgspec.structs.replace(self.anew(), params={**self.params, "prompt": " ".join(sorted(prompt))})


class SignOutTicket(Sealed, frozen=True, kw_only=True):
    """`return_to` is a registered address with its state; "" where there is none."""

    kind: ClassVar[str] = "sign-out"
    return_to: str = ""


class AtProvider(Sealed, frozen=True, kw_only=True):
    """`state` of a request to a customer's provider, and all that belongs to it. `issuer` is the provider's at that
    time. `ticket` is the application's request that waits, `back` a page of ours; where there is neither, "" leads home.
    `session` is set where nobody signs in, but whoever is signed in links the provider's person to their account."""

    kind: ClassVar[str] = "at-provider"
    packed: ClassVar[bool] = True
    provider_id: str
    issuer: str
    verifier: str
    nonce: str
    ticket: Ticket | None = None
    back: str = ""
    max_age: int | None = None


CLAIMED: Final = 600
"""Seconds to confirm what came back from a provider."""


class Claimed(Sealed, frozen=True, kw_only=True):
    """A provider's person whom `person`, signed in to `session`, is asked to link to their account. `shown` is how the provider
    calls them, `nonce` what is spent with it, and `spent_until` how long that is remembered."""

    kind: ClassVar[str] = "claimed"
    packed: ClassVar[bool] = True
    person: str
    provider_id: str
    issuer: str
    subject: str
    shown: str
    nonce: str
    spent_until: int


class ProviderHint(Sealed, frozen=True, kw_only=True):
    """The ID token by which a provider knows whom to sign out. It stays in the database; the person stands in the place of
    the browser."""

    kind: ClassVar[str] = "provider-hint"
    packed: ClassVar[bool] = True
    id_token: str


class LeavingProvider(Sealed, frozen=True, kw_only=True):
    """`state` of a sign-out that goes on at a provider: where the person goes afterwards, "" for nowhere."""

    kind: ClassVar[str] = "leaving-provider"
    packed: ClassVar[bool] = True
    return_to: str = ""
    place: str = ""


def open_ticket(secret: bytes, text: str, holder: Holder, now: int, lifetime: int) -> Ticket:
    """What happened in another session is dropped, so that the next person at this browser is asked everything. Raises
    BadSeal."""
    try:
        return unseal(secret, text, Ticket, holder, now, lifetime)
    except OtherSession as other:
        if not isinstance(other.value, Ticket):
            raise
        return other.value.anew()


def reopen_ticket(stale: Stale, browser: str, now: int) -> Ticket:
    """The request alone, valid from now on for this browser: nothing more than a link of the application brings. Raises
    BadSeal."""
    if not isinstance(stale.value, Ticket):
        raise stale
    return msgspec.structs.replace(stale.value.anew(), browser=browser_digest(browser), made_at=now)
