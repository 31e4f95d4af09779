"""Files of things: shown before anything is written, carried out as they were shown, whole or not at all."""

import json
import re
from html import unescape

import httpx2
import pytest

from hoistway.protocol.ids import CustomerId, SiteId
from hoistway.store.change_row import change_row
from hoistway.store.customers import find_customer
from hoistway.store.sites import find_site
from hoistway.store.users import find_user_by_name
from hoistway.things.files import LARGEST, MOST_ROWS, BadFile, packed, rows_of, text_of, unpacked
from tests.console.test_console import events
from tests.portal.asking import operator, said
from tests.portal.signing_in import Visitor
from tests.server import Served, change
from tests.store.test_schema import on

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
    return olga.http.post(f"/console/{word}/new/file", data=form)


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
    assert olga.get("/console/accounts/new/file").status_code == 404


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
        (b'id,name\na,"b\n', "file_quotes", 2),
        (b"id,name\n" + b"a,b\n" * (MOST_ROWS + 1), "file_rows", MOST_ROWS + 2),
        (b"id,name\na," + b"b" * 4001 + b"\n", "file_cell", 2),
    ],
)
def test_files_that_can_not_be_read(body: bytes, because: str, line: int) -> None:
    with pytest.raises(BadFile) as caught:
        rows_of(text_of(body), COLUMNS)
    assert (caught.value.misfit.because, caught.value.line) == (because, line)


def test_a_field_of_the_form_unpacks_to_no_more_than_a_file() -> None:
    assert unpacked(packed("id,name\r\n")) == "id,name\r\n"
    for bad in ("", "A", "AAAA", packed("x" * (LARGEST + 4))):
        with pytest.raises(BadFile):
            unpacked(bad)


def test_a_text_with_commas_line_breaks_and_a_mark_in_front_is_read() -> None:
    (row,) = rows_of(text_of('\ufeffid,name,street\r\n1,"Haus ""A"", Nord","Weg 1\r\nHof"\r\n'.encode()), COLUMNS)
    assert row.cells == {"id": "1", "name": 'Haus "A", Nord', "street": "Weg 1\nHof"}
