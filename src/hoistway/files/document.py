"""What a file may say, as types; the JSON Schema for editors is made from them."""

from datetime import date
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from hoistway.tokens.issue import DEFAULT_LIFETIME

Line = Annotated[str, Meta(max_length=2_000)]
Lines = list[Line]
Flow = Literal["authorization_code", "implicit", "password", "client_credentials", "refresh_token"]


def _said(words: str) -> Meta:
    return Meta(description=words)


class CustomerFile(Struct, forbid_unknown_fields=True, omit_defaults=True):
    id: Line
    name: Line
    second_factor: Annotated[
        Literal["nobody", "administrators", "all"], _said("Of whom a second factor is required.")
    ] = "nobody"
    disabled: bool = False


class ApiFile(Struct, forbid_unknown_fields=True, omit_defaults=True):
    id: Line
    name: Line
    audience: Annotated[Line, _said("The aud of its tokens.")]
    scopes: Annotated[
        dict[str, str],
        _said(
            "Name, and what it lets one do, as the consent page says it; NAME as WORD where programs write that word."
        ),
    ]
    uri: Annotated[Line, _said("Prefix of its scopes; the audience without it.")] = ""
    token_lifetime: Annotated[int, _said("Of its tokens, in seconds.")] = DEFAULT_LIFETIME
    signing_alg: Line = "ES256"
    b2c_signing_alg: Annotated[Line, _said("Signs tokens of B2C-shaped paths; RS256 without it.")] = ""
    acr: Annotated[Line, _said("What sign-ins must amount to.")] = ""
    max_age: Annotated[int, _said("How old sign-ins may be, in seconds; 0 for any age.")] = 0
    introspector: Annotated[Line, _said("The application that may ask what a token is worth.")] = ""
    disabled: bool = False


class AccountFile(Struct, forbid_unknown_fields=True, omit_defaults=True):
    username: Line
    customer: Line
    name: Annotated[Line, _said("The user name without it.")] = ""
    disabled: bool = False


class ConnectionFile(Struct, forbid_unknown_fields=True):
    token_endpoint: Annotated[Line, _said("It takes the password grant.")]
    client_id: Annotated[Line, _said("A public client there that may use it.")]
    scope: Line
    until: Annotated[Line, _said("A day or a minute, UTC, on which it ends: 2027-01-31.")]
    wrong_per_account: Annotated[int, _said("Different wrong passwords of an account that may arrive there.")]


class TenantFile(Struct, forbid_unknown_fields=True, omit_defaults=True):
    id: Annotated[Line, _said("A GUID, as in iss and tid.")]
    names: Lines
    policies: Annotated[dict[str, Literal["sign_in", "ropc"]], _said("Name and kind.")]
    disabled: bool = False
    subject_text: Annotated[Line, _said("What stands in sub of tokens at its paths; the account's id without it.")] = ""
    connection: Annotated[
        ConnectionFile | None, _said("Its older system, which proves passwords once; what is there stays, without it.")
    ] = None


class ExceptionFile(Struct, forbid_unknown_fields=True):
    flow: Literal["implicit", "password", "no_pkce", "no_iss"]
    until: Annotated[date, _said("The day on which it ends, 2027-01-31.")]
    reason: Line


class ApplicationFile(Struct, forbid_unknown_fields=True, omit_defaults=True):
    id: Annotated[Line, _said("The client id.")]
    name: Line
    type: Literal["web", "desktop", "mobile", "single-page", "daemon"]
    customer: Annotated[Line, _said("Who owns it; the operator without it.")] = ""
    redirect_uris: Lines = []
    post_logout_uris: Lines = []
    scopes: Lines = []
    flows: Annotated[list[str] | None, _said("What it may use; what its type begins with, without it.")] = None
    exceptions: list[ExceptionFile] = []
    account: Annotated[Line, _said("The user name of a daemon's technical account.")] = ""
    consent: Annotated[
        Literal["asked", "implied"], _said("Whether people are asked; implied for the operator's own.")
    ] = "asked"
    access_token_alg: Line = ""
    backchannel_logout_uri: Line = ""
    backchannel_logout_session_required: bool = False
    secrets: Annotated[Lines, _said("References, env:NAME or file:PATH, to secrets that it must have.")] = []
    disabled: bool = False


