"""What each hosted page shows: one frozen value a template. `here` is where the same page is found in another language."""

from dataclasses import dataclass
from typing import Literal

from hoistway.web.words import Lang

SignInError = Literal["refused", "throttled", "expired", "unavailable"]
ChooseError = Literal["refused", "missing", "expired", "unavailable"]


@dataclass(frozen=True, slots=True)
class SignIn:
    """`because` is why somebody who was signed in is asked again: "ended" or "kept". `returns_to` is a
    host to show; `wait_seconds` belongs to "throttled" and "unavailable". `leads_out`: the
    form's answer may lead to an application."""

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


@dataclass(frozen=True, slots=True)
class CustomerChoice:
    """`role` is "member", "administrator", "employee" or words to show; `home` marks the person's own customer."""

    id: str
    name: str
    unit_count: int | None
    role: str
    home: bool


@dataclass(frozen=True, slots=True)
class ChooseCustomer:
    """Posts `customer`: a listed choice, or any id that an `employee` types."""

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


@dataclass(frozen=True, slots=True)
class ScopeLine:
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class Consent:
    """Posts `decision`, "allow" or "deny". `offline` access outlives the session; `revoke_href` is where it ends.

    `reason` is what the application's owner says of it, `logo` an address of scheme data. `opens_data` is False where it asks for
    nothing of the customer's."""

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


@dataclass(frozen=True, slots=True)
class SignOut:
    action: str
    csrf: str
    lang: Lang
    person: str | None
    ticket: str | None = None
    leads_out: bool = False
    here: str = ""
    returns_to: str | None = None


@dataclass(frozen=True, slots=True)
class SignedOut:
    """`place` is the host to which `return_href` leads, where nobody has looked at it."""

    lang: Lang
    application: str | None = None
    return_href: str | None = None
    note: str | None = None
    here: str = ""
    place: str | None = None


@dataclass(frozen=True, slots=True)
class FormPost:
    """`frame_ancestors` is the one origin that may frame the page (silent renewal)."""

    action: str
    fields: tuple[tuple[str, str], ...]
    lang: Lang
    frame_ancestors: str | None = None
    here: str = ""


@dataclass(frozen=True, slots=True)
class Leaving:
    """Asks before it leads to an address that nobody has looked at: by a link, or by a form where there are `fields`."""

    href: str
    lang: Lang
    application: str
    place: str
    fields: tuple[tuple[str, str], ...] = ()
    here: str = ""


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """`error` is the wire's code, `description` its public constant (English); the title follows from the status. `home` is
    where the reader goes on; "" where that is up to an application."""

    lang: Lang
    error: str
    description: str
    correlation_id: str
    at: int
    here: str = ""
    home: str = ""


Page = SignIn | ChooseCustomer | Consent | SignOut | SignedOut | FormPost | Leaving | ErrorPage
