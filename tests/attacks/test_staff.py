"""Row 76: somebody of the operator's own people who sees or changes more than their role allows. Every page and every form of
the console is tried as each role, and every form of the portal while support acts for a customer."""

import re
from collections.abc import Mapping
from html.parser import HTMLParser

import pytest

from hoistway.protocol.roles import FLAGS, ROLES
from hoistway.routes import ROUTES
from hoistway.store.operators import set_flags
from tests.attacks.changes import CONSOLE, PORTAL, Case
from tests.attacks.overtaken import Room, differences, everything, restore, room, run
from tests.attacks.overtaking import ADAM, OLGA
from tests.attacks.test_overtaken import filled, furnished, given_factors
from tests.attacks.test_pool import THINGS
from tests.engines import ENGINES, EngineName, drop_database, fresh_database
from tests.portal.forms import fill, forms_of

MAY: Mapping[str, frozenset[str]] = {
    "operator": frozenset({"read", "change", "audit", "act_for"}),
    "support": frozenset({"read", "act_for"}),
    "auditor": frozenset({"read", "audit"}),
    # Works for the operator, and has no role.
    "employee": frozenset(),
    # Flags of other programs.
    "console": frozenset(),
}
OTHERWISE = {
    ("GET", "/console/audit"): "audit", ("GET", "/console/act-for"): "act_for", ("POST", "/console/act-for"): "act_for",
    ("POST", "/console/act-for/end"): "act_for",
    # Pages that have nothing to read, only a form.
    ("GET", "/console/{word}/new"): "change", ("GET", "/console/{word}/new/file"): "change",
    ("GET", "/console/customers/{id}/subscriptions/new"): "change",
    ("GET", "/console/customers/{id}/company-sign-in/new"): "change",
}  # fmt: skip
"""Everything else is read with "read" and sent with "change"."""
FOR_WHOMEVER = {"/portal/sign-out", "/portal/inspector"}
"""Forms that do the same for everybody, signed in or not."""
REASON = {"customer": "c-a", "reason": "They asked for help on the telephone."}


def act_of(method: str, route: str) -> str:
    return OTHERWISE.get((method, route), "read" if method == "GET" else "change")


async def become(here: Room, role: str) -> None:
    await here.write(lambda tx: set_flags(tx, OLGA, ("employee", role)))


HARMLESS = {*FOR_WHOMEVER, "/console/act-for/end"}
"""What support that acts for a customer may send: it changes nothing of the customer."""
SHOWN_ONCE = re.compile(r"\bhw[a-z]{1,2}_[A-Za-z0-9_-]{12,}")
"""Values that pages show once, where they are made; their first characters stay."""


class Sendable(HTMLParser):
    """The forms of a page that a browser would send: those with a button that is not switched off."""

    def __init__(self, here: str) -> None:
        super().__init__()
        self.here, self.action, self.off = here, "", list[bool]()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = dict(attrs)
        if tag == "form" and has.get("method") == "post":
            self.action = (has.get("action") or self.here).partition("#")[0]
        elif tag == "fieldset":
            self.off.append("disabled" in has)
        elif tag == "button" and has.get("type") != "button" and self.action and not any(self.off):
            self.found.add(self.action)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.action = ""
        elif tag == "fieldset":
            self.off.pop()


async def begin_to_act(here: Room) -> None:
    page = await here.http.get("/console/act-for")
    reply = await here.http.post(
        "/console/act-for", data=fill(page.text, "/console/act-for", "/console/act-for", REASON)
    )
    assert reply.status_code == 303


def test_every_role_is_tried() -> None:
    assert set(MAY) >= {*ROLES, *FLAGS}
    console = {route.path for route in ROUTES if route.path.startswith("/console") and "POST" in route.methods}
    assert {case.route for case in CONSOLE} == console


@pytest.mark.parametrize("engine", ENGINES)
def test_each_role_opens_its_pages_and_no_other(engine: EngineName) -> None:
    url = fresh_database(engine, furnished)
    pages = [route.path for route in ROUTES if route.path.startswith("/console") and "GET" in route.methods]

    async def work() -> None:
        async with room(url) as here:
            for path in pages:
                asked = THINGS.get(path, path)
                assert (await here.http.get(asked)).status_code == 303, f"{asked}: nobody is signed in"
            await here.sign_in(OLGA)
            for role, may in MAY.items():
                await become(here, role)
                before = await everything(here.other)
                for path in pages:
                    allowed = act_of("GET", path) in may
                    asked = THINGS.get(path, path)
                    reply = await here.http.get(asked)
                    assert reply.status_code == (200 if allowed else 403), (role, asked)
                    assert not allowed or "audit" in may or "/console/audit" not in reply.text, (role, asked)
                assert differences(before, await everything(here.other)) == {}, role

    try:
        run(work)
    finally:
        drop_database(url)