class LimitFile(Struct, forbid_unknown_fields=True):
    calls: int
    seconds: int


class ProductFile(Struct, forbid_unknown_fields=True, omit_defaults=True):
    id: Line
    name: Line
    description: str
    apis: Lines
    rate: LimitFile | None = None
    quota: LimitFile | None = None
    terms: str = ""
    approval: Literal["automatic", "asked"] = "automatic"
    keys: Literal["required", "optional"] = "required"
    subscriptions_limit: int | None = None
    name_de: Line = ""
    description_de: str = ""
    terms_de: str = ""
    disabled: bool = False


class BrandingFile(Struct, forbid_unknown_fields=True, omit_defaults=True):
    name: Line
    accent: Annotated[Line, _said("A colour, #rrggbb.")]
    support: Line = ""
    terms: Line = ""


class Document(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """One file; several of a set are read as one."""

    set: Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9-]{0,39}$", description="Whose things these are.")] = "default"
    customers: list[CustomerFile] = []
    apis: list[ApiFile] = []
    accounts: list[AccountFile] = []
    tenants: list[TenantFile] = []
    applications: list[ApplicationFile] = []
    products: list[ProductFile] = []
    branding: BrandingFile | None = None


T = TypeVar("T", bound=Struct)
ORDER: Final = ("customers", "apis", "accounts", "tenants", "applications", "products")
"""In which things are written: each needs only what stands before it, but for an API's introspector."""
MOST_THINGS: Final = 5_000
"""Of one call, which is one transaction: operators wait for it, and on SQLite every writer."""


class BadDocument(Exception):
    """`problems` are sentences that each begin with the place."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


def key_of(kind: str, thing: Any) -> str:
    """By what a thing is found."""
    return str(thing.username if kind == "accounts" else thing.id)


def read_document(name: str, said: Any) -> Document:
    """Raises BadDocument."""
    try:
        return msgspec.convert({} if said is None else said, Document)
    except msgspec.ValidationError as error:
        raise BadDocument([f"{name}: {error}"]) from None


def merged(documents: list[tuple[str, Document]]) -> Document:
    """Raises BadDocument where two files are of different sets, or describe the same thing."""
    problems, whole = list[str](), Document(documents[0][1].set)
    seen = dict[tuple[str, str], str]()
    for name, one in documents:
        if one.set != whole.set:
            problems.append(
                f"{name}: it is of the set {one.set}, and {documents[0][0]} of {whole.set}: apply each set by itself"
            )
        for kind in ORDER:
            for thing in getattr(one, kind):
                key = (kind, key_of(kind, thing))
                if key in seen:
                    problems.append(f"{name}: {kind}, {key[1]}: it stands in {seen[key]}, too")
                seen[key] = name
                getattr(whole, kind).append(thing)
        if one.branding is not None and whole.branding is not None:
            problems.append(f"{name}: branding stands in two files")
        whole.branding = one.branding or whole.branding
    if len(seen) > MOST_THINGS:
        problems.append(
            f"there are more than {MOST_THINGS:,} things, and they are written at once: divide them into sets"
        )
    if problems:
        raise BadDocument(problems)
    return whole


def described(kind: type[T], **values: Any) -> T:
    """For what a row says, whose closed sets of words are texts there. Raises BadDocument where a file could not say it."""
    try:
        return msgspec.convert(values, kind)
    except msgspec.ValidationError as error:
        raise BadDocument([f"{values.get('id', kind.__name__)}: {error}"]) from None


def json_schema() -> dict[str, Any]:
    """https://json-schema.org/draft/2020-12/schema"""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Hoistway",
        **msgspec.json.schema(Document),
    }
