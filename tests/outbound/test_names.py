"""TXT records are asked of the name servers that the system names, and what is wrong with these is said."""

from pathlib import Path

import dns.resolver
import pytest

from hoistway.outbound.names import NoAnswer, look_up


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"nameserver dns.example\n",
        b"nameserver 127.0.0.1\nsearch \xff\xfe\n",
        b"search " + b"x" * 64 + b"\n",
        None,
    ],
)
async def test_a_system_that_names_no_name_server_is_said(
    said: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No address, no text, a name that is none, nothing at all, and no file."""
    file = tmp_path / "resolv.conf"
    if said is not None:
        file.write_bytes(said)
    read = dns.resolver.BaseResolver.read_resolv_conf
    monkeypatch.setattr(dns.resolver.BaseResolver, "read_resolv_conf", lambda self, _: read(self, str(file)))
    with pytest.raises(NoAnswer, match=r"names no name server that can be asked: look at /etc/resolv\.conf"):
        await look_up()("_hoistway.acme.example")
