"""The image of deploy/Containerfile: built by Debian's buildah without a registry, and its root put up without write access.

It begins with a Debian that mmdebstrap makes. That takes longer than all the rest, so it is kept in the user's cache folder."""

import fcntl
import hashlib
import json
import os
import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.deploy.built import bare_environment, checkout, run
from tests.deploy.document import STEPS, placed
from tests.engines import scratch

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hoistway-tests"
TAG, BASE = "localhost/hoistway:0.1.0", "localhost/hoistway-base"
# Without what no program reads, and without waiting for a disk: it is made anew if need be.
MAKE_BASE = (
    "mmdebstrap", "--quiet", "--variant=essential", "--include=python3,python3-venv,passwd,libstdc++6", "--dpkgopt=force-unsafe-io",
    *(f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("doc", "locale", "man")),
)  # fmt: skip
_STORAGE = '[storage]\ndriver = "overlay"\ngraphroot = "{folder}/graph"\nrunroot = "{folder}/run"\n'
# Below it nothing can be written to, but for the volume: that of a fresh container, which is its user's.
_INSIDE = """set -e
mount --bind "$ROOT" "$ROOT"
mount --rbind /dev "$ROOT/dev"
mount -t tmpfs -o "mode=700,uid=$OWNER,gid=$OWNER" tmpfs "$ROOT/var/lib/hoistway"
mount -o remount,bind,ro "$ROOT"
exec chroot --userspec="$OWNER:$OWNER" "$ROOT" env -i "$@"
"""


def codename() -> str:
    """Of this Debian, so that the Python of the image is that of the tests' machine."""
    return platform.freedesktop_os_release()["VERSION_CODENAME"]


def base_archive() -> Path:
    """A tar of a small Debian with Python."""
    CACHE.mkdir(parents=True, exist_ok=True)
    kind = hashlib.sha256(" ".join(MAKE_BASE).encode()).hexdigest()[:8]
    archive = CACHE / f"{codename()}-{platform.machine()}-{kind}.tar"
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not archive.exists():
            made = archive.with_suffix(f".{os.getpid()}.tar")
            words = [*MAKE_BASE, codename(), str(made)]
            environment = os.environ | {"TMPDIR": str(scratch())}
            done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=500)
            assert done.returncode == 0, done.stderr
            made.replace(archive)
    return archive


@dataclass(frozen=True)
class Image:
    """`root` is its root file system, as buildah mounts it; `config` what it says of itself."""

    root: Path
    config: dict[str, Any]

    @property
    def owner(self) -> str:
        user: str = self.config["User"]
        return user.partition(":")[0]

    def command(self, *words: str, **more: str) -> list[str]:
        """That runs the words inside, as the image's user, in its environment and no other."""
        said = [*self.config["Env"], *(f"{name}={value}" for name, value in more.items())]
        script = _INSIDE.replace("$ROOT", str(self.root)).replace("$OWNER", self.owner)
        inside = ["-C", self.config["WorkingDir"], *said, *words]
        return ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh", *inside]

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(self.command(*words), capture_output=True, text=True, check=False, timeout=60)


class Builder:
    """buildah with a store of its own in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.environment = {
            **bare_environment(),
            "BUILDAH_ISOLATION": "chroot",
            "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
        }
        (folder / "storage.conf").write_text(_STORAGE.format(folder=folder))

    def buildah(self, *words: str) -> str:
        done = subprocess.run(
            ["buildah", *words], capture_output=True, text=True, env=self.environment, check=False, timeout=300
        )
        assert done.returncode == 0, f"buildah {' '.join(words)}\n{done.stdout}{done.stderr}"
        return done.stdout.strip()

    def make_base(self) -> None:
        container = self.buildah("from", "scratch")
        self.buildah("add", "--quiet", container, str(base_archive()), "/")
        self.buildah("commit", "--quiet", "--rm", container, BASE)

    def build(self) -> Image:
        """By the commands of the document, on the base that is here."""
        self.make_base()
        (commands,) = STEPS["In a container"]
        said = {"/path/to/checkout": str(checkout()), "--tag ": f"--build-arg BASE={BASE} --tag "}
        exported = "".join(
            f"export {name}='{self.environment[name]}'\n" for name in ("BUILDAH_ISOLATION", "CONTAINERS_STORAGE_CONF")
        )
        run(exported + placed(commands, said))
        container = self.buildah("from", "--pull-never", TAG)
        image = json.loads(self.buildah("inspect", "--type", "image", TAG))
        return Image(Path(self.buildah("mount", container)), image["Docker"]["config"])

    def remove(self) -> None:
        self.buildah("umount", "--all")
        self.buildah("rm", "--all")
