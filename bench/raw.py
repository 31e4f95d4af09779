"""The ceiling of discovery and JWKS: an ASGI application that does nothing, under the same uvicorn: `python -m bench.raw PORT WORKERS`."""

import os
import signal
import socket
import sys
from typing import Any

import uvicorn

BODY = b"x" * 1500


async def app(scope: Any, _receive: Any, send: Any) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"1500")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": BODY})


def _work(port: int) -> None:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listening.bind(("127.0.0.1", port))
    config = uvicorn.Config(app, http="httptools", loop="uvloop", lifespan="off", access_log=False, log_level="error")
    uvicorn.Server(config).run(sockets=[listening])


def main() -> None:
    port, workers = int(sys.argv[1]), int(sys.argv[2])
    children = []
    for _ in range(workers):
        child = os.fork()
        if child == 0:
            _work(port)
            os._exit(0)
        children.append(child)
    stops = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, stops)
    signal.sigwait(stops)
    for child in children:
        os.kill(child, signal.SIGTERM)
    for child in children:
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
