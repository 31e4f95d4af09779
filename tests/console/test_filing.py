"""Files of things: shown before anything is written, carried out as they were shown, whole or not at all."""

import json
import re
from html import unescape

import httpx2
import pytest

from hoistway.accounts.technical import passwords_of
from hoistway.protocol.flows import flows_of
from hoistway.protocol.ids import ClientId, CustomerId, SiteId
from hoistway.store.change_row import change_row
from hoistway.store.client_secrets import secrets_of
from hoistway.store.clients import Client, find_client
from hoistway.store.customers import find_customer
from hoistway.store.service_accounts import ServiceAccount, find_service_account_by_name
from hoistway.store.sites import find_site
from hoistway.store.users import find_user_by_name
from hoistway.things.files import LARGEST, MOST_ROWS, BadFile, packed, rows_of, text_of, unpacked
from tests.attacks.asking import password
from tests.console.test_console import events
from tests.portal.asking import operator, said
from tests.portal.signing_in import Visitor
from tests.server import Served, change
from tests.store.test_schema import on
from tests.world import PASSWORD

COLUMNS = ("id", "name", "street", "postal_code", "city", "country")


def shown(olga: Visitor, word: str, text: str | bytes) -> httpx2.Response:
    page = f"/console/{word}/new/file"
    body = text.encode() if isinstance(text, str) else text
    return olga.http.post(page, data={"csrf": olga.token(page)}, files={"file": ("things.csv", body)})


def apply(olga: Visitor, word: str, preview: httpx2.Response, **changes: str) -> httpx2.Response:
    fields = dict(
        re.findall(r'name="(csrf|file_token)" value="([^"]+)"', preview.text[preview.text.index('id="main"') :])
    )
    form = {name: unescape(value) for name, value in fields.items()} | changes
    # As browsers send it: each field is a part without the name of a file.
    parts = {name: (None, value) for name, value in form.items()}
    return olga.http.post(f"/console/{word}/new/file", files=parts)


def told(reply: httpx2.Response) -> str:
    return said(reply.text).replace(" :", ":")


def site(served: Served, site_id: str) -> object:
    return on(served.database, lambda db: find_site(db, SiteId(site_id)))


def test_a_file_is_shown_first_and_then_written_as_it_was_shown(served: Served) -> None:
    olga = operator(served)
    assert "/console/sites/new/file" in olga.get("/console/sites").text
    text = "id;name;city\ns-f1;First;Bonn\nc-a-s2;Renamed;\n\nc-a-s1;House 1 of c-a;\n"
    preview = shown(olga, "sites", text)
    assert preview.status_code == 200, said(preview.text)
    page = said(preview.text)
    assert re.search(r"New 1 .*Changed 1 .*Stays 1 ", page), page
    assert site(served, "s-f1") is None
    done = apply(olga, "sites", preview)
    assert done.headers["location"] == "/console/sites?notice=notice_filed", said(done.text)
    made, renamed = site(served, "s-f1"), site(served, "c-a-s2")
    assert (made.name, made.city) == ("First", "Bonn")  # type: ignore[attr-defined]
    assert renamed.name == "Renamed"  # type: ignore[attr-defined]
    entries = [json.loads(one) for one in events(served, "site.changed")]
    assert {(one["id"], one["from_file"]) for one in entries if "from_file" in one} == {("s-f1", 2), ("c-a-s2", 3)}
    again = apply(olga, "sites", preview)
    assert again.status_code == 303, "the same form sent again leads to what it did"
    assert len(events(served, "site.changed")) == len(entries)


def test_what_changed_since_the_preview_stops_all_of_it(served: Served) -> None:
    olga = operator(served)
    preview = shown(olga, "customers", "id,name\nc-f1,New one\nc-b,Customer of the file\n")

    async def meanwhile(tx: object) -> None:
        await change_row(tx, "customers", "c-b", {"name": "Renamed meanwhile"})  # type: ignore[arg-type]

    change(served.database, meanwhile)
    assert apply(olga, "customers", preview).status_code == 409
    assert on(served.database, lambda db: find_customer(db, CustomerId("c-f1"))) is None


def test_another_file_than_the_one_shown_is_not_written(served: Served) -> None:
    olga = operator(served)
    preview = shown(olga, "sites", "id,name\ns-f2,Shown\n")
    assert apply(olga, "sites", preview, file_token=packed("id,name\ns-f3,Slipped in\n")).status_code == 409
    assert apply(olga, "sites", preview, file_token="x" * 100).status_code == 422
    assert site(served, "s-f3") is None
    assert site(served, "s-f2") is None


