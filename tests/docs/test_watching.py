"""What documents, dashboard and rules say of metrics and of the log is what the server tells, no more and no less."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from hoistway.server.listening import Listen
from hoistway.server.metrics.families import FAMILIES
from hoistway.server.start_line import TOLD, TOLD_OTHERWISE, UNTOLD, start_facts
from hoistway.settings import Address, MailServer, Settings
from tests.attacks.asking import daemon_token
from tests.engines import drop_database, fresh_database
from tests.modules import SOURCE, read_modules
from tests.server import MASTER_KEY, populate, serving

ROOT = Path(__file__).parent.parent.parent
OPERATING = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
SHIPPED = [
    *(ROOT / "deploy" / "grafana").glob("*.json"),
    *(ROOT / "deploy" / "prometheus").glob("*.yml"),
    ROOT / "tests" / "flows" / "alerts.test.yml",
]
ALWAYS = {"event", "level", "timestamp"}
# Whose first argument, or arguments, are events.
TELLERS = {"info": (0,), "warning": (0,), "error": (0,), "tell": (0,), "Repeated": (0,), "noted": (2, 3)}
# Made of what kind of process it is.
OF_PROCESSES = {f"{what} {became}" for what in ("worker", "exporter") for became in ("ended", "killed")}


def table(head: str) -> list[list[str]]:
    """The cells of the rows below a heading row that begins so."""
    lines = OPERATING.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith(f"| {head} |"))
    rows = []
    for line in lines[at + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    return rows


def named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def first_cells(head: str) -> list[str]:
    return [name for row in table(head) for name in named(row[0])]


def test_every_metric_is_documented_with_its_labels_and_no_other() -> None:
    documented = [(named(row[0])[0], row[1], named(row[2])) for row in table("Metric")]
    exported = [(family.name, family.kind, [name for name, _values in family.labels]) for family in FAMILIES]
    assert [one for one in exported if one not in documented] == [], "docs/operating.md has a row for each metric"
    assert documented == exported, "and they stand there in the order of server/metrics/families.py"


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.name)
def test_every_metric_that_is_asked_for_exists(file: Path) -> None:
    samples = set()
    for family in FAMILIES:
        ends = ("_bucket", "_sum", "_count") if family.kind == "histogram" else ("",)
        samples |= {family.name + end for end in ends}
    text = file.read_text(encoding="utf-8")
    asked = set(re.findall(r"\bhoistway_\w+", text))
    assert asked - samples == set()
    labels = {
        label
        for _name, inside in re.findall(r"(hoistway_\w+)\{([^}]*)\}", text)
        for label in re.findall(r"(\w+)(?:=|!)", inside)
    }
    known = {name for family in FAMILIES for name, _values in family.labels} | {"instance", "le"}
    assert labels - known == set()


def test_the_dashboard_shows_every_metric() -> None:
    (file,) = (ROOT / "deploy" / "grafana").glob("*.json")
    dashboard = json.loads(file.read_text(encoding="utf-8"))
    text = json.dumps(dashboard["panels"])
    assert [family.name for family in FAMILIES if family.name not in text] == [], "add a panel to deploy/grafana"
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(ids)) == len(ids)
    assert {panel["datasource"]["uid"] for panel in dashboard["panels"] if panel["type"] != "row"} == {"${datasource}"}
    places = [panel["gridPos"] for panel in dashboard["panels"]]
    taken = {
        (x, y) for at in places for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])
    }
    assert len(taken) == sum(at["w"] * at["h"] for at in places), "panels lie on each other"


def test_values_of_labels_that_rules_ask_for_exist() -> None:
    known = {value for family in FAMILIES for _name, values in family.labels for value in values}
    rules = (ROOT / "deploy" / "prometheus" / "hoistway.rules.yml").read_text(encoding="utf-8")
    asked = re.findall(r'(?:route|outcome|task|cause|kind|grant|of)(?:=|!=|=~|!~)"([^"]+)"', rules)
    assert {one for text in asked for one in text.split("|")} - known == set()


def events_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            for place in TELLERS.get(name, ()):
                if place < len(node.args) and isinstance(node.args[place], ast.Constant):
                    value = node.args[place].value  # type: ignore[attr-defined]
                    if isinstance(value, str):
                        yield value


def test_every_event_of_the_log_is_documented_and_no_other() -> None:
    told = {event for module in read_modules(SOURCE) if module.room != "commands" for event in events_in(module.tree)}
    documented = first_cells("Event")
    assert set(documented) ^ (told | OF_PROCESSES) == set(), "docs/operating.md has a row for each event of the log"
    assert len(documented) == len(set(documented))


def test_the_lines_of_requests_are_as_documented(capfd: pytest.CaptureFixture[str]) -> None:
    url = fresh_database("sqlite", populate)
    with serving(url, access_log=True) as served:
        token = daemon_token(served)
        httpx2.get(f"{served.url}/api/v1/units/U-1?limit=x", headers={"authorization": f"Bearer {token}"})
        httpx2.get(f"{served.url}/{'x' * 5000}")
        for probe in ("healthz", "readyz"):
            assert httpx2.get(f"{served.url}/{probe}").status_code == 200
    drop_database(url)
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines() if line.startswith("{")]
    asked, read, odd = (line for line in lines if line["event"] == "request")
    assert {*asked, *read} - ALWAYS == set(first_cells("Field of `request`"))
    assert list(asked) == list(read) == list(odd), "the fields are always there"
    assert (asked["method"], asked["route"], asked["path"], asked["status"]) == ("POST", *["/oauth2/token"] * 2, 200)
    assert (asked["address"], asked["client_id"], asked["customer_id"]) == ("127.0.0.1", "daemon", "c-a")
    assert 0 < asked["duration_ms"] < 60_000
    assert (read["route"], read["client_id"], read["customer_id"]) == ("/api/v1/units/{unit_id}", "daemon", "c-a")
    assert read["path"] == "/api/v1/units/U-1"
    assert (odd["route"], odd["status"], len(odd["path"])) == ("other", 404, 200)
    assert odd["client_id"] is odd["customer_id"] is None


def test_the_first_line_is_as_documented_and_tells_no_secret() -> None:
    settings = Settings(
        "https://id.example.com", "postgresql://owner:word-1@db/h", MASTER_KEY, master_key_file="/etc/hoistway/key",
        mail=MailServer("mail.example.com", 587, "required", "a@example.com", "robot", "word-2"),
        metrics=Address("127.0.0.1", 9464), traces="http://127.0.0.1:4318",
    )  # fmt: skip
    facts = start_facts(settings, Listen("::1", 8443, 4, Path("chain.pem"), Path("key.pem")))
    assert list(facts) == first_cells("Field of `server starts`")
    assert (facts["database"], facts["listens"], facts["workers"]) == ("postgresql", "https://[::1]:8443", 4)
    assert (facts["metrics"], facts["mail"]) == ("127.0.0.1:9464", "mail.example.com:587")
    text = json.dumps(facts)
    assert [word for word in ("word-1", "word-2", "robot", MASTER_KEY.hex(), "owner") if word in text] == []


def test_each_setting_is_told_or_kept_back_on_purpose() -> None:
    judged = [*TOLD, *TOLD_OTHERWISE, *UNTOLD]
    assert set(judged) ^ set(Settings.__struct_fields__) == set(), (
        "say in server/start_line.py whether the first line of the log tells it"
    )
    assert len(judged) == len(set(judged))
