"""A certificate for 127.0.0.1 that signs itself, for clients that talk over https only (https://www.rfc-editor.org/rfc/rfc5280)."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Certificate:
    """Files in PEM: `chain` is also what clients are told to trust."""

    chain: Path
    key: Path

    def trust(self) -> ssl.SSLContext:
        """What accepts this certificate and no other."""
        return ssl.create_default_context(cafile=str(self.chain))


def make_certificate(folder: Path, called: str = "127.0.0.1", *, days: int = 1) -> Certificate:
    """Valid for a day; with less than none it ended so many days ago. Who trusts several tells them apart by what they are
    called."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, called)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(now, now + timedelta(days=days)) - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )
    files = Certificate(folder / "certificate.pem", folder / "key.pem")
    files.chain.write_bytes(made.public_bytes(Encoding.PEM))
    files.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files
