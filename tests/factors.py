"""Second factors for tests: an authenticator app, and people who have one."""

import pyotp

from hoistway.authn.factors import secret_name
from hoistway.protocol.ids import UserId
from hoistway.store.change_row import change_row
from hoistway.store.db import Writer
from hoistway.store.factors import remove_factors
from hoistway.store.one_time_codes import OneTimeCodes, put_one_time_codes
from hoistway.store.passkeys import Passkey, add_passkey
from hoistway.store.recovery_codes import replace_recovery_codes
from hoistway.store.remembered_devices import Device, add_device
from hoistway.tokens.vault import Vault
from tests.server import MASTER_KEY, change
from tests.world import FAR, NOW

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
STEP = 30


def code_at(at: int, secret: str = SECRET) -> str:
    """What the app shows then."""
    return pyotp.TOTP(secret).at(at)


def wrong_at(at: int, secret: str = SECRET) -> str:
    """Six digits that no step near it has."""
    near = {code_at(at + STEP * step, secret) for step in (-2, -1, 0, 1, 2)}
    return next(code for code in (f"{number:06}" for number in range(10)) if code not in near)


async def give_codes(tx: Writer, name: str, secret: str = SECRET) -> None:
    user_id = UserId(f"u-{name}")
    sealed = Vault(MASTER_KEY).seal(secret_name(user_id), secret.encode())
    await put_one_time_codes(tx, OneTimeCodes(user_id, sealed, 0, NOW))


def with_codes(database: str, *names: str) -> None:
    """These people have an authenticator app with SECRET."""

    async def work(tx: Writer) -> None:
        for name in names:
            await give_codes(tx, name)

    change(database, work)


def require(database: str, of: str | None, customer: str = "c-a") -> None:
    """The customer requires a second factor of these."""
    change(database, lambda tx: change_row(tx, "customers", customer, {"second_factor": of}))


async def give_all(tx: Writer, name: str) -> None:
    """A row in each table of second factors."""
    user_id = UserId(f"u-{name}")
    await remove_factors(tx, user_id)
    await give_codes(tx, name)
    await replace_recovery_codes(tx, user_id, [user_id.encode()], NOW)
    await add_passkey(tx, Passkey(f"key-of-{name}", user_id, "Key", b"", 0, 0, NOW))
    await add_device(tx, Device(user_id.encode(), f"device-of-{name}", user_id, "Firefox", NOW, NOW, NOW, FAR), 10)
