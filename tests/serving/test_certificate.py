"""A certificate that clients refuse is told at start and at a reload, before they do."""

import time
from pathlib import Path

import pytest

from hoistway.server.certificate import expiry_of, odd_times
from hoistway.server.command import serve
from tests.certificate import make_certificate

DAY = 86_400


def test_its_times_are_told(tmp_path: Path) -> None:
    chain = make_certificate(tmp_path).chain
    now, ends = int(time.time()), expiry_of(chain)
    assert odd_times(chain, now) == []
    assert odd_times(None, now) == []
    assert odd_times(tmp_path / "missing", now) == []
    (ended,) = odd_times(chain, ends)
    assert f"ended on {time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(ends))}" in ended
    (early,) = odd_times(chain, now - DAY)
    assert "is not valid before" in early


@pytest.mark.parametrize("trial", [False, True], ids=["start", "reload"])
def test_it_is_told_at_a_start_and_at_a_reload(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, trial: bool
) -> None:
    files = make_certificate(tmp_path)
    monkeypatch.setattr("hoistway.clock.now", lambda: int(time.time()) + 2 * DAY)
    monkeypatch.setattr("hoistway.server.command.keep", lambda *_: 0)
    monkeypatch.setattr("hoistway.server.command._try", lambda *_: 0)
    if trial:
        monkeypatch.setattr("hoistway.server.command.take_trial", lambda _environ: object())
    words = ["--demo", "--data", str(tmp_path), "--tls-cert", str(files.chain), "--tls-key", str(files.key)]
    assert serve(words) == 0
    assert "warning: --tls-cert: the certificate ended on" in capfd.readouterr().err
