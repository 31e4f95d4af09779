"""Every metric with its labels and all of their values: the only table of what /metrics reports
(https://prometheus.io/docs/practices/naming/).
"""

from itertools import product
from typing import Final, Literal

from msgspec import Struct

from hoistway.endpoints.b2c import TEMPLATES
from hoistway.grants.registry import GRANTS
from hoistway.measures import CARRIED, DATABASE_REFUSALS, ENDS, MAILS, OTHER, OUTCOMES, SIGN_IN_KINDS, SIGN_INS
from hoistway.protocol.errors import OAuthError
from hoistway.routes import ROUTES
from hoistway.server.housekeeping import JOBS, SELDOM
from hoistway.store.carried_accounts import STATES
from hoistway.tokens.keyring import ALGORITHMS

Kind = Literal["counter", "gauge", "histogram"]
Fold = Literal["sum", "most"]

MICRO: Final = 1_000_000
"""Durations are kept as whole microseconds."""
BINS: Final = len(ENDS) + 1
KNOWN_STATUSES: Final = (
    200, 201, 202, 204, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 406, 408, 409, 410, 412, 413, 414, 415, 422,
    428, 429, 431, 500, 501, 503,
)  # fmt: skip
STATUSES: Final = (*map(str, KNOWN_STATUSES), OTHER)
TEMPLATES_OF_ROUTES: Final = (*dict.fromkeys(route.path for route in ROUTES), *TEMPLATES.values(), OTHER)
MALFORMED: Final = ("400", "408", "431", "505")
JOBS_OF_HOUSE: Final = (
    "up",
    "limits",
    "counts",
    "mail",
    "logouts",
    "bulk",
    *(name for name, _work in (*JOBS, *SELDOM)),
)
CACHES: Final = (
    "clients", "subjects", "apis", "brownouts", "owners", "offers", "keys", "tenants", "origins", "access_tokens",
    "passwords", "unit_pages",
)  # fmt: skip


def _errors(kind: type[OAuthError] = OAuthError) -> set[str]:
    return {kind.error}.union(*(_errors(below) for below in kind.__subclasses__()))


TOKEN_OUTCOMES: Final = ("issued", *sorted(_errors()))


class Family(Struct, frozen=True):
    """`labels` are names with all of their values. `fold` says how the rows of several workers become one number; with
    `lives`, rows of workers that have ended are left out. `is_sparse` is for families most of whose series never occur:
    these are reported from their first occurrence on."""

    name: str
    kind: Kind
    help: str
    labels: tuple[tuple[str, tuple[str, ...]], ...] = ()
    fold: Fold = "sum"
    lives: bool = False
    is_sparse: bool = False

    @property
    def series(self) -> tuple[tuple[str, ...], ...]:
        return tuple(product(*(values for _name, values in self.labels)))

    @property
    def width(self) -> int:
        """The number of integers for one series."""
        return BINS + 1 if self.kind == "histogram" else 1


def _counter(name: str, help: str, *labels: tuple[str, tuple[str, ...]], is_sparse: bool = False) -> Family:
    return Family(name, "counter", help, labels, is_sparse=is_sparse)


def _histogram(name: str, help: str, *labels: tuple[str, tuple[str, ...]], is_sparse: bool = False) -> Family:
    return Family(name, "histogram", help, labels, is_sparse=is_sparse)


def _gauge(name: str, help: str, *labels: tuple[str, tuple[str, ...]], fold: Fold = "sum") -> Family:
    return Family(name, "gauge", help, labels, fold, lives=True)


REQUESTS: Final = _counter(
    "hoistway_requests_total", "Requests that were answered",
    ("route", TEMPLATES_OF_ROUTES), ("status", STATUSES), is_sparse=True,
)  # fmt: skip
DURATIONS: Final = _histogram(
    "hoistway_request_duration_seconds", "Time from the head of a request to its answer",
    ("route", TEMPLATES_OF_ROUTES), is_sparse=True,
)  # fmt: skip

