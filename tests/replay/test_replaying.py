"""The command against two real servers: what goes along, what is left out, what differs, how it ends."""

import contextlib
import io
import json
import os
import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hoistway.commands.replay import note_differences, say_groups
from hoistway.protocol.ids import ClientId
from hoistway.replay.differing import Difference
from hoistway.replay.grouping import Groups
from hoistway.store.clients import find_client, put_client
from hoistway.store.db import Writer
from tests.cli.running import answer, run
from tests.engines import ENGINES, drop_database, fresh_database
from tests.server import Served, change, populate, serving
from tests.world import API_URI, PASSWORD, TENANT_NAME

TOKEN = f"/{TENANT_NAME}/B2C_1_ROPC/oauth2/v2.0/token"
FORM = {
    "grant_type": "password",
    "username": "daemon-a",
    "client_id": "ropc",
    "scope": f"openid ropc offline_access {API_URI}",
}


@pytest.fixture(scope="module", params=ENGINES)
def sides(request: pytest.FixtureRequest) -> Iterator[tuple[Served, Served]]:
    databases = [fresh_database(request.param, populate) for _ in range(2)]
    with serving(databases[0], cache_seconds=0) as old, serving(databases[1], cache_seconds=0) as new:
        yield old, new
    for one in databases:
        drop_database(one)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REPLAY_PASSWORD", PASSWORD)
    path = tmp_path / "replay.yaml"
    path.write_text(f"""
secrets: {{daemon: env:REPLAY_PASSWORD}}
programs:
  - name: daemon
    token: {TOKEN}
    form: {{grant_type: password, username: daemon-a, password: {{secret: daemon}}, client_id: ropc, scope: "{API_URI}"}}
    paths: [/api/]
fill:
  - {{field: password, where: {{username: daemon-a}}, secret: daemon}}
""")
    return path


def written(tmp_path: Path, *lines: Any) -> Path:
    path = tmp_path / "log.ndjson"
    path.write_text("".join(json.dumps(one) + "\n" for one in lines))
    return path


def replayed(log: Path, sides: tuple[Served, Served], *words: str | Path, code: int = 0) -> Any:
    old, new = sides
    return answer("replay", str(log), "--old", old.url, "--new", new.url, *map(str, words), code=code)


DAY = (
    {"method": "GET", "url": f"/{TENANT_NAME}/B2C_1_ROPC/v2.0/.well-known/openid-configuration"},
    {"method": "GET", "url": f"/{TENANT_NAME}/B2C_1_ROPC/discovery/v2.0/keys"},
    {"method": "POST", "url": TOKEN, "form": {**FORM, "password": {"secret": "daemon"}}, "name": "first"},
    {
        "method": "POST", "url": TOKEN, "name": "second",
        "form": {"grant_type": "refresh_token", "client_id": "ropc", "refresh_token": {"from": "first", "member": "refresh_token"}},
    },
    {"method": "GET", "url": "/api/v1/units?limit=2", "headers": {"Authorization": {"from": "second", "member": "access_token"}}},
    {"method": "GET", "url": "/api/v1/units"},
    {"method": "POST", "url": TOKEN, "form": {**FORM, "username": "nobody", "password": "x"}},
    {"method": "GET", "url": "/oauth2/authorize?response_type=code&client_id=spa"},
)  # fmt: skip


def test_two_equal_systems_differ_in_nothing(tmp_path: Path, sides: tuple[Served, Served], settings: Path) -> None:
    found = replayed(written(tmp_path, *DAY), sides, "--with", settings)
    assert found == {"sent": 8, "same": 8, "differ": 0, "left_out": [], "groups": []}


