"""A name server on this machine that knows a few names, is silent about others, and counts what it was asked."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


class NameServer(asyncio.DatagramProtocol):
    """`known` are addresses by kind and name, such as "A one.example"; None is silence. A name of which nothing is known does
    not exist."""

    def __init__(self, known: Mapping[str, Sequence[str] | None]) -> None:
        self.known, self.asked, self.port = known, list[str](), 0
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: Any) -> None:
        query = dns.message.from_wire(data)
        (question,) = query.question
        kind, name = dns.rdatatype.to_text(question.rdtype), question.name.to_text(omit_final_dot=True)
        self.asked.append(f"{kind} {name}")
        found = self.known.get(f"{kind} {name}", ())
        if found is None:
            return
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        if not any(key.endswith(f" {name}") for key in self.known):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif found:
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *found))
        self._transport.sendto(answer.to_wire(), addr)


@asynccontextmanager
async def name_server(known: Mapping[str, Sequence[str] | None]) -> AsyncIterator[NameServer]:
    loop = asyncio.get_running_loop()
    transport, made = await loop.create_datagram_endpoint(lambda: NameServer(known), ("127.0.0.1", 0))
    try:
        yield made
    finally:
        transport.close()
