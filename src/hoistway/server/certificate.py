"""When a certificate begins and ends (https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5)."""

from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path


def _times_of(chain: Path) -> tuple[int, int]:
    """Of the first certificate in a PEM file, which is the server's own. Raises OSError, ValueError."""
    # Imported by name: it takes memory that only a server with TLS needs.
    found = import_module("cryptography.x509").load_pem_x509_certificate(chain.read_bytes())
    return int(found.not_valid_before_utc.timestamp()), int(found.not_valid_after_utc.timestamp())


def expiry_of(chain: Path) -> int:
    """When the server's own certificate ends. Raises OSError, ValueError."""
    return _times_of(chain)[1]


def _words(at: int) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"


def odd_times(chain: Path | None, now: int) -> list[str]:
    """Warns of a certificate that clients refuse now. A file that is none is refused elsewhere."""
    if chain is None:
        return []
    try:
        begins, ends = _times_of(chain)
    except (OSError, ValueError):
        return []
    if ends <= now:
        return [
            f"--tls-cert: the certificate ended on {_words(ends)}, so clients refuse it: renew it, then `hoistway reload`"
        ]
    if begins > now:
        return [
            f"--tls-cert: the certificate is not valid before {_words(begins)}, so clients refuse it: check this machine's clock"
        ]
    return []