def test_what_differs_is_grouped_and_shows_no_secret(
    tmp_path: Path, sides: tuple[Served, Served], settings: Path
) -> None:
    async def shut(tx: Writer) -> None:
        client = await find_client(tx, ClientId("ropc"))
        assert client is not None
        await put_client(tx, msgspec.structs.replace(client, exceptions=()))

    log = written(tmp_path, DAY[2], DAY[2], DAY[3], DAY[0])
    report = tmp_path / "report"
    change(sides[1].database, shut)
    found = replayed(log, sides, "--with", settings, "--report", report, code=1)
    assert (found["sent"], found["same"], found["differ"]) == (3, 1, 2)
    assert found["left_out"] == [
        {"because": "the new side gave no refresh_token that this request could carry", "count": 1}
    ]
    statuses = [one for one in found["groups"] if one["at"] == "status"]
    assert [(one["count"], one["old"], one["new"], one["lines"]) for one in statuses] == [(2, "200", "400", [1, 2])]
    lines = [json.loads(line) for line in report.read_text().splitlines()]
    assert {
        "line": 1,
        "method": "POST",
        "path": TOKEN,
        "at": "status",
        "what": "value",
        "old": "200",
        "new": "400",
    } in lines
    assert PASSWORD not in report.read_text() + json.dumps(found)
    assert "eyJ" not in report.read_text() + json.dumps(found)
    text = run("replay", str(log), "--old", sides[0].url, "--new", sides[1].url, "--with", str(settings), code=1).output
    assert "sent 3, same 1, differ 2" in text
    assert f"POST {TOKEN}" in text.splitlines(), "whole, however narrow the terminal is"


def test_values_of_a_recorded_answer_go_along(tmp_path: Path, sides: tuple[Served, Served], settings: Path) -> None:
    """As a browser records it: the refresh token of the log is replaced by each side's own; the password comes from the settings."""
    headers = [{"name": "Content-Type", "value": "application/x-www-form-urlencoded"}]
    first = {"access_token": "recorded-access", "refresh_token": "recorded-refresh"}
    bodies = (
        f"grant_type=password&username=daemon-a&password=lost&client_id=ropc&scope={API_URI}+offline_access",
        "grant_type=refresh_token&client_id=ropc&refresh_token=recorded-refresh",
    )
    entries: list[dict[str, Any]] = [
        {
            "request": {
                "method": "POST", "url": f"{sides[0].url}{TOKEN}", "headers": headers,
                "postData": {"mimeType": "application/x-www-form-urlencoded", "text": body},
            },
            "response": {"content": {"text": json.dumps(first)}},
        }
        for body in bodies
    ]  # fmt: skip
    bearer = [{"name": "Authorization", "value": "Bearer recorded-access"}]
    entries.append(
        {"request": {"method": "GET", "url": f"{sides[0].url}/api/v1/me", "headers": bearer}, "response": {}}
    )
    entries.append({"request": {"method": "GET", "url": "https://fonts.example/a.woff", "headers": []}, "response": {}})
    log = tmp_path / "day.har"
    log.write_text(json.dumps({"log": {"entries": entries}}))
    found = replayed(log, (sides[0], sides[0]), "--with", settings)
    assert (found["sent"], found["same"]) == (3, 3)
    assert "fonts.example" in found["left_out"][0]["because"]


def test_an_access_log_is_sent_with_a_programs_token(
    tmp_path: Path, sides: tuple[Served, Served], settings: Path
) -> None:
    log = tmp_path / "access.log"
    line = '127.0.0.1 - - [28/Nov/2026:10:00:00 +0000] "{} HTTP/1.1" 200 1 "-" "-"\n'
    log.write_text(line.format("GET /api/v1/units") + line.format("DELETE /api/v1/units/x") + line.format("POST /x"))
    found = replayed(log, (sides[0], sides[0]), "--with", settings)
    assert (found["sent"], found["same"]) == (1, 1)
    assert {one["count"] for one in found["left_out"]} == {1}
    assert "--writes" in str(found["left_out"])
    found = replayed(log, (sides[0], sides[0]), "--with", settings, "--writes")
    assert found["sent"] == 2


