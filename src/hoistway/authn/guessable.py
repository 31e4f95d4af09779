"""How many guesses a password takes, by zxcvbn (https://www.usenix.org/conference/usenixsecurity16/technical-sessions/presentation/wheeler)."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

ENOUGH: Final = 3
"""Of 4: more than a hundred million guesses."""
TAKES: Final = 72
"""Characters; the cost grows with their square."""
WITHIN: Final = 30
"""Seconds for a machine that is busy; the process limits its own processor time."""
MOST_KNOWN: Final = 40
LONGEST_KNOWN: Final = 100
SAYS: Final = {
    "Use a few words, avoid common phrases.": "few_words",
    "No need for symbols, digits, or uppercase letters.": "no_symbols",
    "Add another word or two. Uncommon words are better.": "more_words",
    "Straight rows of keys are easy to guess.": "rows",
    "Short keyboard patterns are easy to guess.": "keyboard",
    "Use a longer keyboard pattern with more turns.": "more_turns",
    'Repeats like "aaa" are easy to guess.': "repeats",
    'Repeats like "abcabcabc" are only slightly harder to guess than "abc".': "repeated",
    "Avoid repeated words and characters.": "no_repeats",
    'Sequences like "abc" or "6543" are easy to guess.': "sequences",
    "Avoid sequences.": "no_sequences",
    "Recent years are easy to guess.": "years",
    "Avoid recent years.": "no_years",
    "Avoid years that are associated with you.": "no_own_years",
    "Dates are often easy to guess.": "dates",
    "Avoid dates and years that are associated with you.": "no_dates",
    "This is a top-10 common password.": "top_10",
    "This is a top-100 common password.": "top_100",
    "This is a very common password.": "common",
    "This is similar to a commonly used password.": "like_common",
    "A word by itself is easy to guess.": "one_word",
    "Names and surnames by themselves are easy to guess.": "one_name",
    "Common names and surnames are easy to guess.": "names",
    "Capitalization doesn't help very much.": "capitals",
    "All-uppercase is almost as easy to guess as all-lowercase.": "all_capitals",
    "Reversed words aren't much harder to guess.": "reversed",
    "Predictable substitutions like '@' instead of 'a' don't help very much.": "substitutions",
}
"""What zxcvbn says, and the keys of our sentences for it (web/password_words)."""
_PROGRAM: Final = Path(__file__).with_name("zxcvbn_process.py")


class NoEstimate(Exception):
    """The process failed or took too long; its text says how."""


def known_words(texts: Iterable[str | None]) -> list[str]:
    """Names and addresses, and the words that they consist of."""
    found: dict[str, None] = {}
    for text in texts:
        if text:
            words = "".join(letter if letter.isalnum() else " " for letter in text).split()
            found |= dict.fromkeys(one[:LONGEST_KNOWN].lower() for one in (text.strip(), *words) if len(one) > 2)
    return list(found)[:MOST_KNOWN]


def why_guessable(password: str, known: Sequence[str]) -> list[str]:
    """Keys of sentences; none where it takes enough guesses, also without the known words in it, however they are put together. Takes
    a tenth of a second of processor time in another process. Raises NoEstimate."""
    rest = _without(password, known)
    ends, ends_of_rest = _ends(password), _ends(rest)
    answers = _ask([*ends, *ends_of_rest], known)
    best, best_rest = (max(some, key=_score) for some in (answers[: len(ends)], answers[len(ends) :]))
    if min(_score(best), _score(best_rest)) >= ENOUGH:
        return []
    keys = [SAYS[one] for one in best["says"] if one in SAYS]
    return (["known"] if best["is_known"] or _score(best) >= ENOUGH else []) + (keys or ["more_words"])


def _ends(password: str) -> list[str]:
    """Of a long password the better of its two ends counts."""
    return [password] if len(password) <= TAKES else [password[:TAKES], password[-TAKES:]]


def _without(password: str, known: Sequence[str]) -> str:
    words = sorted((re.escape(word) for word in known), key=len, reverse=True)
    rest = re.sub("|".join(words), "", password, flags=re.IGNORECASE) if words else password
    # zxcvbn takes no empty text.
    return rest or "a"


def _score(answer: Mapping[str, Any]) -> int:
    return answer["score"] or 0


def _ask(passwords: Sequence[str], known: Sequence[str]) -> list[dict[str, Any]]:
    """The environment holds secrets, which this process needs none of."""
    asked = json.dumps({"passwords": passwords, "known": known})
    try:
        done = subprocess.run(  # noqa: S603  # our own program, with nothing of the caller's in its arguments
            [sys.executable, "-S", "-P", str(_PROGRAM)], input=asked, capture_output=True, text=True, timeout=WITHIN,
            env={"PYTHONPATH": os.pathsep.join(sys.path)}, check=True,
        )  # fmt: skip
        answers: list[dict[str, Any]] = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        raise NoEstimate(f"no estimate within {WITHIN} seconds") from None
    except (OSError, subprocess.CalledProcessError, ValueError) as error:
        # Not its message: that of a failed process could hold what it was given.
        raise NoEstimate(f"the estimate failed: {type(error).__name__}") from None
    if len(answers) != len(passwords):
        raise NoEstimate("the estimate failed: not as many answers as passwords")
    return answers
