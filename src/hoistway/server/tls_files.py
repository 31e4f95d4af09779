"""The files of `--tls-cert` and `--tls-key`, looked at before they are used: nobody is asked for a pass phrase at a terminal, and what is wrong
is named (https://docs.python.org/3/library/ssl.html#ssl.SSLContext.load_cert_chain)."""

import ssl
from pathlib import Path
from typing import NoReturn

_PEM, _CERTIFICATE, _KEY = b"-----BEGIN ", b"CERTIFICATE-----", b"PRIVATE KEY-----"


class _Encrypted(Exception):
    """The key asks for a pass phrase."""


def _no_phrase() -> NoReturn:
    raise _Encrypted


def _why_no_pem(option: str, file: Path, body: bytes) -> str | None:
    # DER begins with a sequence.
    kind = "x509" if option == "--tls-cert" else "pkey"
    if _PEM not in body and body[:1] == b"\x30":
        return f"{option}: {file} is DER: make it PEM, with `openssl {kind} -inform DER -in {file} -out NAME.pem`"
    return None


def why_not(cert: Path, key: Path) -> str | None:
    """None where they can be used."""
    bodies = []
    for option, file in (("--tls-cert", cert), ("--tls-key", key)):
        if not file.is_file():
            return f"{option}: there is no file {file}"
        try:
            bodies.append(file.read_bytes())
        except OSError as error:
            return f"{option}: {file} can't be read: {error.strerror}"
        if (wrong := _why_no_pem(option, file, bodies[-1])) is not None:
            return wrong
    has = [(_CERTIFICATE in body, _KEY in body) for body in bodies]
    if has == [(False, True), (True, False)]:
        return f"--tls-cert and --tls-key are swapped: {key} is the certificate, and {cert} the key"
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key, _no_phrase)
    except _Encrypted:
        return f"--tls-key: the key in {key} is encrypted: give one without a pass phrase, readable by the server's user alone"
    except (OSError, ssl.SSLError) as error:
        return f"--tls-cert and --tls-key can't be used: {error}. Give a certificate chain and its key, both PEM."
    return None
