"""docs/production.md is walked: its commands are run as they stand, on both databases, from nothing to a daemon's first units behind
nginx, behind Caddy and with TLS of its own; and what it builds serves in an empty environment."""

import re
import secrets
import shutil
import signal
import subprocess
import tarfile
import time
import zipfile
from pathlib import Path

import httpx2
import pytest

from hoistway import __version__
from tests.deploy.built import bare_environment, checkout, installation, run
from tests.deploy.demo import check_demonstration
from tests.deploy.document import DOCUMENT, STEPS, read_steps
from tests.deploy.fronts import running
from tests.deploy.machine import Machine
from tests.deploy.units import Service
from tests.docs.first_operator import FirstOperator
from tests.engines import EngineName, administer, url_of
from tests.flows.command import free_port

# The first one builds what all need.
pytestmark = pytest.mark.timeout(900)

OPERATING = DOCUMENT.parent / "operating.md"
# Whose commands are run here, and what runs the others.
HERE = {
    "Build", "Install, and a user", "Master key", "Settings", "Operator, API, first customer", "Units, people, programs",
    "Start", "nginx", "Caddy", "Without a proxy", "See that it works", "Update",
}  # fmt: skip
ELSEWHERE = {"In a container": "tests/deploy/test_container.py"}


def test_every_block_of_commands_is_run() -> None:
    assert set(STEPS) == HERE | set(ELSEWHERE)
    assert set(read_steps("")) == {"In a container", "On Kubernetes"}, "the two that say that no test runs them"
    assert len(read_steps("")) == DOCUMENT.read_text(encoding="utf-8").count("No test runs th")


def value_of(name: str, said: str) -> str:
    found = re.search(rf"^{name}: (\S+)", said, re.MULTILINE)
    assert found, f"{name} was not printed: {said}"
    return found[1]


def wait_until_ready(base: str, server: "subprocess.Popen[str]") -> None:
    until = time.monotonic() + 90
    while time.monotonic() < until and server.poll() is None:
        try:
            if httpx2.get(f"{base}/readyz").status_code == 200:
                return
        except httpx2.TransportError:
            time.sleep(0.05)
    server.kill()
    raise AssertionError(server.communicate(timeout=10)[1])


def versions(service: Service) -> list[str]:
    """That began to serve, in their order."""
    return re.findall(r'"version": "([^"]+)"', service.log())


