"""What the console's forms share where a second operator must approve: who acts."""

from hoistway.accounts.erasing import eraser_of
from hoistway.accounts.hand import Hand
from hoistway.portal.changing import Change


def hand_of(change: Change) -> Hand:
    engine = change.engine
    eraser = eraser_of(engine.refresh_secret, engine.vault, engine.lockout)
    return Hand(change.tx, change.by, engine.settings.four_eyes, engine.now(), change.record, eraser)
