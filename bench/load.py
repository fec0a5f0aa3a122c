"""A client of its own process that keeps connections busy: a job as JSON on stdin, latencies as JSON on stdout.

One thread and raw sockets, so that it costs the machine little beside what it measures.
"""

import json
import re
import selectors
import socket
import sys
import time
from collections.abc import Iterator
from itertools import count, cycle
from typing import Any

NUMBER = b"%%%%%%%%%%"  # in a request: a number of ten digits, another one each time
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
PATIENCE = 30


def numbered(requests: list[bytes], start: int) -> Iterator[bytes]:
    """The requests again and again, each with a number of its own where it asks for one."""
    for number, request in zip(count(start), cycle(requests), strict=False):
        yield request.replace(NUMBER, b"%010d" % number) if NUMBER in request else request


class Connection:
    """One client: sends a request and collects its answer."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.answer = b""
        self.end = 0

    def send(self, request: bytes) -> None:
        self.answer, self.end, self.sent = b"", 0, time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> bool:
        """Read what there is; whether the answer is complete. Raises ConnectionError."""
        part = self.socket.recv(1 << 17)
        if not part:
            raise ConnectionError("The server closed the connection.")
        self.answer += part
        if not self.end and (head := self.answer.find(b"\r\n\r\n")) >= 0:
            length = LENGTH.search(self.answer[:head])
            self.end = head + 4 + (int(length[1]) if length else 0)
        return 0 < self.end <= len(self.answer)


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Do a job: ``clients`` connections for ``seconds``, after ``warm_up`` seconds that do not count."""
    requests = numbered([request.encode("latin-1") for request in job["requests"]], job["start"])
    expected = f"HTTP/1.1 {job['status']} ".encode()
    chosen = selectors.DefaultSelector()
    waiting = 0
    for _ in range(job["clients"]):
        one = Connection(job["port"])
        chosen.register(one.socket, selectors.EVENT_READ, one)
        one.send(next(requests))
        waiting += 1
    begin = time.perf_counter() + job["warm_up"]
    deadline = begin + job["seconds"]
    latencies: list[float] = []
    total = 0
    while waiting:
        for one in answered(chosen, expected):
            total += 1
            now = time.perf_counter()
            if now >= begin:
                latencies.append(now - one.sent)
            if now < deadline:
                one.send(next(requests))
            else:
                waiting -= 1
    return {"latencies": latencies, "seconds": now - begin, "total": total}


def answered(chosen: selectors.BaseSelector, expected: bytes) -> Iterator[Connection]:
    """The connections whose answers have come. Raises TimeoutError, RuntimeError for an answer of another status."""
    ready = chosen.select(PATIENCE)
    if not ready:
        raise TimeoutError(f"No answer for {PATIENCE} seconds.")
    for key, _ in ready:
        one = key.data
        if one.receive():
            if not one.answer.startswith(expected):
                raise RuntimeError(one.answer[:2000].decode(errors="replace"))
            yield one


if __name__ == "__main__":
    json.dump(run(json.load(sys.stdin)), sys.stdout)
