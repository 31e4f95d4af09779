"""Logs of every kind, whole and broken: each line is a request, or says why it is none."""

import json
from pathlib import Path
from typing import Any

import pytest

from hoistway.replay.reading import read_log
from hoistway.replay.recorded import BadLog, Made, Recorded, Secret

NGINX = (
    '203.0.113.7 - - [28/Nov/2026:10:00:00 +0000] "GET /api/v1/units?limit=2 HTTP/1.1" 200 512 "-" "curl/8.5"\n'
    '203.0.113.7 - bob [28/Nov/2026:10:00:01 +0000] "POST /t/p/oauth2/v2.0/token HTTP/1.1" 200 99 "-" "x \\"y\\""\n'
    '203.0.113.7 - - [28/Nov/2026:10:00:02 +0000] "\\x16\\x03\\x01" 400 0 "-" "-"\n'
    '203.0.113.7 - - [28/Nov/2026:10:00:03 +0000] "GET /a b HTTP/1.1" 400 0 "-" "-"\n'
)


def read(tmp_path: Path, text: str | bytes, name: str = "log") -> list[tuple[int, Recorded | str]]:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(read_log(path))


def har(*entries: Any) -> str:
    return json.dumps({"log": {"version": "1.2", "entries": list(entries)}})


def entry(url: str = "https://old.example/api/v1/me", **request: Any) -> dict[str, Any]:
    return {"request": {"method": "GET", "url": url, "headers": [], **request}, "response": {"content": {"text": "{}"}}}


def test_an_access_log_of_nginx(tmp_path: Path) -> None:
    first, second, third, fourth = read(tmp_path, NGINX)
    assert first == (1, Recorded(1, "GET", None, "/api/v1/units?limit=2"))
    assert "no bodies" in str(second[1])
    assert "no whole request" in str(third[1])
    assert "no whole request" in str(fourth[1])


@pytest.mark.parametrize("wrap", [True, False])
def test_the_gateway_log_of_api_management(tmp_path: Path, wrap: bool) -> None:
    said = {"method": "GET", "url": "https://api.example.com/production/api/v1/units", "responseCode": 200}
    row = (
        {"category": "GatewayLogs", "properties": said}
        if wrap
        else {"Url": said["url"], "Method": "GET", "ApimSubscriptionId": "s"}
    )
    found = read(tmp_path, json.dumps(row) + "\n")
    assert found == [(1, Recorded(1, "GET", "api.example.com", "/production/api/v1/units"))]


def test_what_a_browser_recorded(tmp_path: Path) -> None:
    posted = {"mimeType": "application/x-www-form-urlencoded", "text": "grant_type=refresh_token&refresh_token=a%2Bb"}
    headers = [
        {"name": "Cookie", "value": "s=1"},
        {"name": "Authorization", "value": "Bearer x"},
        {"name": "Accept", "value": "a"},
    ]
    one, two = read(
        tmp_path,
        har(
            entry(),
            entry("https://u:p@Old.Example/t/p/oauth2/v2.0/token", method="POST", postData=posted, headers=headers),
        ),
    )
    assert one == (1, Recorded(1, "GET", "old.example", "/api/v1/me", answer=b"{}"))
    assert isinstance(two[1], Recorded)
    assert two[1].host == "old.example"
    assert two[1].headers == (("authorization", "Bearer x"), ("accept", "a"))
    assert two[1].body == b"grant_type=refresh_token&refresh_token=a%2Bb"


def test_requests_that_a_person_wrote_down(tmp_path: Path) -> None:
    lines = [
        {"method": "POST", "url": "/oauth2/token", "form": {"password": {"secret": "pw"}, "x": "y"}, "name": "first"},
        {
            "method": "GET",
            "url": "/api/v1/me",
            "headers": {"Authorization": {"from": "first", "member": "access_token"}},
        },
        {"method": "PUT", "url": "/api/v1/me", "json": {"a": 1}},
    ]
    first, second, third = (found for _, found in read(tmp_path, "\n".join(map(json.dumps, lines)) + "\n"))
    assert isinstance(first, Recorded)
    assert first.form == (("password", Secret("pw")), ("x", "y"))
    assert first.named == "first"
    assert isinstance(second, Recorded)
    assert second.headers == (("authorization", Made("first", "access_token")),)
    assert isinstance(third, Recorded)
    assert (third.body, third.headers) == (b'{"a":1}', (("content-type", "application/json"),))


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"method": "GET"}, "url"),
        ({"method": "get", "url": "/"}, "no HTTP method"),
        ({"method": "GET", "url": "https://elsewhere.example/"}, "no request line"),
        ({"method": "GET", "url": "/a\r\nX: y"}, "no request line"),
        ({"method": "GET", "url": "/", "headers": {"Host": "x"}}, "the header host"),
        ({"method": "GET", "url": "/", "headers": {"X": "a\r\nY: b"}}, "can't carry"),
        ({"method": "GET", "url": "/", "headers": {"X Y": "a"}}, "can't carry"),
        ({"method": "POST", "url": "/", "form": {}, "json": {}}, "leave one out"),
        ({"method": "POST", "url": "/", "form": {"a": 1}}, "neither a text nor"),
        ({"method": "POST", "url": "/", "form": {"a": {"from": "x", "member": "password"}}}, "neither a text nor"),
        ({"method": "GET", "url": "/", "cookies": {}}, "cookies"),
    ],
)
def test_a_written_line_that_says_something_else(tmp_path: Path, row: dict[str, Any], why: str) -> None:
    ((line, found),) = read(tmp_path, json.dumps(row) + "\n")
    assert line == 1
    assert why in str(found)


@pytest.mark.parametrize(
    ("text", "name", "why"),
    [
        ("hello\n", "log", "line 1 is none of what is read"),
        ('{"a": 1\n', "log", "line 1 is none of what is read"),
        ('{"log": {"entries": [', "x.har", "cut off"),
        ('{"log": {}}', "x.har", "log.entries is missing"),
        ('{"log": {"entries": 3}}', "x.har", "no list"),
        ("[" * 100_000, "x.har", "cut off"),
        ("\ufeffhello".encode("utf-16"), "log", "UTF-16"),
    ],
)
def test_a_log_that_is_none(tmp_path: Path, text: str | bytes, name: str, why: str) -> None:
    with pytest.raises(BadLog, match=why):
        read(tmp_path, text, name)


def test_a_missing_log(tmp_path: Path) -> None:
    with pytest.raises(BadLog, match="No such file"):
        list(read_log(tmp_path / "none"))


def test_a_line_without_end(tmp_path: Path) -> None:
    with pytest.raises(BadLog, match="more than 4 MB"):
        read(tmp_path, NGINX.splitlines()[0] + "\n" + "x" * (5 * 1024 * 1024))


def test_one_broken_line_loses_no_other(tmp_path: Path) -> None:
    lines = NGINX.splitlines()
    found = read(tmp_path, f"{lines[0]}\n{{cut\n{lines[0]}\n")
    assert [isinstance(one, Recorded) for _, one in found] == [True, False, True]


@pytest.mark.parametrize(
    "broken",
    [
        None,
        3,
        {},
        {"request": []},
        {"request": {"method": "GET"}},
        entry("ftp://x/"),
        entry("https:///x"),
        entry("https://["),
        entry(method=7),
    ],
)
def test_a_broken_entry_of_a_har(tmp_path: Path, broken: Any) -> None:
    found = read(tmp_path, har(broken, entry()), "x.har")
    assert [isinstance(one, Recorded) for _, one in found] == [False, True]
