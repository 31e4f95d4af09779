"""What is said of a new password that is refused: what would help, in both languages."""

from collections.abc import Iterable
from typing import Final

from hoistway.web.words import Lang, Words

EN: Final[Words] = {
    "too_short_15": "Use at least 15 characters. A few words that have nothing to do with each other are easy to remember.",
    "too_short_8": "Use at least 8 characters.",
    "too_long": "Use at most 1,024 characters.",
    "breached": "This password is in a list of passwords that were stolen elsewhere. Choose another one.",
    "known": "It contains your name, your address or the name of this service, which guessers try first.",
    "few_words": "Use a few words, and avoid common phrases.",
    "no_symbols": "You don’t need symbols, digits or capital letters.",
    "more_words": "Add another word or two. Uncommon words are better.",
    "rows": "Straight rows of keys are easy to guess.",
    "keyboard": "Short keyboard patterns are easy to guess.",
    "more_turns": "Use a longer keyboard pattern with more turns.",
    "repeats": "Repeats like “aaa” are easy to guess.",
    "repeated": "Repeats like “abcabcabc” are only slightly harder to guess than “abc”.",
    "no_repeats": "Avoid repeated words and characters.",
    "sequences": "Sequences like “abc” or “6543” are easy to guess.",
    "no_sequences": "Avoid sequences.",
    "years": "Recent years are easy to guess.",
    "no_years": "Avoid recent years.",
    "no_own_years": "Avoid years that have to do with you.",
    "dates": "Dates are often easy to guess.",
    "no_dates": "Avoid dates and years that have to do with you.",
    "top_10": "This is one of the ten most common passwords.",
    "top_100": "This is one of the hundred most common passwords.",
    "common": "This is a very common password.",
    "like_common": "This is similar to a common password.",
    "one_word": "A word by itself is easy to guess.",
    "one_name": "Names by themselves are easy to guess.",
    "names": "Common names are easy to guess.",
    "capitals": "Capital letters don’t help very much.",
    "all_capitals": "All capitals are almost as easy to guess as all small letters.",
    "reversed": "Reversed words aren’t much harder to guess.",
    "substitutions": "Predictable substitutions like “@” for “a” don’t help very much.",
}
DE: Final[Words] = {
    "too_short_15": "Verwenden Sie mindestens 15 Zeichen. Einige Wörter, die nichts miteinander zu tun haben, merken Sie sich leicht.",
    "too_short_8": "Verwenden Sie mindestens 8 Zeichen.",
    "too_long": "Verwenden Sie höchstens 1.024 Zeichen.",
    "breached": "Dieses Passwort steht in einer Liste anderswo gestohlener Passwörter. Wählen Sie ein anderes.",
    "known": "Es enthält Ihren Namen, Ihre Adresse oder den Namen dieses Dienstes; das wird zuerst geraten.",
    "few_words": "Verwenden Sie einige Wörter, aber keine geläufige Wendung.",
    "no_symbols": "Sonderzeichen, Ziffern und Großbuchstaben sind nicht nötig.",
    "more_words": "Fügen Sie ein oder zwei Wörter hinzu, am besten ungewöhnliche.",
    "rows": "Gerade Tastenreihen sind leicht zu erraten.",
    "keyboard": "Kurze Tastaturmuster sind leicht zu erraten.",
    "more_turns": "Verwenden Sie ein längeres Tastaturmuster mit mehr Richtungswechseln.",
    "repeats": "Wiederholungen wie „aaa“ sind leicht zu erraten.",
    "repeated": "Wiederholungen wie „abcabcabc“ sind kaum schwerer zu erraten als „abc“.",
    "no_repeats": "Vermeiden Sie wiederholte Wörter und Zeichen.",
    "sequences": "Folgen wie „abc“ oder „6543“ sind leicht zu erraten.",
    "no_sequences": "Vermeiden Sie Folgen.",
    "years": "Jahreszahlen der letzten Zeit sind leicht zu erraten.",
    "no_years": "Vermeiden Sie Jahreszahlen der letzten Zeit.",
    "no_own_years": "Vermeiden Sie Jahreszahlen, die mit Ihnen zu tun haben.",
    "dates": "Datumsangaben sind oft leicht zu erraten.",
    "no_dates": "Vermeiden Sie Datumsangaben und Jahreszahlen, die mit Ihnen zu tun haben.",
    "top_10": "Das ist eines der zehn häufigsten Passwörter.",
    "top_100": "Das ist eines der hundert häufigsten Passwörter.",
    "common": "Das ist ein sehr häufiges Passwort.",
    "like_common": "Das ähnelt einem häufigen Passwort.",
    "one_word": "Ein einzelnes Wort ist leicht zu erraten.",
    "one_name": "Namen allein sind leicht zu erraten.",
    "names": "Häufige Namen sind leicht zu erraten.",
    "capitals": "Großbuchstaben helfen nicht viel.",
    "all_capitals": "Nur Großbuchstaben sind fast so leicht zu erraten wie nur Kleinbuchstaben.",
    "reversed": "Umgedrehte Wörter sind kaum schwerer zu erraten.",
    "substitutions": "Naheliegende Ersetzungen wie „@“ für „a“ helfen nicht viel.",
}
PASSWORD_WORDS: Final[dict[Lang, Words]] = {"en": EN, "de": DE}


def said_of(reasons: Iterable[str], lang: Lang) -> str:
    """All that would help, in one text."""
    return " ".join(PASSWORD_WORDS[lang][one] for one in reasons)
