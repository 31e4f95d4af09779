"""Letters about an account. Their links begin with the configured address; a Host header must not decide it
(https://www.rfc-editor.org/rfc/rfc9700#section-4.13)."""

from collections.abc import Mapping

from msgspec import Struct, field

from hoistway.engine import Engine
from hoistway.mail.letter import Letter
from hoistway.mail.post import lang_of
from hoistway.store.users import User
from hoistway.web.words import Lang


class Words(Struct, frozen=True):
    """The sentences have the keys `mail_`, `kind` and `_subject`, nothing, `_do`, `_why`; `named` fills their braces. `path`
    is where the letter's link leads."""

    kind: str
    path: str
    named: Mapping[str, str] = field(default_factory=dict)


def letter_to(engine: Engine, user: User, words: Words, lang: Lang | None = None) -> Letter:
    return write_letter(engine, lang or lang_of(user), words, user.name)


def write_letter(engine: Engine, lang: Lang, words: Words, name: str) -> Letter:
    t, named = engine.letters[lang], {"brand": engine.pages.brand.name, **words.named}
    key = f"mail_{words.kind}"
    return Letter(
        lang,
        t[f"{key}_subject"].format(**named),
        t["mail_hello"].format(name=name),
        t[key].format(**named),
        "",
        "",
        t[f"{key}_do"].format(**named),
        f"{engine.settings.base_url}{words.path}",
        t[f"{key}_why"].format(**named),
    )
