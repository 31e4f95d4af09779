"""Colours that can be read on the pages (WCAG 2.2, https://www.w3.org/TR/WCAG22/#contrast-minimum)."""


def shade(colour: str, against: str) -> str:
    """Moves a colour towards black or white until its contrast with the other is 4.5:1 (WCAG 2.2, 1.4.3)."""
    channels = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    end = 0 if luminance(against) > 0.18 else 255
    mixes = ([round(channel + (end - channel) * step / 100) for channel in channels] for step in range(101))
    return next(mixed for mix in mixes if contrast(mixed := "#{:02x}{:02x}{:02x}".format(*mix), against) >= 4.5)


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.2)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
              for c in (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))]  # fmt: skip
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
