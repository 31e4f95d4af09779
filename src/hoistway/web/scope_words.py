"""The meaning of scopes, in German where the operator kept a description that Hoistway proposes. Other descriptions are
shown as the operator wrote them.
"""

from typing import Final

from hoistway.web.words import Lang

GERMAN: Final = {
    "See your lifts and escalators": "Ihre Aufzüge und Fahrtreppen sehen",
    "See your profile": "Ihr Profil sehen",
    "Change your profile": "Ihr Profil ändern",
}


def scope_meaning(description: str, lang: Lang) -> str:
    """The description of one scope in the reader's language."""
    return GERMAN.get(description, description) if lang == "de" else description