def test_what_is_wrong_is_said_by_line_and_column(served: Served) -> None:
    olga = operator(served)
    text = "id,name,country\ns-f4,Good,DE\ns-f5,Bad,GERMANY\ns-f4,Twice,\n,No id,\n"
    refused = shown(olga, "sites", text)
    page = told(refused)
    assert refused.status_code == 422
    for words in ("Line 3, country: Give the two letters", "Line 4, id: The same one stands in line 2", "Line 5, id: "):
        assert words in page, page
    assert site(served, "s-f4") is None
    for word, odd in (("sites", "id,name\nx\0y,z\n"), ("units", "id,site_id,customer_id\nU,c-a-s1,c-\0b\n")):
        assert shown(olga, word, odd).status_code == 422
    assert "Zeile 1, " in said(shown(Visitor(served.url, "de").sign_in("olga"), "sites", "id,nmae\nx,y\n").text)


def test_units_and_people_come_from_files(served: Served) -> None:
    olga = operator(served)
    units = "id,site_id,customer_id,car_type,capacity_kg\nUS-f1,c-a-s1,c-b,panorama,630\nUS-c-a-11,,,,1000\n"
    preview = shown(olga, "units", units)
    assert preview.status_code == 200, said(preview.text)
    assert apply(olga, "units", preview).status_code == 303
    page = said(olga.get("/console/units/US-f1").text)
    assert "630 kg" in page
    assert 'value="panorama"' in olga.get("/console/units/US-f1").text
    wrong = shown(olga, "units", "id,site_id,customer_id\nUS-f2,nowhere,c-b\nUS-f3,c-a-s1,c-none\n")
    assert "Line 2, site_id: There is no site nowhere" in told(wrong)
    assert "Line 3, customer_id: There is no customer c-none" in told(wrong)
    people = "username,name,customer\nfile@example.com,From a file,c-a\nann@example.com,Nobody,c-b\n"
    preview = shown(olga, "users", people)
    assert apply(olga, "users", preview).status_code == 303
    made = on(served.database, lambda db: find_user_by_name(db, "file@example.com"))
    ann = on(served.database, lambda db: find_user_by_name(db, "ann@example.com"))
    assert made is not None
    assert made.emails == ("file@example.com",)
    assert ann is not None
    assert ann.name == "Ann", "who is there stays"
    assert olga.get("/console/apis/new/file").status_code == 404


def account(served: Served, username: str) -> ServiceAccount:
    row = on(served.database, lambda db: find_service_account_by_name(db, username))
    assert row is not None
    return row


def test_the_page_names_the_columns_with_their_values_and_takes_the_names_of_the_command(served: Served) -> None:
    olga = operator(served)
    page = said(olga.get("/console/units/new/file").text)
    assert re.search(
        r"\bid site_id customer_id role \(optional\): owner , manager \(without it owner \)", page.replace(" :", ":")
    ), page
    head = "unit_id,site_id,customer_id\n"
    assert shown(olga, "units", f"{head}US-of-command,c-a-s1,c-a\n").status_code == 200
    assert shown(olga, "units", f"id,{head}US-1,US-2,c-a-s1,c-a\n").status_code == 422, "which of the two?"
    assert shown(olga, "users", "user_id,username\nx,x@example.com\n").status_code == 422
    olga.close()


def test_technical_accounts_come_from_files_without_passwords(served: Served) -> None:
    olga = operator(served)
    assert "/console/accounts/new/file" in olga.get("/console/accounts").text
    for odd in ("password", "password_digest", "addresses", "id"):
        assert f"There is no column {odd}" in told(shown(olga, "accounts", f"username,customer,{odd}\nx,c-a,y\n"))
    preview = shown(olga, "accounts", "username;name;customer\nnight.file;Night run;c-a\nday.file;;c-b\n")
    assert re.search(r"New 2 .*Changed 0 .*Stays 0 ", said(preview.text))
    assert apply(olga, "accounts", preview).status_code == 303
    row = account(served, "night.file")
    assert (row.name, row.customer_id, passwords_of(row, row.created_at)) == ("Night run", "c-a", [])
    made = [json.loads(one) for one in events(served, "service_account.added")]
    assert {(one["id"], one["from_file"]) for one in made if "from_file" in one} >= {(row.id, 2)}
    for guess in ("", PASSWORD, "hoistway2"):
        assert password(served, "night.file", guess).status_code == 400
    assert "Password None yet, or all have ended" in said(olga.get(f"/console/accounts/{row.id}").text)
    page = f"/console/accounts/{row.id}/password"
    olga.get(page)
    handed = olga.post(page, do="hand_over", confirm="night.file")
    (fresh,) = re.findall(r"<code[^>]*>([\w-]{20,})</code>", handed.text)
    assert password(served, "night.file", fresh).status_code == 200
    assert "None yet" not in said(olga.get(f"/console/accounts/{row.id}").text)


