"""The hosted pages: values in, HTML with a strict Content Security Policy out (CSP Level 3, RFC 9700 §4.16)."""

import re
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from msgspec import Struct
from starlette.responses import HTMLResponse, Response

from hoistway.web.colours import shade
from hoistway.web.frame import Frame
from hoistway.web.picture import read_picture
from hoistway.web.policy import secure_headers
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.scope_words import scope_meaning
from hoistway.web.segments import segment
from hoistway.web.templates.factor_values import FactorPage
from hoistway.web.templates.filters import date, exact, fours, help_href, instant, iso, safe_href, say
from hoistway.web.templates.link_values import TEMPLATES, LinkPage
from hoistway.web.templates.times import ago
from hoistway.web.templates.values import (
    ChooseCustomer,
    ChooseError,
    Consent,
    CustomerChoice,
    ErrorPage,
    FormPost,
    Leaving,
    Page,
    ScopeLine,
    SignedOut,
    SignIn,
    SignInError,
    SignOut,
)
from hoistway.web.words import WORDS

__all__ = [
    "Brand",
    "ChooseCustomer",
    "ChooseError",
    "Consent",
    "CustomerChoice",
    "ErrorPage",
    "FormPost",
    "Leaving",
    "Pages",
    "ScopeLine",
    "SignIn",
    "SignInError",
    "SignOut",
    "SignedOut",
    "static_file",
]

MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
LOGO_WITHIN: Final = (120, 28)  # pixels of width and height in the head of a page
LIGHT, DARK = "#f7f7f5", "#1c1c1a"  # the surface of each theme against which the accent is hardest to read


class Brand(Struct, frozen=True):
    """The operator's name and looks. `accent` is `#rrggbb`, shaded until it is readable in both themes; `support` is an
    e-mail address or URL, `terms` a URL; `logo` are the bytes of a picture that `read_picture` accepts."""

    name: str = "Hoistway"
    accent: str = "#1f5fbf"
    support: str | None = None
    terms: str | None = None
    logo: bytes | None = None

    def __post_init__(self) -> None:
        if not re.fullmatch(r"#[0-9a-fA-F]{6}", self.accent):
            raise ValueError("accent: give a colour as #rrggbb")


class Logo(Struct, frozen=True):
    """The operator's picture with its size in pixels, so that the page does not move when the picture has loaded."""

    src: str
    width: int
    height: int


