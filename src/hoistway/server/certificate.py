"""When a certificate ends (https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5)."""

from importlib import import_module
from pathlib import Path


def expiry_of(chain: Path) -> int:
    """When the first certificate in a PEM file, which is the server's own, ends. Raises OSError, ValueError."""
    # Imported by name: it takes memory that only a server with TLS and metrics needs.
    x509 = import_module("cryptography.x509")
    return int(x509.load_pem_x509_certificate(chain.read_bytes()).not_valid_after_utc.timestamp())