def test_nothing_in_a_log_is_resolved(
    tmp_path: Path, sides: tuple[Served, Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Strangers write into an access log: references in it stay the letters that they are."""
    monkeypatch.setenv("REPLAY_PASSWORD", PASSWORD)
    form = {**FORM, "password": "env:REPLAY_PASSWORD"}
    found = replayed(written(tmp_path, {"method": "POST", "url": TOKEN, "form": form}), (sides[0], sides[0]))
    assert found["same"] == 1
    other = written(tmp_path, {"method": "GET", "url": "/api/v1/me", "host": "169.254.169.254"})
    found = replayed(other, sides, code=1)
    assert (found["sent"], found["left_out"][0]["count"]) == (0, 1)


def test_a_side_that_is_away(tmp_path: Path, sides: tuple[Served, Served]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    log = written(tmp_path, DAY[0])
    words = ("replay", str(log), "--old", sides[0].url, "--new", f"http://127.0.0.1:{port}")
    assert "the new side never answered" in run(*words, code=3).output


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("secrets: {a: plain}", "must be a reference"),
        ("secrets: {a: 'env:NOT_SET_ANYWHERE'}", "which is not set"),
        ("secrets: {a: 'file:/nowhere/x'}", "can't be read"),
        ("fill: [{field: a, header: b, secret: c}]", "one of field and header"),
        ("secrets: {c: 'env:HEADER'}\nfill: [{header: x y, secret: c}]", "letters, digits and dashes"),
        ("secrets: {c: 'env:HEADER'}\nfill: [{header: x, secret: c}]", "can't carry"),
        ("fill: [{field: a, secret: c}]", "does not stand under secrets"),
        ("hosts: {a: {old: 'http://x.example', new: 'https://y.example'}}", "must begin with https://"),
        ("hosts: {a: {old: 'https://u:p@x.example', new: 'https://y.example'}}", "no user name"),
        ("unknown: 1", "unknown"),
        ("a: &x [1]\nb: *x", "aliases"),
        ("a: " + "[" * 4_000, "more than 32 deep"),
        ("a: " + "[a," * 40, "more than 32 deep"),
        ("- " * 40 + "a", "more than 32 deep"),
        ("a: [1", "line 1"),
        ("a: 1\na: 2", "duplicate"),
    ],
)
def test_a_settings_file_that_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, why: str) -> None:
    monkeypatch.setenv("HEADER", "two\nlines")
    settings, log = tmp_path / "s.yaml", written(tmp_path, DAY[0])
    settings.write_text(text)
    words = ("replay", str(log), "--old", "https://a.example", "--new", "https://b.example", "--with", str(settings))
    assert why in run(*words, code=2).output


def test_what_a_side_says_writes_over_no_terminal() -> None:
    groups, told = Groups(), io.StringIO()
    found = Difference("a\x1b]0;x\x07\u202e", "value", "\u009bone", "two")
    groups.add("api", "GET", "/api/\u202e", 1, found)
    with contextlib.redirect_stdout(told):
        say_groups(groups, {"sent": 1}, Counter(), as_json=False)
    note_differences(told, 1, "GET", "/api/\u202e", [found])
    assert not {"\x1b", "\x07", "\u202e", "\u009b"} & set(told.getvalue())


def test_a_settings_file_that_is_none(tmp_path: Path) -> None:
    """Opening a pipe to which nobody writes would wait for ever."""
    pipe, log = tmp_path / "pipe", written(tmp_path, DAY[0])
    os.mkfifo(pipe)
    words = ("replay", str(log), "--old", "https://a.example", "--new", "https://b.example", "--with", str(pipe))
    assert "is no file" in run(*words, code=2).output


def test_wrong_words(tmp_path: Path) -> None:
    log = written(tmp_path, DAY[0])
    assert "name a log" in run("replay", str(log), code=2).output
    assert "https://" in run("replay", str(log), "--old", "http://a.example", "--new", "https://b", code=2).output
    report = tmp_path / "there"
    report.write_text("x")
    words = ("replay", str(log), "--old", "https://a.example", "--new", "https://b.example", "--report", str(report))
    assert "name a new file" in run(*words, code=2).output
    assert report.read_text() == "x"


def test_the_example_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAEMON_PASSWORD", "x")
    key = tmp_path / "key"
    key.write_text("y\n")
    settings, log = tmp_path / "s.yaml", written(tmp_path)
    settings.write_text(run("replay", "--example").output.replace("/run/secrets/subscription-key", str(key)))
    words = ("replay", str(log), "--old", "https://a.example", "--new", "https://b.example", "--with", str(settings))
    assert "sent 0" in run(*words, code=1).output
