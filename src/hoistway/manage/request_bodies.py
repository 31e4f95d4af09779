"""Bodies about requests of customers for applications (docs/adr/0017-answers-and-document.md)."""

from datetime import date
from typing import Annotated, Any, Literal

from msgspec import UNSET, Struct, UnsetType

from hoistway.api.bodies import said
from hoistway.manage.bodies import CreatedAt, Instant, NextCursor, moment, optional_moment
from hoistway.store.messages import SignedMessage
from hoistway.store.request_looks import RequestLook
from hoistway.store.requests import Request as Row

_TEXT = said("What the customer reads.", "Welcome.")
_REASON = said("What the customer reads; not empty.", "Which people will use it?")


class ApplicationRequest(Struct):
    """What a customer asks for."""

    id: Annotated[str, said("Of the request.", "0b5f6a0e-6d0c-4f0e-9a55-0d7c54a5b1f2")]
    customer_id: Annotated[str, said("Who asks.", "c-1")]
    requested_by: Annotated[str, said("The person who asked.", "u-1")]
    kind: Annotated[
        Literal["application", "redirects", "look"],
        said("A new application, more addresses of one, or another appearance.", "application"),
    ]
    application_id: Annotated[str | None, said("The application that it is about, or that was made.", None)]
    name: Annotated[str, said("Of the application.", "Nightly report")]
    type: Annotated[str, said("Of the application.", "daemon")]
    redirect_uris: Annotated[list[str], said("That it is to have.", ["https://app.example.com/callback"])]
    post_logout_redirect_uris: Annotated[list[str], said("That it is to have.", ["https://app.example.com/"])]
    flows: Annotated[list[str], said("code, client_credentials, implicit, password.", ["client_credentials"])]
    purpose: Annotated[str, said("What it is for.", "A report each night.")]
    reason: Annotated[str, said("Why it needs a legacy flow.", "")]
    consent_text: Annotated[str | None, said("The words on the consent page, where a look is asked for.", None)]
    environment: Annotated[Literal["production", "sandbox"], said("Whose data its tokens open.", "production")]
    state: Annotated[
        Literal["submitted", "asked", "approved", "rejected", "withdrawn"],
        said("submitted: an operator is next; asked: the customer is.", "submitted"),
    ]
    created_at: CreatedAt
    changed_at: Annotated[Instant, said("When it last changed, UTC.", "2026-01-30T13:35:09Z")]
    decided_at: Annotated[Instant | None, said("When it was decided, or approved first where two must.", None)]
    decided_by: Annotated[str | None, said("Who decided, or approved first where two must.", None)]
    second_by: Annotated[str | None, said("Who approved second.", None)]
    legacy_until: Annotated[Instant | None, said("When the legacy flows end that it was given.", None)]
    service_account_id: Annotated[
        str | None, said("The technical account that a daemon is to use, where one is named.", None)
    ]


class ApplicationRequestPage(Struct):
    items: list[ApplicationRequest]
    next_cursor: NextCursor


class RequestMessage(Struct):
    at: Annotated[Instant, said("When, UTC.", "2026-01-30T13:35:09Z")]
    author: Annotated[str, said("The person or application that wrote it.", "u-1")]
    side: Annotated[Literal["customer", "operator"], said("For whom.", "customer")]
    event: Annotated[str, said("What its author did.", "submitted")]
    text: Annotated[str, said("What was written.", "A report each night.")]


class RequestMessageList(Struct):
    """The newest first; at most 200."""

    items: list[RequestMessage]


class RequestApproval(Struct, forbid_unknown_fields=True):
    message: Annotated[str, _TEXT] | UnsetType = UNSET
    legacy_until: (
        Annotated[
            date, said("The last day of legacy flows, UTC, within a year; needed where it asks for one.", "2090-01-31")
        ]
        | UnsetType
    ) = UNSET


class RequestReason(Struct, forbid_unknown_fields=True):
    message: Annotated[str, _REASON]


def request_body(row: Row, look: RequestLook | None) -> ApplicationRequest:
    environment: Any = row.environment
    return ApplicationRequest(
        row.id, row.customer_id, row.requested_by, row.kind, row.client_id, row.name, row.type, list(row.redirect_uris),
        list(row.post_logout_uris), list(row.flows), row.purpose, row.reason, None if look is None else look.consent_text,
        environment, row.state, moment(row.created_at), moment(row.changed_at), optional_moment(row.decided_at), row.decided_by,
        row.second_by, optional_moment(row.legacy_until), row.service_account_id,
    )  # fmt: skip


def message_body(one: SignedMessage) -> RequestMessage:
    row = one.message
    return RequestMessage(moment(row.at), row.author, row.side, row.event, row.text)