KEPT: Final = (
    REQUESTS,
    DURATIONS,
    _counter(
        "hoistway_tokens_total", "Answers of the token endpoints: a token, or why there was none",
        ("grant", (*GRANTS, OTHER)), ("outcome", (*TOKEN_OUTCOMES, OTHER)),
    ),
    _counter(
        "hoistway_sign_ins_total", "Sign-ins of people by password, passkey and company provider, and passwords of the password grant",
        ("kind", (*SIGN_IN_KINDS, OTHER)), ("outcome", (*SIGN_INS, OTHER)),
    ),
    _counter(
        "hoistway_old_passwords_total", "Passwords that an older system was to prove, by what came of it",
        ("outcome", (*CARRIED, OTHER)),
    ),
    _counter(
        "hoistway_lockouts_total", "Locks that began: of an account, of an address, of an account at an address",
        ("of", ("account", "address", "pair")),
    ),
    _histogram("hoistway_password_hash_seconds", "Time that hashing a password took, without the wait"),
    _histogram("hoistway_password_wait_seconds", "Time that a password waited for its turn to be hashed"),
    _gauge("hoistway_passwords_waiting", "Passwords that wait to be hashed now"),
    _counter("hoistway_passwords_turned_away_total", "Passwords that were not looked at, because too many waited"),
    _histogram(
        "hoistway_database_seconds", "Time in the database: of statements outside transactions, and of transactions",
        ("work", ("statement", "transaction")),
    ),
    _histogram("hoistway_database_wait_seconds", "Time waited for a connection (PostgreSQL) or to write (SQLite)"),
    _gauge("hoistway_database_waiting", "Requests that wait for a connection, or to write, now"),
    _gauge("hoistway_database_connections", "Open connections to the database"),
    _counter(
        "hoistway_database_refusals_total", "Requests answered with 503 because of the database",
        ("cause", (*DATABASE_REFUSALS, OTHER)),
    ),
    _gauge("hoistway_replica_readers", "Workers that read the replica now; the others ask the primary alone"),
    _counter("hoistway_cache_hits_total", "What was found in memory", ("cache", CACHES)),
    _counter("hoistway_cache_misses_total", "What had to be read, or verified, anew", ("cache", CACHES)),
    _counter(
        "hoistway_housekeeping_runs_total", "What the server does beside requests, by how it ended",
        ("task", (*JOBS_OF_HOUSE, OTHER)), ("outcome", (*OUTCOMES, OTHER)),
    ),
    Family(
        "hoistway_housekeeping_last_success_timestamp_seconds", "gauge", "When each job succeeded last, 0 for never",
        (("task", JOBS_OF_HOUSE),), "most",
    ),
    _counter("hoistway_mails_total", "Mails, by what became of the attempt", ("outcome", (*MAILS, OTHER))),
    _gauge(
        "hoistway_carried_accounts", "Accounts whose password comes from an older system, while a tenant is connected",
        ("state", STATES), fold="most",
    ),
    _gauge("hoistway_mails_waiting", "Mails in the outbox", fold="most"),
    _counter("hoistway_logout_tokens_total", "Logout tokens for applications, by what became of the attempt", ("outcome", (*MAILS, OTHER))),
    _gauge("hoistway_logout_tokens_waiting", "Logout tokens that wait to be sent", fold="most"),
    _gauge("hoistway_audit_unsealed", "Entries of the audit trail that no seal covers yet; 100,000 for more", fold="most"),
    _gauge(
        "hoistway_signing_key_rotation_timestamp_seconds", "When the newest signing key reaches its lifetime",
        ("algorithm", ALGORITHMS), fold="most",
    ),
    _gauge("hoistway_certificate_expiry_timestamp_seconds", "When the certificate ends; 0 without TLS", fold="most"),
    _counter(
        "hoistway_malformed_requests_total", "What was no request in HTTP/1.1, or did not arrive whole, by the status of the refusal",
        ("status", (*MALFORMED, OTHER)),
    ),
    _gauge("hoistway_connections", "Connections of callers"),
    _counter("hoistway_connections_turned_away_total", "Connections that were closed because too many were open"),
    _counter("hoistway_calls_not_counted_total", "Calls missing in the pages of use, because the database was away"),
    _counter("hoistway_worker_restarts_total", "Workers that ended by themselves and were started again"),
)  # fmt: skip
"""What stands in shared memory."""

LOOKED_UP: Final = (
    _gauge("hoistway_workers", "Workers that live"),
    _gauge("hoistway_worker_resident_bytes", "Memory of a worker, shared pages included", ("worker", ())),
    Family("hoistway_worker_cpu_seconds_total", "counter", "Processor time of a worker", (("worker", ()),), lives=True),
    _gauge("hoistway_start_timestamp_seconds", "When the server started"),
    _gauge("hoistway_build_info", "Always 1", ("version", ()), ("python", ()), ("database", ())),
)
"""What the process that answers scrapers looks up itself; its labels are of a worker's place, and of this program."""

FAMILIES: Final = (*KEPT, *LOOKED_UP)
