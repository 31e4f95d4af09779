"""Dovecot's own OAuth 2 client: a mail server asks introspection about the token that a mail program brings (RFC 7662)."""

import imaplib
import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

import httpx2
import pytest

from hoistway.store.change_row import change_row
from hoistway.store.db import Writer
from tests.flows.test_daemon import FORM, post
from tests.server import Served, change
from tests.world import API_URI, SECRET

CONFIGURATION = """
protocols = imap
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
ssl = no
auth_failure_delay = 0
disable_plaintext_auth = no
auth_mechanisms = xoauth2 oauthbearer
mail_location = maildir:{folder}/mail/%u
default_internal_user = {internal}
default_login_user = {login}
default_internal_group = {group}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {folder}/oauth2.conf
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
first_valid_uid = 0
first_valid_gid = 0
"""
OAUTH2 = """
introspection_mode = post
introspection_url = http://web:{secret}@{host}/oauth2/introspect
active_attribute = active
active_value = true
username_attribute = username
"""


@dataclass(frozen=True)
class MailServer:
    port: int
    log: Path

    def sign_in(self, user: str, token: str, mechanism: str = "XOAUTH2") -> str:
        """The answer of the server, OK or what it refused with."""
        if mechanism == "XOAUTH2":
            sent = f"user={user}\x01auth=Bearer {token}\x01\x01"
        else:
            sent = f"n,a={user},\x01host=127.0.0.1\x01port={self.port}\x01auth=Bearer {token}\x01\x01"
        with imaplib.IMAP4("127.0.0.1", self.port, timeout=30) as mail:
            try:
                # A second challenge holds the reason; the program answers it with nothing.
                answers = iter([sent.encode(), b""])
                return mail.authenticate(mechanism, lambda _challenge: next(answers))[0]
            except imaplib.IMAP4.error as error:
                return str(error)


def _configure(folder: Path, served: Served, port: int) -> Path:
    own = pwd.getpwuid(os.getuid())
    internal, login, group = ("dovecot", "dovenull", "dovecot") if own.pw_uid == 0 else (own.pw_name,) * 3
    (folder / "oauth2.conf").write_text(OAUTH2.format(secret=SECRET, host=served.url.removeprefix("http://")))
    values = {"folder": folder, "port": port, "internal": internal, "login": login, "group": group}
    file = folder / "dovecot.conf"
    file.write_text(CONFIGURATION.format(**values, uid=own.pw_uid, gid=own.pw_gid))
    return file


@pytest.fixture(scope="module")
def mail(served: Served) -> Iterator[MailServer]:
    """A mail server whose client, "web", is the API's introspector."""

    async def name_introspector(tx: Writer) -> None:
        await change_row(tx, "apis", "customer-api", {"client_id": "web"})

    change(served.database, name_introspector)
    # The paths of its sockets may be 100 characters long, and its login processes must reach them.
    folder = Path(mkdtemp(prefix="dovecot-", dir="/tmp"))
    folder.chmod(0o755)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(["dovecot", "-F", "-c", str(_configure(folder, served, port))], stderr=subprocess.PIPE)
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield MailServer(port, folder / "log")
    process.terminate()
    process.communicate(timeout=30)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
def test_a_mail_program_signs_in_with_its_own_token(served: Served, mail: MailServer, mechanism: str) -> None:
    token = post(served, **FORM, scope=API_URI).json()["access_token"]
    assert mail.sign_in("daemon-a", token, mechanism) == "OK", mail.log.read_text()


def test_a_token_that_ended_or_names_another_signs_nobody_in(served: Served, mail: MailServer) -> None:
    token = post(served, **FORM, scope=API_URI).json()["access_token"]
    assert "failed" in mail.sign_in("daemon-b", token).lower()
    revoked = httpx2.post(f"{served.url}/oauth2/revoke", data={"token": token, "client_id": "ropc"})
    assert revoked.status_code == 200
    assert "failed" in mail.sign_in("daemon-a", token).lower()
    other = post(served, **FORM, scope="openid").json()["access_token"]
    assert "failed" in mail.sign_in("daemon-a", other).lower(), "a token for another audience"
