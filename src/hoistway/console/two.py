"""What the console's forms share where a second operator must approve: who acts, and what to say where it can't be done."""

from hoistway.accounts.erasing import eraser_of
from hoistway.approving.proposing import Hand
from hoistway.portal.changing import Change
from hoistway.products.beginning import LOOK_BACK_DAYS
from hoistway.store.keyless_uses import Keyless
from hoistway.web.figures import Figures
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.words import Lang


def hand_of(change: Change) -> Hand:
    engine = change.engine
    eraser = eraser_of(engine.refresh_secret, engine.vault, engine.lockout)
    return Hand(change.tx, change.by, engine.settings.four_eyes, engine.now(), change.record, eraser)


def cut_words(lang: Lang, cut: Keyless) -> str:
    count = Figures(lang).count
    return PORTAL_WORDS[lang]["keyless_cut"].format(
        applications=count(cut.applications), customers=count(cut.customers), days=LOOK_BACK_DAYS
    )
