"""Formats numbers, shares, times and days for readers of English and German."""

from datetime import UTC, datetime

from msgspec import Struct

from hoistway.web.words import Lang

_MONTHS = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "de": ("Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sep.", "Okt.", "Nov.", "Dez."),
}
_PERIODS = {
    "en": ((86_400, "day", "days"), (3600, "hour", "hours"), (60, "minute", "minutes"), (1, "second", "seconds")),
    "de": ((86_400, "Tag", "Tage"), (3600, "Stunde", "Stunden"), (60, "Minute", "Minuten"), (1, "Sekunde", "Sekunden")),
}
_NARROW = "\u202f"


class Figures(Struct, frozen=True):
    """Templates call these; each takes plain numbers."""

    lang: Lang

    def _localized(self, text: str) -> str:
        return text if self.lang == "en" else text.translate(str.maketrans(",.", ".,"))

    def count(self, number: float) -> str:
        """12,345"""
        return self._localized(f"{number:,.0f}")

    def short(self, number: float) -> str:
        """950, 12k, 1.5M: for the labels of an axis."""
        for size, letter in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
            if number >= size and number >= 10_000:
                return self._localized(f"{number / size:g}") + _NARROW + letter
        return self._localized(f"{number:,g}")

    def share(self, part: float, whole: float) -> str:
        """1.2%. It never says 0% where there is something, nor 100% where something is missing."""
        if whole <= 0:
            return "–"
        percent, sign = 100 * part / whole, "%" if self.lang == "en" else f"{_NARROW}%"
        if 0 < percent < 0.1:
            return self._localized("< 0.1") + sign
        if 99.9 < percent < 100:
            return self._localized("> 99.9") + sign
        return self._localized(f"{percent:.2g}" if percent < 10 else f"{percent:.3g}") + sign

    def milliseconds(self, value: float | None) -> str:
        """0.63 ms, 12 ms, 1.4 s"""
        if value is None:
            return "–"
        if value >= 1000:
            return self._localized(f"{value / 1000:.2g}" if value < 10_000 else f"{value / 1000:,.0f}") + f"{_NARROW}s"
        return self._localized(f"{value:.2g}" if value < 10 else f"{value:.0f}") + f"{_NARROW}ms"

    def period(self, seconds: int) -> str:
        """minute, 90 seconds, day, 30 days: what follows the word "per"."""
        size, one, many = next(row for row in _PERIODS[self.lang] if seconds % row[0] == 0)
        return one if seconds == size else f"{self.count(seconds // size)}{_NARROW}{many}"

    def day(self, at: int) -> str:
        """12 Jul"""
        moment = datetime.fromtimestamp(at, UTC)
        return f"{moment.day}{'.' if self.lang == 'de' else ''} {_MONTHS[self.lang][moment.month - 1]}"

    def hour(self, at: int) -> str:
        """14:00"""
        return datetime.fromtimestamp(at, UTC).strftime("%H:%M")
