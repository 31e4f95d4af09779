"""Answers where no endpoint did: for a wrong method, a database that is away, or a bug."""

from starlette.requests import Request
from starlette.responses import Response

from hoistway.endpoints.page_refusals import refusal_page
from hoistway.endpoints.refuse import refuse
from hoistway.engine import Engine
from hoistway.protocol.b2c import read_path
from hoistway.protocol.dialect import Dialect
from hoistway.protocol.errors import OAuthError, ServerError, TemporarilyUnavailable
from hoistway.store.db import Busy, Damaged, DatabaseUnavailable, NotWritable
from hoistway.web.refusals import log_refusal
from hoistway.web.replies import correlation_id, json_reply


def away(engine: Engine, error: DatabaseUnavailable) -> TemporarilyUnavailable:
    """What callers are told where the database does not answer, or can't do what this request needs."""
    text, seconds, cause = "The database does not answer: try again in a few seconds.", 5, "unavailable"
    if isinstance(error, NotWritable):
        cause = "not_writable"
        text, seconds = "Nothing can be saved at the moment, what only reads goes on: try again in a minute.", 60
    elif isinstance(error, Damaged):
        text = "A part of the database is damaged: the operator must look, the log names it. Trying again does not help until then."
        seconds, cause = 60, "damaged"
    elif isinstance(error, Busy):
        cause = "busy"
        text = "Too much is asked for at once, or the search takes too long: narrow it, or try again in a few seconds."
    engine.measures.database_refusals.add(cause)
    return TemporarilyUnavailable(text, log=str(error), retry_after=seconds)


def fault(engine: Engine, request: Request, surface: str | None, error: OAuthError | None) -> Response:
    """Answers in the form that the reader expects: a page, problem+json or an OAuth error. None means a bug: the answer
    says nothing but its correlation id."""
    refusal = error or ServerError()
    if surface == "page":
        return refusal_page(engine, request, refusal)
    if surface == "scim":
        return scim_fault(request, refusal)
    if surface != "api":
        return refuse(engine, request, refusal, spoken_on(engine, request))
    log_refusal(correlation_id(request), request.url.path, refusal)
    titles = {404: "Not found", 405: "Method not allowed", 500: "Server error", 503: "Temporarily unavailable"}
    body = {
        "type": "about:blank",
        "title": titles.get(refusal.status, "Bad request"),
        "status": refusal.status,
        "detail": refusal.public,
        "correlation_id": correlation_id(request),
    }
    headers = {"cache-control": "no-store"}
    if refusal.retry_after is not None:
        headers["retry-after"] = str(refusal.retry_after)
    reply = json_reply(body, refusal.status, headers)
    reply.headers["content-type"] = "application/problem+json"
    return reply


def scim_fault(request: Request, refusal: OAuthError) -> Response:
    """RFC 7644 section 3.12."""
    log_refusal(correlation_id(request), request.url.path, refusal)
    body = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": str(refusal.status),
        "detail": f"{refusal.public} Correlation id: {correlation_id(request)}.",
    }
    headers = {"cache-control": "no-store"}
    if refusal.retry_after is not None:
        headers["retry-after"] = str(refusal.retry_after)
    reply = json_reply(body, refusal.status, headers)
    reply.headers["content-type"] = "application/scim+json"
    return reply


def spoken_on(engine: Engine, request: Request) -> Dialect:
    """The dialect of the path, which is all that is known about an unknown tenant, and about any tenant while the
    database is away."""
    found = read_path(request.url.path, None)
    if found is None:
        return engine.dialect
    return Dialect("b2c", f"{engine.settings.base_url}/{found.tenant}/v2.0/", found.policy, found.tenant)
