"""The exit codes of all commands (docs/operating.md)."""

REFUSED, USAGE, UNAVAILABLE = 1, 2, 3
EXIT_CODES = (
    "Exit codes: 0 done, 1 refused or failed in part, 2 wrong usage or settings, 3 database or server unavailable."
)