def test_of_known_technical_accounts_the_name_alone_is_changed(served: Served) -> None:
    olga = operator(served)
    assert apply(olga, "accounts", shown(olga, "accounts", "username,customer\nknown.file,c-a\n")).status_code == 303
    before = account(served, "known.file")
    preview = shown(olga, "accounts", "username,name,customer\nKNOWN.file,Renamed,c-a\nknown.other,,c-b\n")
    assert re.search(r"New 1 .*Changed 1 ", said(preview.text)), said(preview.text)
    assert apply(olga, "accounts", preview).status_code == 303
    after = account(served, "known.file")
    assert (after.name, after.password_digest, after.password_expires_at) == (
        "Renamed", before.password_digest, before.password_expires_at,
    )  # fmt: skip
    entries = [json.loads(one) for one in events(served, "service_account.changed")]
    assert [(one["before"], one["after"]) for one in entries if one["id"] == before.id] == [
        ({"name": "known.file"}, {"name": "Renamed"})
    ]
    moved = shown(olga, "accounts", "username,customer\nknown.file,c-b\n")
    assert "Line 2, customer: A file can't change this: it is c-a." in told(moved)
    of_application = shown(olga, "accounts", "username,customer\napp-x,c-a\n")
    assert "Line 2, username: " in told(of_application)


def application(served: Served, client_id: str) -> Client:
    row = on(served.database, lambda db: find_client(db, ClientId(client_id)))
    assert row is not None
    return row


HEAD = "id;name;type;customer;redirect_uris;scopes;exceptions\n"


def test_applications_come_from_files_without_secrets_and_a_file_again_changes_nothing(served: Served) -> None:
    olga = operator(served)
    text = (
        f"{HEAD}web-f;Web;web;c-a;https://web.example/cb https://web.example/two;units.read openid;\n"
        "spa-f;Page;single-page;;https://spa.example/cb;;\n"
    )
    preview = shown(olga, "applications", text)
    assert preview.status_code == 200, said(preview.text)
    assert apply(olga, "applications", preview).status_code == 303
    web = application(served, "web-f")
    assert (web.redirect_uris, web.scopes, web.consent, web.customer_id) == (
        ("https://web.example/cb", "https://web.example/two"), ("units.read", "openid"), "asked", "c-a",
    )  # fmt: skip
    assert on(served.database, lambda db: secrets_of(db, ClientId("web-f"))) == []
    again = shown(olga, "applications", text)
    assert re.search(r"New 0 .*Changed 0 .*Stays 2 ", said(again.text)), said(again.text)
    flows = " ".join(reversed(flows_of(web.grants, web.response_types)))
    assert " " in flows
    turned = shown(olga, "applications", f"id,name,scopes,flows\nweb-f,Web,openid units.read,{flows}\n")
    assert re.search(r"New 0 .*Changed 0 .*Stays 1 ", said(turned.text)), said(turned.text)
    shorter = shown(olga, "applications", "id,name,redirect_uris\nweb-f,Web two,https://web.example/two\n")
    assert apply(olga, "applications", shorter).status_code == 303
    web = application(served, "web-f")
    assert (web.name, web.redirect_uris, web.scopes) == (
        "Web two", ("https://web.example/two",), ("units.read", "openid"),
    )  # fmt: skip
    entries = [json.loads(one) for one in events(served, "application.changed")]
    mine = [one for one in entries if one["id"] == "web-f"]
    assert sorted((sorted(one["after"]), one["from_file"]) for one in mine) == [(["name"], 2), (["redirect_uris"], 2)]


