"""Pages that look the same for all strangers may be cached and revalidated (https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2)."""

from hashlib import sha256

from starlette.responses import Response

from hoistway.portal.visit import Visit


def kept(visit: Visit, reply: Response) -> Response:
    """The page with an ETag, or 304 where this browser has it. People who are signed in always get a new one, because
    it contains their name and values."""
    if visit.person is not None:
        return reply
    etag = f'"{sha256(bytes(reply.body)).hexdigest()[:24]}"'
    headers = {"cache-control": "private, no-cache", "etag": etag, "vary": "accept-language, cookie"}
    sent = ",".join(visit.request.headers.getlist("if-none-match"))
    if etag in [tag.strip().removeprefix("W/") for tag in sent.split(",")]:
        return Response(status_code=304, headers=headers)
    for name, value in headers.items():
        reply.headers[name] = value
    return reply
