"""Debian's nginx and Caddy with the files of deploy/, on ports of this machine that need no rights."""

import getpass
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.certificate import Certificate, make_certificate
from tests.deploy.document import DEPLOY, placed
from tests.flows.command import free_port

NGINX, CADDY = "/usr/sbin/nginx", "/usr/bin/caddy"
FILES = {"nginx": "nginx.conf", "caddy": "Caddyfile"}
_MAIN = """daemon off;
{user}
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 2048; }}
http {{
    include /etc/nginx/mime.types;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    gzip on;
    include {sites}/*.conf;
}}
"""


@dataclass(frozen=True)
class Public:
    """What is `id.example.com` in the documents: two ports of this machine, a certificate, a folder for what proxies write."""

    folder: Path
    certificate: Certificate
    port: int
    plain_port: int

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def places(self, upstream: int) -> dict[str, str]:
        """In the files of deploy/, for a server on the port `upstream`."""
        return {
            "127.0.0.1:8080": f"127.0.0.1:{upstream}",
            "--port 8080": f"--port {upstream}",
            "--host 0.0.0.0 --port 443": f"--host 127.0.0.1 --port {self.port}",
            "/etc/ssl/id.example.com.pem": str(self.certificate.chain),
            "/etc/ssl/id.example.com.key": str(self.certificate.key),
            "listen 443 ": f"listen 127.0.0.1:{self.port} ",
            "listen 80;": f"listen 127.0.0.1:{self.plain_port};",
            "/var/log/nginx": str(self.folder),
            "/run/caddy": str(self.folder),
            "\tadmin ": f"\thttp_port {self.plain_port}\n\tadmin ",
            "https://id.example.com": self.url,
            "id.example.com {": f"127.0.0.1:{self.port} {{\n\tbind 127.0.0.1",
            "id.example.com": "127.0.0.1",
        }


def make_public(folder: Path) -> Public:
    return Public(folder, make_certificate(folder), free_port(), free_port())


def main_file(folder: Path, sites: Path) -> Path:
    """What Debian's /etc/nginx/nginx.conf is elsewhere: includes every site in its http { }, and compresses unless told not to."""
    file = folder / "main.conf"
    user = f"user {getpass.getuser()};" if os.geteuid() == 0 else ""
    file.write_text(_MAIN.format(folder=folder, sites=sites, user=user))
    return file


def write_site(public: Public, kind: str, upstream: int, **changes: str) -> Path:
    """The file of deploy/ with this machine's places; `changes` are further replacements, each of which must be there."""
    text = placed((DEPLOY / FILES[kind]).read_text(encoding="utf-8"), public.places(upstream))
    for before, after in changes.items():
        assert before in text
        text = text.replace(before, after)
    site = public.folder / f"{kind}-site" / FILES[kind]
    site.parent.mkdir(exist_ok=True)
    site.write_text(text)
    return site


def command_of(public: Public, kind: str, site: Path) -> list[str]:
    if kind == "nginx":
        return [NGINX, "-e", "stderr", "-c", str(main_file(public.folder, site.parent))]
    return [CADDY, "run", "--config", str(site), "--adapter", "caddyfile"]


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True


@contextmanager
def running(public: Public, kind: str, site: Path) -> Iterator[None]:
    """Until it listens on both ports, and at the end until it has gone. What it says lies in `folder`."""
    home = {"HOME": str(public.folder), "XDG_DATA_HOME": str(public.folder), "XDG_CONFIG_HOME": str(public.folder)}
    said = public.folder / f"{kind}.said"
    with said.open("w") as errors:
        process = subprocess.Popen(
            command_of(public, kind, site), cwd=public.folder, env={"PATH": "/usr/bin:/bin"} | home, stderr=errors
        )
        try:
            until = time.monotonic() + 60
            while not (listens(public.port) and listens(public.plain_port)):
                assert process.poll() is None, said.read_text()
                assert time.monotonic() < until, said.read_text()
                time.sleep(0.02)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


@contextmanager
def fronting(folder: Path, kind: str, upstream: int, public: Public | None = None, **changes: str) -> Iterator[Public]:
    public = public or make_public(folder)
    with running(public, kind, write_site(public, kind, upstream, **changes)):
        yield public
