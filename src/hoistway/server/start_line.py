"""The first line of the log: which version runs, with which settings, and where; never a secret."""

import platform
from typing import Final

from hoistway import __version__
from hoistway.server.listening import Listen
from hoistway.settings import Settings
from hoistway.store.open import engine_of

TOLD: Final = (
    "base_url", "brand", "support", "trusted_proxies", "access_log", "keep_hourly_use", "keep_daily_use", "keep_requests",
    "keep_audit", "four_eyes", "staff_factors", "hsts", "connections", "connections_per_address", "taken_within", "remember_passwords",
    "replica_age", "audit_archive", "breached_passwords", "mail_texts", "outbound_loopback",
)  # fmt: skip
"""As they are, times in seconds."""
TOLD_OTHERWISE: Final = ("database", "replica", "mail", "metrics", "traces")
"""What may hold a password is told in part."""
UNTOLD: Final = (
    "master_key", "older_master_keys", "master_key_file", "code_lifetime", "id_token_lifetime", "refresh_idle",
    "refresh_absolute", "refresh_grace", "refresh_grace_elsewhere", "session_lifetime", "ticket_lifetime", "key_lifetime",
    "key_lead", "cache_seconds", "hashing_threads", "demonstration",
)  # fmt: skip
"""Secrets, and what nobody sets."""


def start_facts(settings: Settings, listen: Listen) -> dict[str, object]:
    host = f"[{listen.host}]" if ":" in listen.host else listen.host
    mail, metrics = settings.mail, settings.metrics
    return {
        "version": __version__,
        "python": platform.python_version(),
        "workers": listen.workers,
        "database": engine_of(settings.database),
        "replica": settings.replica is not None,
        "listens": f"{'http' if listen.tls_cert is None else 'https'}://{host}:{listen.port}",
        "metrics": None if metrics is None else f"{metrics.host}:{metrics.port}",
        "traces": settings.traces,
        "mail": None if mail is None else f"{mail.host}:{mail.port}",
        "settings": {name: getattr(settings, name) for name in TOLD},
    }
