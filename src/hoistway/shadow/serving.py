"""Serves the proxy in one process, by the same HTTP/1.1 and the same bounds as the server's workers."""

import signal
import threading
from collections.abc import Callable
from typing import Final

from hoistway.journal import LOG
from hoistway.replay.settings import BadSettings
from hoistway.server.leaning import what_uvicorn_changed
from hoistway.server.listening import Listen, bind
from hoistway.server.worker import ANSWER_WITHIN, config_of, server_of
from hoistway.settings import Settings
from hoistway.shadow.compared import Comparing
from hoistway.shadow.proxy import Proxy
from hoistway.shadow.settings import Rules

TELLS_EVERY: Final = 60.0
ENDS_WITHIN: Final = 10.0


def serve(proxy: Proxy, comparing: Comparing, read: Callable[[], Rules], host: str, port: int) -> None:
    """Until SIGTERM or SIGINT; `read` reads the rules again, on SIGHUP. Raises CannotServe."""
    changed = what_uvicorn_changed()
    config = config_of(proxy, changed, ANSWER_WITHIN)
    config.load()
    # Bounds are all that counts of them: there is no database here. All callers come from one address, that of the proxy in front.
    made = server_of(changed, config, Settings(proxy.wanted.new, "", b"", trusted_proxies=1))
    listening = bind(Listen(host, port), shared=False)
    ended = threading.Event()
    teller = threading.Thread(target=_tell, args=(proxy, comparing, ended), daemon=True)
    teller.start()
    _listen(proxy, read, ended)
    LOG.info("shadow starts", answers=proxy.wanted.answers, listens=f"http://{host}:{port}")
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn heeds it while it serves, and raises it again behind its own end, when what was found is still to be said.
        signal.signal(number, lambda _number, _frame: None)
    try:
        made.server.run(sockets=[listening])
    finally:
        ended.set()
        comparing.end(ENDS_WITHIN)
        proxy.close()


def _listen(proxy: Proxy, read: Callable[[], Rules], ended: threading.Event) -> None:
    """Rules are read in a thread of their own, one file at a time: a long one must not keep anybody waiting."""
    asked = threading.Event()
    signal.signal(signal.SIGHUP, lambda _number, _frame: asked.set())

    def work() -> None:
        while not ended.is_set():
            if asked.wait(1.0):
                asked.clear()
                read_again(proxy, read)

    threading.Thread(target=work, daemon=True).start()


def read_again(proxy: Proxy, read: Callable[[], Rules]) -> None:
    """`read` raises BadSettings for a file that can't be used; the rules from before go on then."""
    try:
        proxy.rules = read()
        LOG.info("rules read", switched=len(proxy.rules.switched.applications) + len(proxy.rules.switched.tenants))
    except BadSettings as error:
        LOG.error("rules not read", because=str(error))


def _tell(proxy: Proxy, comparing: Comparing, ended: threading.Event) -> None:
    while not ended.wait(TELLS_EVERY):
        counts = comparing.counts
        LOG.info(
            "shadow", answered=proxy.answered, compared=counts.compared, same=counts.same, differ=counts.differ,
            left_out=counts.left_out.total(), token_pairs=len(comparing.pairs),
        )  # fmt: skip
