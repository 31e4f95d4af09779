"""A name server on this machine that has the TXT records which a test says."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset


@contextmanager
def name_server(records: dict[str, list[str]]) -> Iterator[str]:
    """Its address as `provider domain prove --server` takes it. What is not among `records` does not exist."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))

        def serve() -> None:
            while True:
                data, caller = listening.recvfrom(4096)
                if not data:
                    return
                question = dns.message.from_wire(data)
                answer = dns.message.make_response(question)
                name = question.question[0].name
                texts = records.get(name.to_text(omit_final_dot=True))
                if texts is None:
                    answer.set_rcode(dns.rcode.NXDOMAIN)
                else:
                    quoted = [f'"{text}"' for text in texts]
                    answer.answer.append(dns.rrset.from_text(name, 60, dns.rdataclass.IN, dns.rdatatype.TXT, *quoted))
                listening.sendto(answer.to_wire(), caller)

        thread = threading.Thread(target=serve)
        thread.start()
        host, port = listening.getsockname()
        try:
            yield f"{host}#{port}"
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as telling:
                telling.sendto(b"", (host, port))
            thread.join()
