"""Debian's Prometheus reads what deploy/ ships: rules that hold, and a real server that it scrapes."""

import json
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from hoistway.server.housekeeping import SELDOM
from hoistway.server.metrics.families import JOBS_OF_HOUSE
from tests.flows.command import free_port, started
from tests.flows.test_processes import eventually

ROOT = Path(__file__).parent.parent.parent
DEPLOY = ROOT / "deploy" / "prometheus"
RULES = DEPLOY / "hoistway.rules.yml"
EXPECTED = Path(__file__).parent / "alerts.test.yml"


def program(name: str) -> str:
    found = shutil.which(name)
    assert found, f"{name} is missing: ./dev test installs Debian's package prometheus as root"
    return found


def promtool(*words: str, folder: Path = DEPLOY) -> str:
    done = subprocess.run([program("promtool"), *words], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_rules_and_the_configuration_are_valid() -> None:
    assert "SUCCESS" in promtool("check", "rules", RULES.name)
    assert "SUCCESS" in promtool("check", "config", "prometheus.yml")


def test_each_alert_is_raised_when_it_should_be_and_not_before(tmp_path: Path) -> None:
    for file in (RULES, EXPECTED):
        shutil.copy(file, tmp_path / file.name)
    assert "SUCCESS" in promtool("test", "rules", EXPECTED.name, folder=tmp_path)


TASK_NEVER_DONE = """
rule_files:
  - hoistway.rules.yml
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - {{series: 'hoistway_housekeeping_last_success_timestamp_seconds{{instance="a", task="{task}"}}', values: "0x240"}}
      - {{series: 'hoistway_start_timestamp_seconds{{instance="a"}}', values: "0x240"}}
    promql_expr_test:
      - expr: count(ALERTS{{alertname="HoistwayHousekeepingLate", alertstate="firing"}})
        eval_time: {minutes}m
        exp_samples: [{{labels: '{{}}', value: 1}}]
"""


@pytest.mark.parametrize("task", JOBS_OF_HOUSE)
def test_each_task_that_is_not_done_is_told(task: str, tmp_path: Path) -> None:
    minutes = 190 if task in {name for name, _work in SELDOM} else 25
    shutil.copy(RULES, tmp_path / RULES.name)
    (tmp_path / "late.yml").write_text(TASK_NEVER_DONE.format(task=task, minutes=minutes))
    assert "SUCCESS" in promtool("test", "rules", "late.yml", folder=tmp_path)


def test_the_metrics_know_each_task() -> None:
    source = "".join(path.read_text() for path in (ROOT / "src" / "hoistway").rglob("*.py"))
    named = set(re.findall(r'\bnoted\(\w+, "(\w+)"|\bnote_job\("(\w+)"', source))
    assert {one or other for one, other in named} <= set(JOBS_OF_HOUSE)
    assert len(named) >= 5


@contextmanager
def prometheus(folder: Path, target: int) -> Iterator[str]:
    """With the configuration of deploy/, asking this port every half second; the URL of its API."""
    port = free_port()
    text = (DEPLOY / "prometheus.yml").read_text().replace("127.0.0.1:9464", f"127.0.0.1:{target}")
    assert str(target) in text
    (folder / "prometheus.yml").write_text(text.replace("15s", "500ms"))
    shutil.copy(RULES, folder / RULES.name)
    command = [
        program("prometheus"), "--config.file=prometheus.yml", "--storage.tsdb.path=data",
        f"--web.listen-address=127.0.0.1:{port}", "--log.level=error",
    ]  # fmt: skip
    with (folder / "log").open("w") as log, subprocess.Popen(command, cwd=folder, stderr=log, stdout=log) as process:
        try:
            yield f"http://127.0.0.1:{port}/api/v1"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def result(api: str, path: str, **query: str) -> object:
    """None while it does not answer yet."""
    try:
        reply = httpx2.get(f"{api}/{path}", params=query, timeout=10)
    except httpx2.TransportError:
        return None
    return json.loads(reply.text).get("data") if reply.status_code == 200 else None


def number_of(api: str, expression: str) -> float | None:
    found = result(api, "query", query=expression)
    vector = found["result"] if isinstance(found, dict) else []
    return float(vector[0]["value"][1]) if vector else None


def test_prometheus_scrapes_a_server_and_evaluates_the_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port, target = free_port(), free_port()
    monkeypatch.setenv("HOISTWAY_METRICS", f"127.0.0.1:{target}")
    folder = tmp_path / "prometheus"
    folder.mkdir()
    with started(tmp_path, port) as command, prometheus(folder, target) as api:
        assert httpx2.get(f"http://127.0.0.1:{port}/oauth2/jwks").status_code == 200
        assert eventually(lambda: number_of(api, 'up{job="hoistway"}') == 1, 60), (folder / "log").read_text()
        assert eventually(lambda: number_of(api, 'hoistway_requests_total{route="/oauth2/jwks",status="200"}') == 1, 60)
        assert eventually(lambda: number_of(api, "hoistway:requests:rate5m") is not None, 60)
        assert eventually(
            lambda: (number_of(api, 'hoistway_housekeeping_runs_total{task="up",outcome="done"}') or 0) > 0, 60
        )
        assert number_of(api, 'count({__name__=~"hoistway.*", exported_job!=""})') is None, "a label of Prometheus' own"
        assert len(rules_of(api)) > 12
        assert eventually(lambda: all(one["health"] == "ok" for one in rules_of(api)), 60), rules_of(api)
        assert [one["name"] for one in rules_of(api) if one.get("state") == "firing"] == []
        assert command.stop() == 0
        assert eventually(lambda: number_of(api, 'up{job="hoistway"}') == 0, 60)


def rules_of(api: str) -> list[dict[str, str]]:
    groups = result(api, "rules")
    return [rule for group in groups["groups"] for rule in group["rules"]] if isinstance(groups, dict) else []
