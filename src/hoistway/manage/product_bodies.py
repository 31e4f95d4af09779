"""Bodies about products (docs/adr/0017-answers-and-document.md)."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Struct, UnsetType

from hoistway.api.bodies import said
from hoistway.manage.bodies import CreatedAt, DisabledAt, NextCursor, Waiting, moment, optional_moment
from hoistway.products.texts import TEXTS
from hoistway.protocol.limits import Limit as LimitRow
from hoistway.protocol.text import BadText, check_seen, cleaned, read_line
from hoistway.store.products import Product as ProductRow

Approval = Literal["automatic", "asked"]
KeyUse = Literal["required", "optional"]
_NAME = said("As customers know it.", "Standard")
_NAME_DE = said("For readers of German; the other one where it is empty.", "Standard")
_DESCRIPTION = said("One sentence for the catalogue.", "Calls for one building.")
_DESCRIPTION_DE = said("For readers of German; the other one where it is empty.", "Aufrufe für ein Gebäude.")
_TERMS = said("What customers agree to.", "Fair use.")
_TERMS_DE = said("For readers of German; not without the others.", "")
_APIS = said("Ids of the APIs that it bundles.", ["customer-api"])
_RATE = said("Calls beyond it are answered 429; null for none.", {"calls": 1000, "period_seconds": 60})
_QUOTA = said("Calls beyond it are answered 403; null for none.", {"calls": 1_000_000, "period_seconds": 2_592_000})
_APPROVAL = said("asked: an operator decides on each subscription.", "automatic")
_KEY_USE = said("optional: a token alone opens its APIs, under its limits.", "required")
_KEYS_FROM = said("The day from which calls need a key, UTC; null where they do already, or never will.", "2027-01-31")
_MOST = said("Subscriptions of one customer; null for no limit but that of all products together.", 10)


class Limit(Struct, forbid_unknown_fields=True):
    calls: Annotated[int, said("Calls in a window.", 1000)]
    period_seconds: Annotated[int, said("How long a window is.", 60)]


class Product(Struct):
    id: Annotated[str, said("Chosen at its creation, never changed.", "standard")]
    name: Annotated[str, _NAME]
    name_de: Annotated[str, _NAME_DE]
    description: Annotated[str, _DESCRIPTION]
    description_de: Annotated[str, _DESCRIPTION_DE]
    terms: Annotated[str, _TERMS]
    terms_de: Annotated[str, _TERMS_DE]
    apis: Annotated[list[str], _APIS]
    rate: Annotated[Limit | None, _RATE]
    quota: Annotated[Limit | None, _QUOTA]
    approval: Annotated[Approval, _APPROVAL]
    key_use: Annotated[KeyUse, _KEY_USE]
    keys_from: Annotated[date | None, _KEYS_FROM]
    subscriptions_limit: Annotated[int | None, _MOST]
    created_at: CreatedAt
    disabled_at: DisabledAt


class ProductPage(Struct):
    items: list[Product]
    next_cursor: NextCursor


class ProductChange(Struct, forbid_unknown_fields=True):
    """A member that is left out stays as it is; null takes a limit or a day away."""

    name: Annotated[str, _NAME] | UnsetType = UNSET
    name_de: Annotated[str, _NAME_DE] | UnsetType = UNSET
    description: Annotated[str, _DESCRIPTION] | UnsetType = UNSET
    description_de: Annotated[str, _DESCRIPTION_DE] | UnsetType = UNSET
    terms: Annotated[str, _TERMS] | UnsetType = UNSET
    terms_de: Annotated[str, _TERMS_DE] | UnsetType = UNSET
    apis: Annotated[list[str], _APIS] | UnsetType = UNSET
    rate: Annotated[Limit | None, _RATE] | UnsetType = UNSET
    quota: Annotated[Limit | None, _QUOTA] | UnsetType = UNSET
    approval: Annotated[Approval, _APPROVAL] | UnsetType = UNSET
    key_use: Annotated[KeyUse, _KEY_USE] | UnsetType = UNSET
    keys_from: Annotated[date | None, _KEYS_FROM] | UnsetType = UNSET
    subscriptions_limit: Annotated[int | None, _MOST] | UnsetType = UNSET


class NewProduct(Struct, forbid_unknown_fields=True):
    """Without limits, and with keys that are made at once, where that is left out. Where two operators must approve, it begins closed:
    what opens it waits."""

    id: Annotated[str, said("a to z, 0 to 9 and -, up to 40, a letter first.", "standard")]
    name: Annotated[str, _NAME]
    description: Annotated[str, _DESCRIPTION]
    apis: Annotated[list[str], _APIS]
    name_de: Annotated[str, _NAME_DE] | UnsetType = UNSET
    description_de: Annotated[str, _DESCRIPTION_DE] | UnsetType = UNSET
    terms: Annotated[str, _TERMS] | UnsetType = UNSET
    terms_de: Annotated[str, _TERMS_DE] | UnsetType = UNSET
    rate: Annotated[Limit | None, _RATE] | UnsetType = UNSET
    quota: Annotated[Limit | None, _QUOTA] | UnsetType = UNSET
    approval: Annotated[Approval, _APPROVAL] | UnsetType = UNSET
    key_use: Annotated[KeyUse, _KEY_USE] | UnsetType = UNSET
    keys_from: Annotated[date | None, _KEYS_FROM] | UnsetType = UNSET
    subscriptions_limit: Annotated[int | None, _MOST] | UnsetType = UNSET


class ProductMade(Struct):
    product: Product
    waiting: Waiting | None


def _limit(row: LimitRow | None) -> Limit | None:
    return None if row is None else Limit(row.calls, row.period)


def product_body(row: ProductRow) -> Product:
    approval: Any = row.approval
    key_use: Any = row.key_use
    begins = None if row.keys_from is None else datetime.fromtimestamp(row.keys_from, UTC).date()
    return Product(
        row.id, row.name, row.name_de, row.description, row.description_de, row.terms, row.terms_de, list(row.apis),
        _limit(row.rate), _limit(row.quota), approval, key_use, begins, row.subscriptions_limit, moment(row.created_at),
        optional_moment(row.disabled_at),
    )  # fmt: skip


def typed_members(body: NewProduct | ProductChange) -> tuple[dict[str, str], dict[str, str]]:
    """(what somebody would have typed, by the field of the form; what is wrong, by member) for each member that was sent, but for
    the APIs."""
    typed, wrong = dict[str, str](), dict[str, str]()
    for name in ("id", *TEXTS):
        value = getattr(body, name, UNSET)
        if value is not UNSET:
            try:
                typed[name] = _text(name, value)
            except BadText as error:
                wrong[name] = f"It {error}."
    typed |= {name: getattr(body, name) for name in ("approval", "key_use") if getattr(body, name) is not UNSET}
    for name in ("rate", "quota"):
        limit = getattr(body, name)
        if limit is not UNSET:
            typed[f"{name}_calls"] = "" if limit is None else str(limit.calls)
            typed[f"{name}_period"] = "1" if limit is None else str(limit.period_seconds)
    if body.keys_from is not UNSET:
        typed["keys_from"] = "" if body.keys_from is None else body.keys_from.isoformat()
    if body.subscriptions_limit is not UNSET:
        typed["subscriptions_limit"] = "" if body.subscriptions_limit is None else str(body.subscriptions_limit)
    return typed, wrong


def _text(name: str, value: str) -> str:
    """Names are lines; descriptions and terms may have several."""
    if not name.startswith(("description", "terms")):
        return read_line(value)
    check_seen(value)
    return cleaned(value)
