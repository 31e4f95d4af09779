"""What each hosted page shows: one frozen value for each template. `here` is the address of the same page, to which the
choice of another language leads back.
"""

from typing import Literal

from msgspec import Struct

from hoistway.web.templates.factor_values import PasskeyForm
from hoistway.web.words import Lang

SignInError = Literal["refused", "throttled", "expired", "unavailable", "password_missing", "factor_refused"]
ChooseError = Literal["refused", "missing", "expired", "unavailable"]


class SignIn(Struct, frozen=True):
    """`because` says why somebody who was signed in is asked again: "ended" or "kept". `returns_to` is the host that
    the page names. `wait_seconds` belongs to the problems "throttled" and "unavailable". `leads_out` is True where the
    answer to the form may lead to an application."""

    action: str
    ticket: str
    csrf: str
    lang: Lang
    application: str | None = None
    returns_to: str | None = None
    username: str = ""
    error: SignInError | None = None
    wait_seconds: int | None = None
    reset_href: str | None = None
    leads_out: bool = False
    here: str = ""
    because: str | None = None
    passkey: PasskeyForm | None = None


class CustomerChoice(Struct, frozen=True):
    """`role` is "member", "administrator", "employee" or a text to show; `home` marks the person's own customer."""

    id: str
    name: str
    unit_count: int | None
    role: str
    home: bool


class ChooseCustomer(Struct, frozen=True):
    """The form posts `customer`: one of the listed choices, or any id that an `employee` types."""

    action: str
    ticket: str
    csrf: str
    lang: Lang
    application: str | None
    person: str
    customers: tuple[CustomerChoice, ...]
    employee: bool = False
    error: ChooseError | None = None
    leads_out: bool = False
    here: str = ""


class ScopeLine(Struct, frozen=True):
    name: str
    description: str


class Consent(Struct, frozen=True):
    """The form posts `decision`, "allow" or "deny". `offline` is True for access that outlives the session;
    `revoke_href` is where it can be ended. `reason` is what the application's owner says about it, `logo` a data:
    address. `opens_data` is False where nothing of the customer's is asked for."""

    action: str
    ticket: str
    csrf: str
    lang: Lang
    application: str
    person: str
    customer: str | None
    scopes: tuple[ScopeLine, ...]
    offline: bool
    returns_to: str | None = None
    leads_out: bool = False
    revoke_href: str | None = None
    reason: str | None = None
    logo: str | None = None
    is_sandbox: bool = False
    opens_data: bool = True
    here: str = ""


class SignOut(Struct, frozen=True):
    action: str
    csrf: str
    lang: Lang
    person: str | None
    ticket: str | None = None
    leads_out: bool = False
    here: str = ""
    returns_to: str | None = None


class SignedOut(Struct, frozen=True):
    """`place` is the host to which `return_href` leads, where nobody has reviewed that address."""

    lang: Lang
    application: str | None = None
    return_href: str | None = None
    note: str | None = None
    here: str = ""
    place: str | None = None


class FormPost(Struct, frozen=True):
    """`frame_ancestors` is the only origin that may frame the page (for silent renewal)."""

    action: str
    fields: tuple[tuple[str, str], ...]
    lang: Lang
    frame_ancestors: str | None = None
    here: str = ""


class Leaving(Struct, frozen=True):
    """Asks before it leads to an address that nobody has reviewed: with a link, or with a form where there are
    `fields`."""

    href: str
    lang: Lang
    application: str
    place: str
    fields: tuple[tuple[str, str], ...] = ()
    here: str = ""


class ErrorPage(Struct, frozen=True):
    """`error` is the code on the wire, `description` its constant text (in English); the title follows from the status.
    `home` is where the reader can go on; "" where only an application can tell."""

    lang: Lang
    error: str
    description: str
    correlation_id: str
    at: int
    here: str = ""
    home: str = ""


class ProviderFailed(Struct, frozen=True):
    """`cause` chooses the sentences, `provider` is its name or "", `again` leads to another try."""

    lang: Lang
    cause: str
    provider: str
    correlation_id: str
    at: int
    again: str
    here: str = ""


class ToProvider(Struct, frozen=True):
    """Leads on by itself, where a form may lead to pages of ours only: to sign in there, or with `leaves` to sign out. With
    `asks` it waits for the person, and `provider` is the host."""

    lang: Lang
    provider: str
    href: str
    here: str = ""
    leaves: bool = False
    asks: bool = False


Page = (
    ProviderFailed
    | ToProvider
    | SignIn
    | ChooseCustomer
    | Consent
    | SignOut
    | SignedOut
    | FormPost
    | Leaving
    | ErrorPage
)
