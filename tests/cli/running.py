"""Runs `hoistway` in this process, as a shell would."""

import base64
import json
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from hoistway.cli import cli
from tests.server import MASTER_KEY, Served

RUNNER = CliRunner()


def point_at(patch: pytest.MonkeyPatch, database: str, base_url: str | None = None) -> None:
    """The settings that the command reads."""
    patch.setenv("HOISTWAY_DATABASE", database)
    patch.setenv("HOISTWAY_MASTER_KEY", base64.urlsafe_b64encode(MASTER_KEY).decode())
    if base_url is None:
        patch.delenv("HOISTWAY_BASE_URL", raising=False)
    else:
        patch.setenv("HOISTWAY_BASE_URL", base_url)


def manage(patch: pytest.MonkeyPatch, served: Served) -> None:
    point_at(patch, served.database, served.url)


def run(*words: str, code: int = 0, input: str | None = None) -> Result:
    result = RUNNER.invoke(cli, list(words), input=input)
    assert result.exit_code == code, (result.output, result.exception)
    return result


def answer(*words: str, **more: Any) -> Any:
    return json.loads(run(*words, "--json", **more).stdout)