@pytest.mark.parametrize(
    ("row", "because"),
    [
        ("x;X;web;;https://x.example/cb;;", "Line 2, customer: An application that has a secret but no customer"),
        (";X;web;c-a;;;", "Line 2, id: "),
        ("x;X;web;c-a;http://x.example/cb;;", "Line 2, redirect_uris: "),
        ("x;X;web;c-a;;doors.open;", "Line 2, scopes: "),
        ("x;X;web;c-a;;;password", "Line 2, exceptions: "),
        ("x;X;web;c-a;;;password 2099-01-01", "Line 2, exceptions: "),
        ("x;X;web;c-a;;;password for the gateway", "Line 2, exceptions: "),
        ("x;X;web;c-a;;;password 2020-01-01 the old gateway", "Line 2, exceptions: "),
        ("x;X;web;c-a;;;implicit never because", "Line 2, exceptions: "),
        ("ropc;Else;web;;;;", "Line 2, type: A file can't change this"),
    ],
)
def test_a_flow_needs_an_end_and_a_reason_and_other_rules_of_the_page_hold(
    served: Served, row: str, because: str
) -> None:
    refused = shown(operator(served), "applications", f"{HEAD}{row}\n")
    assert refused.status_code == 422
    assert because in told(refused), told(refused)
    assert on(served.database, lambda db: find_client(db, ClientId("x"))) is None


def test_a_daemon_s_account_is_named_by_its_user_name(served: Served) -> None:
    olga = operator(served)
    assert (
        apply(olga, "accounts", shown(olga, "accounts", "username,customer\nd1.file,c-a\nd2.file,c-a\n")).status_code
        == 303
    )
    text = "id,name,type,customer,account\nd-f,Daemon,daemon,c-a,{}\n"
    assert apply(olga, "applications", shown(olga, "applications", text.format("d1.file"))).status_code == 303
    assert application(served, "d-f").service_account_id == account(served, "d1.file").id
    assert re.search(r"Stays 1 ", said(shown(olga, "applications", text.format("d1.file")).text))
    assert apply(olga, "applications", shown(olga, "applications", text.format("d2.file"))).status_code == 303
    assert application(served, "d-f").service_account_id == account(served, "d2.file").id
    assert "Line 2, account: There is no technical account d3" in told(shown(olga, "applications", text.format("d3")))


def test_a_flow_with_an_end_and_a_reason_is_given_and_told(served: Served) -> None:
    olga = operator(served)
    text = f'{HEAD}old-f;Old;web;c-a;;;"password 2099-01-01 the old gateway\nimplicit 2099-02-01 the old page"\n'
    assert apply(olga, "applications", shown(olga, "applications", text)).status_code == 303
    old = application(served, "old-f")
    assert [(one.kind, one.reason) for one in old.exceptions] == [
        ("password", "the old gateway"), ("implicit", "the old page"),
    ]  # fmt: skip
    assert "password" in old.grants
    granted = [json.loads(one) for one in events(served, "application.exception_granted")]
    assert [one["from_file"] for one in granted if one["id"] == "old-f"] == [2]
    assert re.search(r"Stays 1 ", said(shown(olga, "applications", text).text))


@pytest.mark.parametrize(("said_yes", "stored"), [("yes", "yes"), ("TRUE", "yes"), ("False", "no"), ("no", "no")])
def test_yes_and_no_are_shown_as_they_are_stored(served: Served, said_yes: str, stored: str) -> None:
    olga, name = operator(served), f"told-{said_yes}"
    head = "id,name,type,customer,redirect_uris,backchannel_logout_session_required\n"
    text = f"{head}{name},Told,web,c-a,https://told.example/cb,{said_yes}\n"
    preview = shown(olga, "applications", text)
    assert f"backchannel_logout_session_required: {stored}" in told(preview), told(preview)
    assert apply(olga, "applications", preview).status_code == 303
    assert bool(application(served, name).backchannel_logout_session_required) is (stored == "yes")
    assert re.search(r"Stays 1 ", said(shown(olga, "applications", text).text))


@pytest.mark.parametrize("word", ["WAHR", "ja", "1", "quatsch"])
def test_what_is_neither_yes_nor_no_is_refused_for_new_and_for_known_ones(served: Served, word: str) -> None:
    head, page = "id,name,type,customer,backchannel_logout_session_required\n", operator(served)
    for client_id in ("never-made", "ropc"):
        refused = shown(page, "applications", f"{head}{client_id},Ropc,,,{word}\n")
        assert refused.status_code == 422
        because = f"Line 2, backchannel_logout_session_required: {word} is none of yes, no, true, false."
        assert because in told(refused), told(refused)


