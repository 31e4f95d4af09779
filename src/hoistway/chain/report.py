"""What verifying found: how far the chain holds, and every place where it does not."""

from collections import Counter
from typing import Final, Literal

import msgspec

Kind = Literal[
    "altered", "removed", "inserted", "reordered", "late", "seal altered", "seal missing", "mark altered", "head"
]
KINDS: Final[dict[Kind, str]] = {
    "altered": "it does not say what was sealed",
    "removed": "it was sealed, and is neither here nor among those that were old enough to go",
    "inserted": "no seal covers it, although its place was sealed",
    "reordered": "it stands in the place of another entry",
    "late": "it appeared after its place was sealed, and was sealed later",
    "seal altered": "the seal is not what this server made; its entries are not proven",
    "seal missing": "the seal is gone; its entries are not proven",
    "mark altered": "the mark up to where old entries were removed is not what this server made",
    "head": "the chain does not say what was put down elsewhere",
}
MOST_TOLD: Final = 100
"""Findings that are told one by one; all are counted."""


class Finding(msgspec.Struct, frozen=True):
    """`place` counts entries from the beginning of the chain, `where` is "database" or a file of the archive."""

    kind: Kind
    where: str
    entry: str | None = None
    seal: int | None = None
    place: int | None = None


class Report(msgspec.Struct):
    """`verified` entries are what they were when they were sealed, of which `rewritten` were lawfully rewritten since;
    `archived` of them are in the archive. `gone` are at the beginning, and were old enough to be removed. `unsealed` are
    newer than the last seal. `unproven` are in the archive and older than the first seal that is kept."""

    verified: int = 0
    rewritten: int = 0
    late: int = 0
    archived: int = 0
    gone: int = 0
    unproven: int = 0
    unsealed: int = 0
    seals: int = 0
    up_to: str = ""
    sealed_at: int | None = None
    head: str = ""
    counts: Counter[str] = msgspec.field(default_factory=Counter)
    findings: list[Finding] = msgspec.field(default_factory=list)

    def add(self, *findings: Finding) -> None:
        for one in findings:
            self.counts[one.kind] += 1
            if len(self.findings) < MOST_TOLD:
                self.findings.append(one)

    @property
    def holds(self) -> bool:
        return not self.counts