class Walk:
    """Through the document on one machine."""

    def __init__(self, machine: Machine) -> None:
        self.machine, self.trust = machine, machine.public.certificate.trust()
        self.inside = f"http://127.0.0.1:{machine.port}"
        self.operator, self.client_id, self.secret = FirstOperator(""), "", ""

    def prepare(self) -> None:
        _install, user = STEPS["Install, and a user"]
        (key,), (settings,) = STEPS["Master key"], STEPS["Settings"]
        setup, moving = STEPS["Operator, API, first customer"]
        rows, administrator = STEPS["Units, people, programs"]
        said = self.machine.run(user, key, settings, setup, moving, rows, administrator)
        folder = self.machine.folder
        assert re.search(r"^useradd --system .* hoistway$", said, re.MULTILINE)
        assert {oct((folder / name).stat().st_mode & 0o777) for name in ("etc", "var")} == {"0o700"}
        assert {oct(file.stat().st_mode & 0o777) for file in (folder / "etc").iterdir()} == {"0o600"}
        assert said.count("operator_password: ") == 1, "shown once, and not where the operator was there already"
        for told in ("was there, unchanged", "customer-api", "--service-account svc-report", "role: administrator"):
            assert told in said
        assert said.count("Next:") == 2
        assert said.count("(shown this once)") == 4, "of the operator, a person, a technical account and an application"
        self.operator, self.secret = FirstOperator(value_of("operator_password", said)), value_of("client_secret", said)
        self.client_id = re.findall(r"^id: (\S+)", said, re.MULTILINE)[-1]

    def by_hand(self) -> None:
        (settings,), (serve, _unit) = STEPS["Settings"], STEPS["Start"]
        command = [
            "bash",
            "-c",
            self.machine.script("PATH=/opt/hoistway/bin:$PATH", settings, f"exec {serve}"),
        ]
        process = subprocess.Popen(
            command, env=self.machine.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        wait_until_ready(self.inside, process)
        answer = httpx2.get(f"{self.inside}/contoso.onmicrosoft.com/b2c_1_ropc/v2.0/.well-known/openid-configuration")
        assert "/775527ff-9a37-4307-8b3d-cc311f58d925/" in answer.json()["issuer"]
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
        assert (process.returncode, answer.status_code) == (0, 200)

    def service(self) -> Service:
        return Service(self.machine.folder / "systemd", "hoistway", self.machine.folder / "run")

    def look(self) -> None:
        """A token, units, and the console for the operator whom `setup` made, at the public address."""
        see, _second = STEPS["See that it works"]
        ready, token, units = see.strip().splitlines()
        asked = self.machine.run(ready, token, CLIENT_ID=self.client_id, CLIENT_SECRET=self.secret)
        found = re.search(r'"access_token":"([^"]+)"', asked)
        assert found, asked
        listed = self.machine.run(units, TOKEN=found[1])
        assert "DE-1000001" in listed
        assert "DE-1000002" in listed
        with httpx2.Client(
            base_url=self.machine.public.url, verify=self.trust, follow_redirects=True, timeout=30
        ) as browser:
            assert "/console/audit" in self.operator.sign_in(browser).text

    def second_operator(self) -> None:
        (settings,), (_see, second) = STEPS["Settings"], STEPS["See that it works"]
        said = self.machine.run("PATH=/opt/hoistway/bin:$PATH", settings, second)
        assert "flags: operator, employee" in said
        assert "(shown this once)" in said

    def behind(self, kind: str, block: str) -> None:
        said = self.machine.run(block)
        assert ("syntax is ok" if kind == "nginx" else "Valid configuration") in said
        assert f"systemctl {'reload' if kind == 'nginx' else 'restart'} {kind}" in said
        site = self.machine.folder / kind / ("hoistway.conf" if kind == "nginx" else "Caddyfile")
        with running(self.machine.public, kind, site):
            self.look()

    def without_proxy(self, block: str) -> None:
        environment = self.machine.folder / "etc" / "environment"
        text = environment.read_text()
        assert "HOISTWAY_TRUSTED_PROXIES=1" in text
        environment.write_text(text.replace("HOISTWAY_TRUSTED_PROXIES=1", "HOISTWAY_TRUSTED_PROXIES=0"))
        assert "systemctl restart hoistway" in self.machine.run(block)
        assert {oct(file.stat().st_mode & 0o777) for file in environment.parent.glob("tls.*")} == {"0o600"}
        with self.service():
            self.look()

    def update(self, service: Service, block: str) -> None:
        """To a version that is the same but for its number, and back."""
        opt = self.machine.opt
        shutil.copytree(opt / "hoistway-0.1.0", opt / "hoistway-0.2.0", symlinks=True)
        (said,) = (opt / "hoistway-0.2.0").glob("lib/*/site-packages/hoistway/__init__.py")
        said.write_text(said.read_text().replace(__version__, "0.2.0"))
        assert "systemctl reload hoistway" in self.machine.run(block)
        assert set(versions(service)) == {__version__}
        service.reload()
        assert versions(service)[-1] == "0.2.0"
        self.machine.run("ln -sfn hoistway-0.1.0 /opt/hoistway")
        service.reload()
        assert versions(service)[-1] == __version__


def test_the_document_leads_from_nothing_to_units(tmp_path: Path, engine_name: EngineName, database_url: str) -> None:
    walk = Walk(Machine(tmp_path, engine_name, database_url))
    walk.prepare()
    walk.by_hand()
    (_serve, unit), (nginx,), (caddy,) = STEPS["Start"], STEPS["nginx"], STEPS["Caddy"]
    assert "systemctl enable --now hoistway" in walk.machine.run(unit)
    with walk.service() as service:
        walk.behind("nginx", nginx)
        walk.second_operator()
        walk.update(service, STEPS["Update"][0])
        walk.behind("caddy", caddy)
    walk.without_proxy(STEPS["Without a proxy"][0])


STATEMENTS = re.search(r"^```sql\n(.*?)^```", OPERATING.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_the_statements_make_a_database_that_the_service_may_fill(tmp_path: Path) -> None:
    """With the owner that they name `init` succeeds; without one the refusal says what makes it so."""
    assert STATEMENTS
    role, statements = f"role_{secrets.token_hex(6)}", STATEMENTS[1].splitlines()
    named = [statement.replace("hoistway", role) for statement in statements]
    machine = Machine(tmp_path, "postgresql", url_of(role).replace("postgres@", f"{role}:PASSWORD@"))
    (key,), (settings,) = STEPS["Master key"], STEPS["Settings"]
    (tmp_path / "etc").mkdir(mode=0o700)
    for statement in named:
        administer(statement)
    try:
        administer(f"ALTER DATABASE {role} OWNER TO postgres")
        refused = machine.run(key, settings, "hoistway init 2>&1 || true")
        assert "make it the owner (ALTER DATABASE name OWNER TO user)" in refused
        administer(f"ALTER DATABASE {role} OWNER TO {role}")
        assert "ready" in machine.run("PATH=/opt/hoistway/bin:$PATH", settings, "hoistway init")
    finally:
        administer(f"DROP DATABASE IF EXISTS {role} WITH (FORCE)")
        administer(f"DROP ROLE IF EXISTS {role}")


def wheels() -> list[Path]:
    return sorted((checkout() / "dist").glob("hoistway-*.whl"))


def test_the_distributions_hold_the_package_and_nothing_beside_it() -> None:
    """`uv build` makes the wheel from the source distribution; one made from the checkout itself has the same files."""
    (wheel,) = wheels()
    assert wheel.name == f"hoistway-{__version__}-py3-none-any.whl"
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names} == {"hoistway", f"hoistway-{__version__}.dist-info"}
    package = checkout() / "src"
    files = {str(path.relative_to(package)) for path in (package / "hoistway").rglob("*") if path.is_file()}
    assert {name for name in names if name.startswith("hoistway/")} == files
    run(f"cd {checkout()}; uv build --quiet --wheel --out-dir direct")
    (direct,) = (checkout() / "direct").glob("*.whl")
    assert sorted(zipfile.ZipFile(direct).namelist()) == sorted(names)
    with tarfile.open(checkout() / "dist" / f"hoistway-{__version__}.tar.gz") as source:
        inside = {name.partition("/")[2] for name in source.getnames()}
    assert {"CHANGELOG.md", "LICENSE", "deploy/nginx.conf", "docs/production.md"} <= inside


def test_the_dependencies_are_pinned_with_hashes() -> None:
    lines = (checkout() / "dist" / "requirements.txt").read_text().splitlines()
    named = [line for line in lines if re.match(r"[a-z]", line)]
    assert len(named) > 15
    assert all(re.match(r"[a-z0-9-]+==\S+ .*\\$", line) for line in named)
    assert "hoistway" not in " ".join(named)
    assert any(line.startswith("asyncpg==") for line in named)


def test_the_installation_serves_the_demonstration(tmp_path: Path) -> None:
    """In an environment that holds nothing else: a token, units, a page with its static files."""
    program, base = installation() / "hoistway" / "bin" / "hoistway", f"http://127.0.0.1:{free_port()}"
    assert (installation() / "version").read_text().strip() == __version__
    installed = {
        path.name.split("-")[0].lower()
        for path in (installation() / "hoistway").glob("lib/*/site-packages/*.dist-info")
    }
    assert "pytest" not in installed
    assert "hoistway" in installed
    words = ["serve", "--demo", "--data", "data", "--port", base.rpartition(":")[2]]
    check_demonstration([str(program), *words], base, tmp_path, bare_environment(), lambda: None)