@pytest.mark.parametrize(
    ("column", "number"),
    [("capacity_kg", "1.000"), ("capacity_kg", "1e3"), ("capacity_kg", "2.0"), ("contract_speed_mps", "1e0"), ("contract_speed_mps", "1,6")],
)  # fmt: skip
def test_a_number_that_may_mean_two_things_is_refused_for_new_and_for_known_ones(
    served: Served, column: str, number: str
) -> None:
    olga = operator(served)
    for unit in ("US-never", "US-c-a-11"):
        refused = shown(olga, "units", f"id;site_id;customer_id;{column}\n{unit};c-a-s1;c-a;{number}\n")
        assert refused.status_code == 422
        assert f"Line 2, {column}: Give a " in told(refused), told(refused)


def test_a_number_is_shown_as_it_is_stored(served: Served) -> None:
    preview = shown(operator(served), "units", "id;site_id;customer_id;contract_speed_mps\nUS-num;c-a-s1;c-a;1.50\n")
    assert "contract_speed_mps: 1.5 " in f"{told(preview)} ", told(preview)


@pytest.mark.parametrize(
    ("body", "because", "line"),
    [
        (b"", "file_none", 0),
        (b"x" * (LARGEST + 1), "file_large", 0),
        (b"id,name\na,\xff\n", "file_utf8", 2),
        (b"id,name\n", "file_empty", 1),
        (b"id,id\na,b\n", "file_twice", 1),
        (b"id,password\na,b\n", "file_column", 1),
        (b"id,name\na,b,c\n", "file_width", 2),
        (b"id,name,street\na,b,c\nd,e", "file_narrow", 3),
        (b"\n;;\r\nid;name\na\n", "file_narrow", 4),
        ("id,name\na,b\n".encode("utf-16"), "file_utf16", 0),
        (b'id,name\na,"b\n', "file_quotes", 2),
        (b'id,name\na,b\na,"b\n' + b"a,b\n" * 9, "file_quotes", 3),
        (b'id,name\na,b\na,"b\n' + b'a,"b"\n' * 9, "file_quotes", 3),
        (b'id,"name\na,b\n', "file_quotes", 1),
        (b"id;;name\na;b;c\n", "file_nameless", 1),
        (b"name\nb\n", "file_missing", 1),
        (b"PK\x03\x04\x14\x00\x06\x00", "file_workbook", 0),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "file_workbook", 0),
        (b"id,name\n" + b"a,b\n" * (MOST_ROWS + 1), "file_rows", MOST_ROWS + 2),
        (b"id,name\na," + b"b" * 4001 + b"\n", "file_cell", 2),
    ],
)
def test_files_that_can_not_be_read(body: bytes, because: str, line: int) -> None:
    with pytest.raises(BadFile) as caught:
        rows_of(text_of(body), COLUMNS, key="id")
    assert (caught.value.misfit.because, caught.value.line) == (because, line)


@pytest.mark.parametrize(
    ("size", "because"), [(520, "The file is larger than 512 KiB"), (700, "The body is larger than 576 KiB")]
)
def test_a_file_that_is_too_large_hears_the_limit_that_holds_here(served: Served, size: int, because: str) -> None:
    refused = shown(operator(served), "sites", b"x" * size * 1024)
    assert refused.status_code == 413
    assert because in said(refused.text), said(refused.text)


def test_empty_cells_behind_the_last_column_are_nothing() -> None:
    assert [row.cells for row in rows_of("id;name\na;b;;\nc; ; ;\n", COLUMNS)] == [
        {"id": "a", "name": "b"},
        {"id": "c"},
    ]


def test_a_field_of_the_form_unpacks_to_no_more_than_a_file() -> None:
    assert unpacked(packed("id,name\r\n")) == "id,name\r\n"
    for bad in ("", "A", "AAAA", packed("x" * (LARGEST + 4))):
        with pytest.raises(BadFile):
            unpacked(bad)


def test_a_text_with_commas_line_breaks_and_a_mark_in_front_is_read() -> None:
    (row,) = rows_of(text_of('\ufeffid,name,street\r\n1,"Haus ""A"", Nord","Weg 1\r\nHof"\r\n'.encode()), COLUMNS)
    assert row.cells == {"id": "1", "name": 'Haus "A", Nord', "street": "Weg 1\nHof"}
