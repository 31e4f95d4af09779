"""What the hosted pages of single-use links show; as templates/values for the others."""

from collections.abc import Mapping
from typing import Final, Literal

from msgspec import Struct

from hoistway.web.templates.factor_values import PasskeyForm
from hoistway.web.words import Lang


class AskReset(Struct, frozen=True):
    """The form posts `username`. `problem` is the key of a sentence; `wait_seconds` belongs to "reset_throttled".
    `can_send` is False where no mail server is set."""

    csrf: str
    lang: Lang
    can_send: bool
    username: str = ""
    problem: str | None = None
    wait_seconds: int | None = None
    here: str = "/reset"


class ResetAsked(Struct, frozen=True):
    lang: Lang
    here: str = "/reset"


class NewPassword(Struct, frozen=True):
    """The form posts `link` or `ticket`, which prove that it may, and `password`. `problem` is the key of a
    sentence, or one that says what would help; `least` the number of characters."""

    action: str
    csrf: str
    lang: Lang
    username: str
    proof: Literal["link", "ticket"]
    secret: str
    problem: str | None = None
    here: str = ""
    least: int = 15


class Invite(Struct, frozen=True):
    """`inviter` is "" where the operator invited, `person` the name of whoever is signed in, `session` the public id of that
    sign-in. `has_account` is True where the
    invited address is a user name: its owner signs in first. `provider` is the company's own that signs in people of the address. The
    form posts `do`, `name` and `password` or `credential`."""

    csrf: str
    lang: Lang
    secret: str
    customer: str
    inviter: str
    role: str
    address: str
    person: str | None
    has_account: bool
    sign_in_href: str
    name: str = ""
    problem: str | None = None
    here: str = ""
    least: int = 15
    session: str = ""
    provider: str | None = None
    passkey: PasskeyForm | None = None
    ticket: str | None = None


class LinkDone(Struct, frozen=True):
    """`word` is the key of what was done; the page leads to the sign-in, and from there to `back`."""

    lang: Lang
    word: Literal["password_set", "account_ready", "address_back"]
    back: str = ""
    here: str = ""


class TakeBack(Struct, frozen=True):
    """`address` is the one that the account gets back. The form posts `link`."""

    csrf: str
    lang: Lang
    secret: str
    address: str
    problem: str | None = None
    here: str = ""


class LinkEnded(Struct, frozen=True):
    """`offers_reset` where a new one can be asked for on the page for forgotten passwords; `invites` where it was an invitation."""

    lang: Lang
    offers_reset: bool
    invites: bool
    here: str = ""


LinkPage = AskReset | ResetAsked | NewPassword | Invite | TakeBack | LinkDone | LinkEnded
TEMPLATES: Final[Mapping[type[LinkPage], str]] = {
    AskReset: "reset.html",
    ResetAsked: "reset_asked.html",
    NewPassword: "new_password.html",
    Invite: "invitation.html",
    TakeBack: "take_back.html",
    LinkDone: "link_done.html",
    LinkEnded: "link_ended.html",
}
