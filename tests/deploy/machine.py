"""An empty machine for docs/production.md: its folders lie in a temporary one, its public address is on loopback."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.deploy.built import bare_environment, checkout, installation
from tests.deploy.document import placed
from tests.deploy.fronts import NGINX, main_file, make_public
from tests.engines import EngineName
from tests.flows.command import free_port

SQLITE = "sqlite:////var/lib/hoistway/hoistway.db"


class Machine:
    """Programs that would change this machine only note that they were called; the rest is what Debian has."""

    def __init__(self, folder: Path, engine: EngineName, database: str) -> None:
        self.folder, self.port = folder, free_port()
        for name in ("bin", "nginx", "caddy", "systemd", "ssl"):
            (folder / name).mkdir()
        # An installation of its own, whose link can be turned: the versions themselves are shared.
        self.opt = folder / "opt"
        self.opt.mkdir()
        for name in ("hoistway-0.1.0", "hoistway"):
            (self.opt / name).symlink_to(installation() / "hoistway-0.1.0" if name != "hoistway" else "hoistway-0.1.0")
        self.public = make_public(folder / "ssl")
        public = self.public.places(self.port)
        self.places = {
            "-o hoistway -g hoistway": f"-o {os.getuid()} -g {os.getgid()}",
            "/path/to/checkout": str(folder / "checkout"),
            "/opt/hoistway": str(self.opt / "hoistway"),
            "/etc/hoistway": f"{folder}/etc",
            # No letter leaves this machine.
            "smtp.example.com:587": "127.0.0.1:9",
            "/etc/nginx/conf.d": f"{folder}/nginx",
            "/etc/caddy": f"{folder}/caddy",
            "/etc/systemd/system": f"{folder}/systemd",
            "/var/lib/hoistway": f"{folder}/var",
            **public,
        }
        if engine == "postgresql":
            self.places = {SQLITE: database, **self.places}
        self._checkout()
        main = main_file(folder, folder / "nginx")
        # Users and services of this machine stay as they are: whoever runs the tests is the service's user.
        for name in ("useradd", "systemctl"):
            self._program(name, f'echo "{name} $*"')
        self._program("nginx", f'exec {NGINX} -e stderr -c {main} "$@"')

    def _checkout(self) -> None:
        """With the places of this machine in the files that are copied from it."""
        shutil.copytree(checkout() / "deploy", self.folder / "checkout" / "deploy")
        files = (self.folder / "checkout" / "deploy").iterdir()
        for file in (path for path in files if path.is_file()):
            file.write_text(placed(file.read_text(encoding="utf-8"), self.places))

    def _program(self, name: str, text: str) -> None:
        file = self.folder / "bin" / name
        file.write_text(f"#!/bin/sh\n{text}\n")
        file.chmod(0o755)

    def script(self, *steps: str) -> str:
        return placed("set -e\n" + "\n".join(steps), self.places)

    def environment(self, **more: str) -> dict[str, str]:
        kept = bare_environment()
        trusted = {"CURL_CA_BUNDLE": str(self.public.certificate.chain)}
        return kept | {"PATH": f"{self.folder}/bin:{kept['PATH']}"} | trusted | more

    def run(self, *steps: str, **more: str) -> str:
        done = subprocess.run(
            ["bash", "-c", self.script(*steps)], cwd=self.folder, env=self.environment(**more), capture_output=True,
            text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr
