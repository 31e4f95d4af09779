"""What programs that read the documentation find: a list of its pages as Markdown (https://llmstxt.org), and robots.txt (RFC 9309)."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from hoistway.engine import Engine
from hoistway.portal.docs.described import operations
from hoistway.portal.docs.guides import guides

ROBOTS = """User-agent: *
Allow: /portal
Allow: /llms.txt
Allow: /api/v1/openapi.json
Allow: /static/
Disallow: /portal/search
Disallow: /
"""


async def llms(engine: Engine, request: Request) -> Response:
    """GET /llms.txt: public, and in English, like the Markdown that robots get."""
    about = (
        "> An OAuth 2.0 and OpenID Connect service and the Customer API for lift data that it protects. An access token "
        "names one customer; the API shows that customer's units and no others."
    )
    base = engine.settings.base_url
    lines = [
        f"# {engine.settings.brand} developer portal",
        "",
        about,
        "",
        "## Guides",
        "",
        *(f"- [{one.title}]({base}{one.href}.md): {one.summary}" for one in guides("en").values()),
        "",
        "## API reference",
        "",
        f"- [OpenAPI document]({base}/api/v1/openapi.json): everything below in one file",
        *(f"- [{one.summary}]({base}{one.href}.md): {one.method} {one.path}" for one in operations().values()),
        "",
    ]
    return PlainTextResponse("\n".join(lines), headers={"cache-control": "public, max-age=300"})


async def robots(engine: Engine, request: Request) -> Response:
    """GET /robots.txt: robots may read the documentation; everything else is for people, and for programs that somebody
    sent."""
    return PlainTextResponse(ROBOTS, headers={"cache-control": "public, max-age=300"})
