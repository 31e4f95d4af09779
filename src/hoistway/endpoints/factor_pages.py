"""The pages of the second step and of the first enrolment, filled from an unfinished sign-in."""

from urllib.parse import urlencode

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from hoistway.authn.factors import enrolment_uri, new_secret, picture_of
from hoistway.endpoints.back import read_back
from hoistway.endpoints.browser import Browser
from hoistway.endpoints.ceremonies import ask_second, ask_to_make
from hoistway.endpoints.flow import Flow
from hoistway.endpoints.flow_pages import lang_of
from hoistway.endpoints.page_refusals import is_own
from hoistway.engine import Engine
from hoistway.protocol.params import Params
from hoistway.store.one_time_codes import find_one_time_codes
from hoistway.store.passkeys import passkeys_of
from hoistway.store.users import User
from hoistway.web.sealed import browser_digest, seal
from hoistway.web.templates.factor_values import Enrol, RecoveryCodes, SecondStep
from hoistway.web.unfinished import Enrolment, Unfinished


class Step(Struct, frozen=True):
    """One request for a page of an unfinished sign-in, or its form. `flow` is the application's request where one sent
    the person; `shown` is False for a form that was not shown here."""

    engine: Engine
    request: Request
    browser: Browser
    flow: Flow | None
    unfinished: Unfinished
    user: User
    shown: bool


def _query(step: Step, **more: str) -> str:
    back = read_back(step.request)
    asked = {**({"next": back} if back else {}), **more}
    return f"?{urlencode(asked)}" if asked else ""


def _ticket(step: Step) -> str | None:
    return None if step.flow is None else seal(step.engine.cookie_secret, step.flow.ticket)


def _here(step: Step, path: str, ticket: str | None) -> str:
    address = path + (_query(step) if ticket is None else f"?{urlencode({'ticket': ticket})}")
    return address if is_own(address) else ""


def _application(step: Step) -> str | None:
    return None if step.flow is None else step.flow.destination.client.name


def needs_user(unfinished: Unfinished) -> bool:
    """Whether a passkey must verify its user: a touch shows no more than another factor that was proved."""
    return unfinished.least > 2 or unfinished.wants_password


async def second_page(step: Step, params: Params, error: str | None, wait: int | None = None) -> Response:
    """`error` is a key of the words of factors, without their prefix."""
    engine, user, path = step.engine, step.user, "/sign-in/second"
    keys = [key.id for key in await passkeys_of(engine.db, user.id)]
    has_codes = await find_one_time_codes(engine.db, user.id) is not None
    unfinished = step.unfinished
    codes = unfinished.least < 3 and has_codes and not unfinished.wants_password
    password = unfinished.wants_password or (unfinished.own and not has_codes and not keys)
    form = ask_second(engine, step.browser, user, keys, path + _query(step), verified=needs_user(unfinished))
    with_recovery = params.get("with") == "recovery" or params.get("recovery") is not None
    recovery = unfinished.least < 3 and not unfinished.wants_password and with_recovery
    ticket = _ticket(step)
    other = {"with": "code" if recovery else "recovery", **({} if ticket is None else {"ticket": ticket})}
    page = SecondStep(
        action=path + _query(step), ticket=ticket, csrf=step.browser.csrf, lang=lang_of(step.request, step.flow),
        person=user.name, codes=codes, recovery=recovery, passkey=form, other_href=path + _query(step, **other),
        error=error, wait_seconds=wait, application=_application(step), leads_out=step.flow is not None,
        here=_here(step, path, ticket), own=unfinished.own, password=password, username=user.username,
    )  # fmt: skip
    status = {None: 200, "throttled": 429}.get(error, 400)
    return engine.pages.factor("second_step.html", page, status, wait=wait, leads_out=page.leads_out)


async def enrol_page(step: Step, error: str | None, secret: str | None = None) -> Response:
    """Shows the secret that was shown before where the code for it was wrong."""
    engine, user, path = step.engine, step.user, "/sign-in/enrol"
    secret = secret or new_secret()
    enrolment = Enrolment(browser=browser_digest(step.browser.id), made_at=engine.now(), person=user.id, secret=secret)
    brand = engine.pages.brand.name
    form = ask_to_make(engine, step.browser, user, [], path + _query(step))
    ticket = _ticket(step)
    page = Enrol(
        action=path + _query(step), ticket=ticket, csrf=step.browser.csrf, lang=lang_of(step.request, step.flow),
        person=user.name, secret=secret, picture=picture_of(enrolment_uri(secret, user.username, brand)),
        enrolment=seal(engine.cookie_secret, enrolment), passkey=form, error=error, application=_application(step),
        leads_out=step.flow is not None, here=_here(step, path, ticket),
    )  # fmt: skip
    return engine.pages.factor("enrol.html", page, 200 if error is None else 400, leads_out=page.leads_out)


def recovery_page(step: Step, codes: tuple[str, ...], href: str) -> Response:
    """Shown once, with the way on."""
    page = RecoveryCodes(lang_of(step.request, step.flow), codes, href)
    return step.engine.pages.factor("recovery_codes.html", page, 200)
