"""Writes when things were last used, about once a minute, so that no request waits for it."""

from hoistway.engine import Engine
from hoistway.store.client_secrets import mark_secrets_used
from hoistway.store.client_uses import mark_clients_used
from hoistway.store.scim_tokens import mark_tokens_used
from hoistway.store.session_lists import mark_sessions_used
from hoistway.store.subscription_keys import mark_keys_used


async def note_uses(engine: Engine) -> None:
    """Stores when each secret, application, subscription key, token of SCIM and session was last used."""
    secrets, clients, keys = dict(engine.secrets_used), dict(engine.clients_used), dict(engine.keys_used)
    tokens, sessions = dict(engine.scim_used), dict(engine.sessions_used)
    for waiting in (
        engine.secrets_used, engine.clients_used, engine.keys_used, engine.scim_used, engine.sessions_used,
    ):  # fmt: skip
        waiting.clear()
    if not clients and not keys and not tokens and not sessions:
        return
    try:
        async with engine.db.write() as tx:
            await mark_secrets_used(tx, secrets)
            await mark_clients_used(tx, clients)
            await mark_keys_used(tx, keys)
            await mark_tokens_used(tx, tokens)
            await mark_sessions_used(tx, sessions)
    except BaseException:
        # Kept for the next time, unless they were used again since. If the write did succeed, repeating it changes
        # nothing.
        engine.secrets_used.update(secrets | engine.secrets_used)
        engine.clients_used.update(clients | engine.clients_used)
        engine.keys_used.update(keys | engine.keys_used)
        engine.scim_used.update(tokens | engine.scim_used)
        engine.sessions_used.update(sessions | engine.sessions_used)
        raise
