"""A process of its own, started by authn/guessable: estimates how many guesses passwords take, and ends.

zxcvbn holds 14 MB once it is loaded, and its cost grows with the square of the length. Nothing of ours is imported here, so that the
process is ready soon; passwords come by standard input, which nobody else can read.
"""

import json
import resource
import sys
from typing import Any, Final

from zxcvbn import matching, zxcvbn

SECONDS: Final = 5
WAYS: Final = 16
"""In which signs are read as letters: it looks at each, and there are 576 for whoever uses every sign that it knows."""
BYTES: Final = 256 * 1024 * 1024


def estimate(password: str, known: list[str]) -> dict[str, Any]:
    found = zxcvbn(password, user_inputs=known)
    said = found["feedback"]
    return {
        "score": found["score"],
        "says": [one for one in (said["warning"], *said["suggestions"]) if one],
        "is_known": any(_is_known(part) for part in found["sequence"]),
    }


def _is_known(match: dict[str, Any]) -> bool:
    """Also inside of what is repeated."""
    return match.get("dictionary_name") == "user_inputs" or any(map(_is_known, match.get("base_matches", ())))


def bounded(found: dict[str, list[str]]) -> dict[str, list[str]]:
    """Signs by the letter for which they stand: the first alone where there would be too many ways."""
    kept, ways = dict[str, list[str]](), 1
    for letter, signs in found.items():
        kept[letter] = signs if ways * len(signs) <= WAYS else signs[:1]
        ways *= len(kept[letter])
    return kept


def main() -> None:
    all_signs = matching.relevant_l33t_subtable
    matching.relevant_l33t_subtable = lambda password, table: bounded(all_signs(password, table))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    asked = json.load(sys.stdin)
    json.dump([estimate(one, asked["known"]) for one in asked["passwords"]], sys.stdout)


if __name__ == "__main__":
    main()
