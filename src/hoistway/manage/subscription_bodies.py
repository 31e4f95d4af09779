"""Bodies about subscriptions and their keys (docs/adr/0017-answers-and-document.md)."""

from datetime import date
from typing import Annotated, Any, Literal

from msgspec import UNSET, Struct, UnsetType

from hoistway.api.bodies import said
from hoistway.manage.bodies import CreatedAt, Instant, NextCursor, moment, optional_moment
from hoistway.store.subscription_keys import SubscriptionKey as KeyRow
from hoistway.store.subscriptions import Subscription as Row

State = Literal["submitted", "active", "suspended", "rejected", "cancelled", "expired"]
Slot = Literal["primary", "secondary"]
_NAME = said("What the customer knows it by.", "Nightly report")
_CUSTOMER = said("Whose it is.", "c-1")
_PRODUCT = said("What it opens.", "standard")
_APPLICATION = said("The application that it is meant for; null for none in particular.", None)
_API = said("The one API of the product that it opens; null for all of them.", None)
_MESSAGE = said("What the customer reads.", "Welcome.")
_REASON = said("What the customer reads; not empty.", "Your contract has ended.")


class Subscription(Struct):
    id: Annotated[str, said("Sorts by time.", "01994c9a-52a1-7b86-8f3e-3d3f6f0a7c11")]
    name: Annotated[str, _NAME]
    customer_id: Annotated[str, _CUSTOMER]
    product_id: Annotated[str, _PRODUCT]
    application_id: Annotated[str | None, _APPLICATION]
    api_id: Annotated[str | None, _API]
    state: Annotated[State, said("submitted: it waits for an operator.", "active")]
    message: Annotated[str, said("The last one to the customer.", "")]
    answer: Annotated[str | None, said("The customer's, to a question.", None)]
    asked_by: Annotated[str, said("The person or application that asked for it.", "u-1")]
    decided_by: Annotated[str | None, said("Who decided last.", None)]
    created_at: CreatedAt
    changed_at: Annotated[Instant, said("When it last changed, UTC.", "2026-01-30T13:35:09Z")]
    started_at: Annotated[Instant | None, said("When it first became active: windows of limits begin here.", None)]
    ends_at: Annotated[Instant | None, said("When it ends; null for one without an end.", None)]


class SubscriptionPage(Struct):
    items: list[Subscription]
    next_cursor: NextCursor


class NewSubscription(Struct, forbid_unknown_fields=True):
    """It waits where the product asks for approval, and has no keys until then."""

    customer_id: Annotated[str, _CUSTOMER]
    product_id: Annotated[str, _PRODUCT]
    name: Annotated[str, _NAME]
    application_id: Annotated[str, said("An application of the customer.", "nightly-report")] | UnsetType = UNSET
    api_id: Annotated[str, said("One API of the product.", "customer-api")] | UnsetType = UNSET


class Keys(Struct):
    primary: Annotated[str, said("Works like the other one.", "hwk_…")]
    secondary: Annotated[str, said("So that one can be replaced while the other one works.", "hwk_…")]


class SubscriptionMade(Struct):
    subscription: Subscription
    keys: Annotated[Keys | None, said("Shown this once; null where it waits, and in a dry run.", None)]


class Approval(Struct, forbid_unknown_fields=True):
    message: Annotated[str, _MESSAGE] | UnsetType = UNSET
    ends_on: Annotated[date, said("Its last day, UTC; no end without it.", "2090-01-31")] | UnsetType = UNSET


class Message(Struct, forbid_unknown_fields=True):
    message: Annotated[str, _MESSAGE] | UnsetType = UNSET


class Reason(Struct, forbid_unknown_fields=True):
    message: Annotated[str, _REASON]


class SubscriptionKey(Struct):
    """Not the key: that is shown once."""

    id: Annotated[str, said("Of the key.", "0f3a9c1e52a14b86")]
    slot: Annotated[Slot, said("Which of the two.", "primary")]
    prefix: Annotated[str, said("How the key begins.", "hwk_Ab3d")]
    created_at: CreatedAt
    expires_at: Annotated[
        Instant | None, said("When it ends, because another took its place; null for a current one.", None)
    ]
    last_used_at: Annotated[Instant | None, said("When it was last used; null where it never was.", None)]


class SubscriptionKeyList(Struct):
    """Those that work."""

    items: list[SubscriptionKey]


class NewKey(Struct, forbid_unknown_fields=True):
    slot: Annotated[Slot, said("Which of the two gets a new key.", "primary")]
    overlap_seconds: (
        Annotated[
            int,
            said("For how long the present one goes on: 0, 3600, 86400 or 604800; 86400 where it is left out.", 3600),
        ]
        | UnsetType
    ) = UNSET


class KeyMade(Struct):
    slot: Annotated[Slot, said("Which of the two it is.", "primary")]
    key: Annotated[str | None, said("Shown this once; null in a dry run.", "hwk_…")]
    old_until: Annotated[Instant | None, said("Until when the one before works; null where there was none.", None)]


def subscription_body(row: Row, now: int) -> Subscription:
    state: Any = row.state_at(now)
    return Subscription(
        row.id, row.name, row.customer_id, row.product_id, row.client_id, row.api_id, state, row.message, row.answer,
        row.asked_by, row.decided_by, moment(row.created_at), moment(row.changed_at), optional_moment(row.started_at),
        optional_moment(row.ends_at),
    )  # fmt: skip


def key_body(row: KeyRow) -> SubscriptionKey:
    slot: Any = row.slot
    return SubscriptionKey(
        row.id,
        slot,
        row.prefix,
        moment(row.created_at),
        optional_moment(row.expires_at),
        optional_moment(row.last_used_at),
    )
