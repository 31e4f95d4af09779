"""Says how long ago something was, or in how long it will be; the exact time is shown as a tooltip."""

from typing import Final

from hoistway.web.words import Lang

_UNITS: Final = ((86_400 * 365, "year"), (86_400 * 30, "month"), (86_400, "day"), (3600, "hour"), (60, "minute"))
_GERMAN: Final = {
    "year": ("Jahr", "Jahren"),
    "month": ("Monat", "Monaten"),
    "day": ("Tag", "Tagen"),
    "hour": ("Stunde", "Stunden"),
    "minute": ("Minute", "Minuten"),
}
_FEMININE: Final = frozenset({"hour", "minute"})


def ago(at: int, now: int, lang: Lang) -> str:
    """3 minutes ago, in 2 days; "just now" within a minute. Both arguments are in seconds since the epoch."""
    apart = abs(now - at)
    size, unit = next(((size, unit) for size, unit in _UNITS if apart >= size), (1, ""))
    if not unit:
        return "gerade eben" if lang == "de" else "just now"
    # Rounded to the nearest: a secret that was made a second ago for 90 days ends in three months, not in two.
    count = round(apart / size)
    if lang == "de":
        one, many = _GERMAN[unit]
        words = f"{'einer' if unit in _FEMININE else 'einem'} {one}" if count == 1 else f"{count} {many}"
        return f"vor {words}" if at <= now else f"in {words}"
    words = f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{words} ago" if at <= now else f"in {words}"
