"""What the pages of second factors show while nobody is signed in: one frozen value for each template."""

from collections.abc import Sequence
from typing import ClassVar

from msgspec import Struct

from hoistway.discreet import Discreet
from hoistway.web.words import Lang


class PasskeyForm(Struct, frozen=True):
    """A form that a script fills: `options` are those of WebAuthn in JSON, `ceremony` is sealed, `kind` is "create" or
    "get"."""

    action: str
    kind: str
    options: str
    ceremony: str


class SecondStep(Struct, frozen=True):
    """`action` ends with the query that says where the sign-in leads. `recovery` shows the field for a recovery code. `own` where
    only a company's provider spoke for the person so far; `password` then asks for that of their account, if they have no factor."""

    action: str
    ticket: str | None
    csrf: str
    lang: Lang
    person: str
    codes: bool
    recovery: bool
    passkey: PasskeyForm | None
    other_href: str
    error: str | None = None
    wait_seconds: int | None = None
    application: str | None = None
    leads_out: bool = False
    here: str = ""
    own: bool = False
    password: bool = False
    username: str = ""


class Enrol(Discreet, frozen=True):
    """`picture` is a data: address; `enrolment` is sealed."""

    hidden: ClassVar[frozenset[str]] = frozenset({"secret", "picture"})
    action: str
    ticket: str | None
    csrf: str
    lang: Lang
    person: str
    secret: str
    picture: str
    enrolment: str
    passkey: PasskeyForm | None
    error: str | None = None
    application: str | None = None
    leads_out: bool = False
    here: str = ""


class RecoveryCodes(Discreet, frozen=True):
    hidden: ClassVar[frozenset[str]] = frozenset({"codes"})
    lang: Lang
    codes: Sequence[str]
    href: str
    here: str = ""


FactorPage = SecondStep | Enrol | RecoveryCodes