class Pages(Struct):
    """The Jinja environment, made once in each process by `load`. Every method returns a whole response. Only `rebrand`
    changes it."""

    environment: Environment
    brand: Brand
    brand_files: dict[str, tuple[bytes, str, str]]

    @classmethod
    def load(cls, brand: Brand, version: str) -> "Pages":
        environment = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, auto_reload=False,
        )  # fmt: skip
        filters: dict[str, Callable[..., object]] = {
            "href": safe_href,
            "host": lambda url: urlsplit(url).netloc or url,
            "help_href": help_href,
            "say": say,
            "meaning": scope_meaning,
            "iso": iso,
            "instant": instant,
            "exact": exact,
            "date": date,
            "fours": fours,
            "ago": ago,
            # Jinja's own filter leaves slashes as they are.
            "urlencode": lambda text: segment(str(text)),
            "in_query": quote,
        }
        environment.filters |= filters
        pages = cls(environment, brand, {})
        environment.globals |= {"version": version, "asset": pages.address}
        pages.rebrand(brand)
        return pages

    def rebrand(self, brand: Brand) -> None:
        """Applies from the next page on."""
        css = f":root{{--light-accent:{shade(brand.accent, LIGHT)};--dark-accent:{shade(brand.accent, DARK)}}}\n"
        files, logo = {"brand.css": asset("brand.css", css.encode())}, None
        self.brand, self.brand_files = brand, files
        if brand.logo is not None:
            picture = read_picture(brand.logo)
            files["brand-logo"] = (brand.logo, picture.media_type, digest(brand.logo))
            logo = Logo(self.address("brand-logo"), *picture.within(*LOGO_WITHIN))
        self.environment.globals |= {"brand": brand, "logo_of_brand": logo}

    def address(self, name: str) -> str:
        """The address of a static file, with a digest of its content. Raises KeyError for an unknown name."""
        found = self.brand_files.get(name) or STATIC[name]
        return f"/static/{name}?v={found[2].strip(chr(34))}"

    def static(self, name: str) -> tuple[bytes, str, str] | None:
        """Like `static_file`, plus the operator's `brand.css` and, where there is one, `brand-logo`."""
        return self.brand_files.get(name) or static_file(name)

    def sign_in(self, page: SignIn, status: int = 200) -> Response:
        reply = self._page("sign_in.html", page, status, form_action=_form_action(page.leads_out))
        return _paused(reply, page.wait_seconds)

    def factor(
        self, template: str, page: FactorPage, status: int, wait: int | None = None, leads_out: bool = False
    ) -> Response:
        """A page of second factors (web/templates/factor_values)."""
        return _paused(self._page(template, page, status, form_action=_form_action(leads_out)), wait)

    def choose_customer(self, page: ChooseCustomer) -> Response:
        return self._page("choose_customer.html", page, form_action=_form_action(page.leads_out))

    def consent(self, page: Consent) -> Response:
        return self._page("consent.html", page, form_action=_form_action(page.leads_out))

    def sign_out(self, page: SignOut) -> Response:
        return self._page("sign_out.html", page, form_action=_form_action(page.leads_out))

    def signed_out(self, page: SignedOut) -> Response:
        return self._page("signed_out.html", page)

    def form_post(self, page: FormPost) -> Response:
        """Raises ValueError for an action that is not a web address."""
        _check_web(page.action)
        return self._page("form_post.html", page, form_action=None, framed_by=page.frame_ancestors)

    def leaving(self, page: Leaving) -> Response:
        """Where there are fields to send, raises ValueError like `form_post`."""
        if page.fields:
            _check_web(page.href)
        return self._page("leaving.html", page, form_action=_form_action(bool(page.fields)))

    def link(self, page: LinkPage, status: int = 200) -> Response:
        return self._page(TEMPLATES[type(page)], page, status)

    def error(self, page: ErrorPage, status: int) -> Response:
        kinds = {401: "forbidden", 403: "forbidden", 404: "missing", 410: "missing", 429: "throttled"}
        kind = kinds.get(status, "server" if status >= 500 else "request")
        return self._page("error.html", page, status, kind=kind)

    def plain(self, template: str, page: Page, status: int = 200) -> Response:
        return self._page(template, page, status)

    def portal(
        self, template: str, frame: Frame, /, status: int = 200, framed_by: str | None = None, **values: object
    ) -> Response:
        """A page of the portal or console. Its template gets `frame`, the words as `t`, and `values`."""
        html = self.environment.get_template(template).render(frame=frame, t=PORTAL_WORDS[frame.lang], **values)
        headers = secure_headers("'self'", framed_by, connect=True) | {"Content-Language": frame.lang}
        return HTMLResponse(html, status, headers)

    def _page(
        self, template: str, page: Page | FactorPage | LinkPage, status: int = 200,
        form_action: str | None = "'self'", framed_by: str | None = None, kind: str = "",
    ) -> Response:  # fmt: skip
        html = self.environment.get_template(template).render(page=page, t=WORDS[page.lang], kind=kind)
        headers = secure_headers(form_action, framed_by) | {"Content-Language": page.lang}
        return HTMLResponse(html, status, headers)


def _paused(reply: Response, wait: int | None) -> Response:
    if wait is not None:
        reply.headers["Retry-After"] = str(wait)
    return reply


def _form_action(leads_out: bool) -> str | None:
    """Chromium applies it to every redirect after a form, even to those of an application, which nobody can list."""
    return None if leads_out else "'self'"


def _check_web(action: str) -> None:
    if urlsplit(action).scheme not in ("https", "http") or safe_href(action) is None:
        raise ValueError("form_post needs an http(s) redirect URI")


def asset(name: str, body: bytes) -> tuple[bytes, str, str]:
    return body, MEDIA_TYPES[Path(name).suffix], digest(body)


def digest(body: bytes) -> str:
    """An ETag (RFC 9110 section 8.8.3)."""
    return f'"{sha256(body).hexdigest()[:16]}"'


STATIC: Final = {
    file.name: asset(file.name, file.read_bytes()) for file in (Path(__file__).parent / "static").iterdir()
}


def static_file(name: str) -> tuple[bytes, str, str] | None:
    """Body, media type and ETag of a file of the static folder, all read at import; None for any other name."""
    return STATIC.get(name)
