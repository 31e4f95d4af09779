"""A form that makes something carries a number, from which the id follows: sent again, it finds what it made before."""

import hmac
import os
import uuid
from hashlib import sha256

from hoistway.engine import Engine
from hoistway.portal.visit import Visit
from hoistway.protocol.jwt import b64url


def new_number() -> str:
    return b64url(os.urandom(15))


def id_of(engine: Engine, visit: Visit, what: str) -> str:
    """A UUID that nobody can choose: it hangs on a secret of ours and on the browser, besides the form's number."""
    number = visit.form.get("once") or new_number()
    text = f"once\x00{what}\x00{visit.browser.id}\x00{number}"
    digest = hmac.new(engine.cookie_secret, text.encode("utf-8", "surrogatepass"), sha256).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))
