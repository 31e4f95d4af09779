"""What a scraper reads, by another program's parser (https://prometheus.github.io/client_python/parser/)."""

from collections.abc import Callable

import httpx2
from prometheus_client.parser import text_string_to_metric_families

from hoistway.server.metrics.board import Board
from hoistway.server.metrics.exposition import render
from tests.flows.test_processes import eventually

Values = dict[tuple[str, tuple[str, ...]], float]
"""By the name of the sample and the values of its labels."""


def read(text: str) -> Values:
    found: Values = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            key = (sample.name, tuple(sample.labels.values()))
            assert key not in found, f"{key} is told twice"
            found[key] = sample.value
    return found


def of_board(board: Board) -> Values:
    return read(render(board, {}).decode())


def scrape(port: int) -> Values:
    reply = httpx2.get(f"http://127.0.0.1:{port}/metrics", timeout=10)
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return read(reply.text)


def once(values: Callable[[], Values], name: str, *labels: str, holds: Callable[[float], bool]) -> float:
    """The number when it is as it should be: rooms' own counts are copied once a second. Fails where it never is."""
    seen: list[float] = []

    def look() -> bool:
        seen.append(values().get((name, labels), 0.0))
        return holds(seen[-1])

    assert eventually(look), f"{name}{labels} stayed {seen[-1]}"
    return seen[-1]
