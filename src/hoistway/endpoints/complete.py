"""The end of an authorization request: sends the answer to the application."""

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from hoistway.endpoints.browser import SignedIn
from hoistway.endpoints.flow import Flow, deliver
from hoistway.engine import Engine
from hoistway.grants.authorization import answer_with_code, answer_with_tokens
from hoistway.grants.base import Proof
from hoistway.grants.consent import is_kept
from hoistway.protocol.authentication import read_amr
from hoistway.protocol.errors import AccessDenied
from hoistway.protocol.ids import CustomerId
from hoistway.protocol.scope import Resolved
from hoistway.protocol.subject import Subject
from hoistway.response_types.registry import RESPONSE_TYPES


class Choice(Struct, frozen=True):
    """`acting` is True for an employee who has no place in this customer."""

    customer_id: CustomerId
    acting: bool


async def _subject(engine: Engine, flow: Flow, person: SignedIn, choice: Choice) -> Subject | None:
    """What is remembered of a place that was given or taken a moment ago is read anew: it decides what is written."""
    asked = ("user", person.user.id, choice.customer_id, engine.now(), flow.destination.client.environment)
    subject = await engine.directory.subject(*asked)
    if subject is None or subject.acting != choice.acting:
        subject = await engine.directory.subject_now(*asked)
    return subject


async def complete(
    engine: Engine, request: Request, flow: Flow, person: SignedIn, choice: Choice, resolved: Resolved
) -> Response:
    """Raises AccessDenied where the person lost their place in the customer meanwhile, ConsentRequired where they took
    consent back, LoginRequired where the session ended, and the application would not hear of that."""
    subject = await _subject(engine, flow, person, choice)
    if subject is None:
        raise AccessDenied("The account has no place in this customer any more.", log="subject gone", b2c="90128")
    client, ask, dialect = flow.destination.client, flow.ask, flow.dialect
    consented = resolved.owned if is_kept(client, person.user) else None
    # A stored consent counts for later requests, too; what was said on the page counts for one answer.
    said = flow.ticket.agreed if consented is None or "consent" in ask.prompt else None
    proof = Proof(
        subject,
        resolved,
        " ".join(flow.ask.scope),
        person.session.auth_time,
        interactive=True,
        resource=flow.ask.resource,
        session_id=person.session.public_id,
        evidence=None if said is None else said.number,
        amr=read_amr(person.session.amr),
        session_digest=person.session.session_digest,
    )
    send = answer_with_code if RESPONSE_TYPES[ask.response_type].code else answer_with_tokens
    if send is answer_with_tokens:
        engine.note_use(client.id, engine.now())
    answer = await send(engine, client, ask, proof, dialect, consented)
    return deliver(engine, request, flow.destination, dialect, answer)
