"""What scopes mean, in German where an operator kept the sentence that Hoistway proposes; their own stands as they wrote it."""

from typing import Final

from hoistway.web.words import Lang

GERMAN: Final = {
    "See your lifts and escalators": "Ihre Aufzüge und Fahrtreppen sehen",
    "See your profile": "Ihr Profil sehen",
    "Change your profile": "Ihr Profil ändern",
}


def scope_meaning(description: str, lang: Lang) -> str:
    """The sentence of one scope for a reader."""
    return GERMAN.get(description, description) if lang == "de" else description
