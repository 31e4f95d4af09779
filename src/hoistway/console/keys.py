"""Signing keys: which ones sign, which are next, and which only verify; and rotating them at once."""

from msgspec import Struct
from starlette.responses import Response

from hoistway.engine import Engine
from hoistway.portal.changing import Moved, operating
from hoistway.portal.visit import Visit, see_other
from hoistway.store.db import Conflict
from hoistway.store.keys import Key, all_keys
from hoistway.store.users import User
from hoistway.tokens.keyring import ALGORITHMS, make_key, publish_key

LEAD = 600


class ShownKey(Struct, frozen=True):
    """`state` is coming, signing, retired or gone."""

    key: Key
    state: str


def state_of(key: Key, now: int) -> str:
    if key.gone_at is not None and key.gone_at <= now:
        return "gone"
    if key.retired_at is not None and key.retired_at <= now:
        return "retired"
    return "coming" if key.signs_from > now else "signing"


def _newest(found: list[Key]) -> list[str]:
    """The id of the key of each algorithm that was published last: it changes with a rotation, but not merely with
    time."""
    newest = {key.alg: key.id for key in sorted(found, key=lambda key: (key.published_at, key.id))}
    return sorted(newest.values())


async def keys(engine: Engine, visit: Visit, operator: User) -> Response:
    """GET /console/keys; POST rotates both algorithms. The new keys sign after ten minutes."""
    now = engine.now()
    if visit.posted:
        visit.check_shown(*_newest(await all_keys(engine.db)))
        made = [await make_key(engine.db, engine.vault, alg, now, lead=LEAD) for alg in ALGORITHMS]
        try:
            async with operating(engine, visit, operator) as change:
                change.check_shown(*_newest(await all_keys(change.tx)))
                for key in made:
                    await publish_key(change.tx, key)
                await change.record("keys.rotated", made=[key.id for key in made])
        except Conflict as error:
            raise Moved(log="another process rotated the keys") from error
        await engine.keyring.load(engine.db, now)
        return see_other(visit.path, "notice_rotated")
    found = await all_keys(engine.db)
    rows = [ShownKey(key, state_of(key, now)) for key in found]
    return engine.pages.portal(
        "console/keys.html", visit.showing(*_newest(found)), rows=sorted(rows, key=lambda row: -row.key.published_at),
        days=engine.settings.key_lifetime // 86_400,
    )  # fmt: skip
