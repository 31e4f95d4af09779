"""The container: it is built as the document says, runs as its own user, and serves from a root that can't be written to."""

import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from hoistway import __version__
from hoistway.server.command import parser
from tests.deploy.built import bare_environment
from tests.deploy.demo import check_demonstration
from tests.deploy.image import Builder, Image
from tests.engines import scratch
from tests.flows.command import free_port

# The first one builds what all need.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    folder = scratch() / "buildah"
    folder.mkdir()
    builder = Builder(folder)
    try:
        yield builder.build()
    finally:
        builder.remove()


def test_the_image_says_what_it_is(image: Image) -> None:
    config = image.config
    assert config["User"] == "10001:10001"
    assert config["Entrypoint"] == ["hoistway"]
    assert config["ExposedPorts"] == {"8080/tcp": {}}
    assert set(config["Volumes"]) == {"/var/lib/hoistway"}
    assert config["StopSignal"] == "SIGTERM"
    word, *words = config["Cmd"]
    asked = parser().parse_args(words)
    assert (word, asked.host, asked.port) == ("serve", "0.0.0.0", 8080)


def test_the_program_is_the_one_of_the_wheel(image: Image) -> None:
    said = image.run("hoistway", "--version")
    assert (said.returncode, said.stdout.strip()) == (0, __version__), said.stderr
    assert image.run("python", "-c", "import asyncpg, hoistway").returncode == 0
    assert not (image.root / "dist").exists(), "what it was built from stays in the first stage"
    assert image.run("python", "-c", "import pip").returncode == 1


def test_nothing_in_it_is_its_users_but_the_volume(image: Image) -> None:
    owned = [path for path in (image.root / "opt").rglob("*") if path.lstat().st_uid != 0]
    assert owned == []
    volume = (image.root / "var" / "lib" / "hoistway").stat()
    assert (volume.st_uid, volume.st_gid, volume.st_mode & 0o777) == (10001, 10001, 0o700)
    written = image.run("sh", "-c", "id -u; touch /var/lib/hoistway/mine; touch /opt/hoistway/theirs")
    assert written.stdout.strip() == "10001"
    assert "Read-only file system" in written.stderr
    assert "mine" not in written.stderr


def test_its_server_answers(image: Image, tmp_path: Path) -> None:
    """A token, units, a page with its static files; its health check says so, and SIGTERM ends it in order."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    words = (
        *image.config["Entrypoint"],
        "serve",
        "--demo",
        "--data",
        "demo",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    )
    health = [word.replace("8080", str(port)) for word in image.config["Healthcheck"]["Test"]]
    assert health.pop(0) == "CMD"
    assert image.run(*health).returncode != 0, "nobody answers yet"

    def healthy() -> None:
        done = image.run(*health)
        assert done.returncode == 0, shlex.join(health) + done.stderr

    check_demonstration(image.command(*words), base, tmp_path, bare_environment(), healthy)