async def refused(here: Room, case: Case, role: str) -> str | None:
    """The form was shown to an operator, so that nothing is wrong with it but the role of whoever sends it."""
    await become(here, "operator")
    await here.sign_in(OLGA)
    if case.page == "/portal":
        await begin_to_act(here)
    await given_factors(here, case)
    form = await filled(here, case)
    await become(here, role)
    before = await everything(here.other)
    files = {word: (f"{word}.png", body) for word, body in case.files.items()} or None
    reply = await here.http.post(case.path, data=form, files=files)
    written = {table for table in differences(before, await everything(here.other)) if table != "kept_forms"}
    # Who loses the role acts for nobody any more, so that the form means something else before anybody looks at the role.
    refusals = {403, 409} if case.page == "/portal" else {403}
    return (
        None
        if reply.status_code in refusals and not written
        else f"{role}, {case.name}: {reply.status_code}, {written}"
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_a_form_is_sent_by_who_may_and_by_nobody_else(engine: EngineName) -> None:
    url = fresh_database(engine, furnished)

    async def work() -> None:
        async with room(url) as here:
            world, wrong = await everything(here.other), list[str | None]()
            for role, may in MAY.items():
                for case in CONSOLE:
                    if act_of("POST", case.route) not in may:
                        wrong.append(await refused(here, case, role))
                await here.write(lambda tx: restore(tx, world))
            assert [words for words in wrong if words] == []
            assert len(wrong) > 3 * len(CONSOLE), "support may begin and end to act, operators may all"

    try:
        run(work)
    finally:
        drop_database(url)


@pytest.mark.parametrize("engine", ENGINES)
def test_support_that_acts_sends_no_form_of_the_portal(engine: EngineName) -> None:
    url = fresh_database(engine, furnished)

    async def work() -> None:
        async with room(url) as here:
            await become(here, "support")
            await here.sign_in(OLGA)
            await begin_to_act(here)
            page = await here.http.get("/portal")
            (shown,) = [form.fields for form in forms_of(page.text, "/portal") if form.action == "/portal/sign-out"]
            before = await everything(here.other)
            for case in PORTAL:
                if case.route in FOR_WHOMEVER:
                    continue
                files = {word: (f"{word}.png", body) for word, body in case.files.items()} or None
                reply = await here.http.post(case.path, data={**shown, **case.form}, files=files)
                assert reply.status_code == 403, (case.name, reply.status_code)
            assert differences(before, await everything(here.other)).keys() <= {"kept_forms"}

    try:
        run(work)
    finally:
        drop_database(url)


@pytest.mark.parametrize("engine", ENGINES)
def test_support_that_acts_sees_what_administrators_see(engine: EngineName) -> None:
    """Every page of the portal, with no form that could be sent, and nothing that is shown once."""
    url = fresh_database(engine, furnished)
    routes = [route.path for route in ROUTES if route.path.startswith("/portal") and "GET" in route.methods]
    pages = sorted({THINGS.get(path, path) for path in routes})

    async def work() -> None:
        async with room(url) as here:
            await here.sign_in(ADAM)
            mine = {page: (await here.http.get(page)).status_code for page in pages}
            here.http.cookies.clear()
            await become(here, "support")
            await here.sign_in(OLGA)
            await begin_to_act(here)
            before, wrong = await everything(here.other), list[tuple[str, object]]()
            for page in pages:
                reply = await here.http.get(page)
                if reply.status_code != mine[page] or mine[page] not in {200, 302, 303}:
                    wrong.append((page, reply.status_code))
                if reply.headers.get("content-type", "").startswith("text/html"):
                    sent = Sendable(page)
                    sent.feed(reply.text)
                    wrong += [(page, action) for action in sent.found - HARMLESS]
                    wrong += [(page, value) for value in SHOWN_ONCE.findall(reply.text)]
            assert wrong == []
            assert differences(before, await everything(here.other)) == {}

    try:
        run(work)
    finally:
        drop_database(url)
