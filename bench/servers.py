"""The product's processes under measurement, with production's settings, and what memory they take."""

import http.client
import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import Popen
from typing import Any
from urllib.parse import urlsplit

import psutil

from nextgenerp.development import ROOT, VAR, Refused, start_program, stop_program

LOGS = VAR  # VAR_DIR is the bench's own
START_SECONDS = 60
REQUEST_SECONDS = 300


def start_logged(name: str, *command: str | Path, environment: dict[str, str]) -> Popen[bytes]:
    """Start a program whose output goes to <name>.log in VAR_DIR."""
    redirect = ["sh", "-c", 'log=$1; shift; exec "$@" >"$log" 2>&1', "sh", LOGS / f"{name}.log"]
    return start_program(*redirect, *command, environment=environment)


class Web:
    """The web server on the port of BASE_URL."""

    def __init__(self, workers: int, threads: int) -> None:
        self.port = urlsplit(os.environ["BASE_URL"]).port or 0
        options = {
            "--interface": "wsgi", "--host": "127.0.0.1", "--port": self.port, "--workers": workers,
            "--blocking-threads": threads, "--backlog": 1024, "--log-level": "warning", "--workers-kill-timeout": 5,
        }  # fmt: skip
        self.command = [
            sys.executable, "-m", "granian", *(str(word) for option in options.items() for word in option),
            "nextgenerp.wsgi:application",
        ]  # fmt: skip

    def start(self) -> None:
        """Start and wait for the first 200. Raises Refused."""
        self.process = start_logged("web", *self.command, environment=dict(os.environ))
        wait_for_health(self.port, self.process)

    def stop(self) -> None:
        stop_program(self.process)

    def workers(self) -> list[psutil.Process]:
        """The processes that answer requests: those of its children that grew to the size of the product."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        return [child for child in children if "resource_tracker" not in " ".join(child.cmdline())]

    def cpu_seconds(self) -> float:
        """The processor time its workers have taken."""
        return sum(sum(process.cpu_times()[:2]) for process in self.workers())

    def request(
        self, method: str, path: str, token: str, body: bytes = b"", **headers: str
    ) -> tuple[int, Any, Any]:
        """One request on a connection of its own: status, headers, body (read from JSON where it is)."""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=REQUEST_SECONDS)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        link.request(method, path, body, {"Authorization": f"Bearer {token}", **named})
        answer = link.getresponse()
        content = answer.read()
        link.close()
        is_json = "json" in (answer.headers.get("Content-Type") or "")
        return answer.status, answer.headers, json.loads(content) if is_json else content


def wait_for_health(port: int, process: Popen[bytes]) -> None:
    """Wait for 200 from /health. Raises Refused."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError, http.client.HTTPException):
            link = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            link.request("GET", "/health")
            if link.getresponse().status == 200:
                return
        time.sleep(0.02)
    raise Refused(f"The server did not answer 200; its log is in {LOGS}.")


@contextmanager
def worker() -> Iterator[psutil.Process]:
    """The product's worker for as long as the block lasts."""
    process = start_logged(
        "worker", sys.executable, ROOT / "manage.py", "qcluster", environment=dict(os.environ)
    )
    try:
        yield psutil.Process(process.pid)
    finally:
        stop_program(process)


class Peak:
    """The most resident memory (MB) any of some processes has while a block runs, looked at twenty times a second."""

    def __init__(self, parents: list[psutil.Process], *, children: bool = False) -> None:
        self.parents, self.children = parents, children
        self.before = self.now()
        self.highest = self.before
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)

    def now(self) -> float:
        found = [
            p
            for parent in self.parents
            for p in (parent.children(recursive=True) if self.children else [parent])
        ]
        return max((megabytes(process) for process in found), default=0.0)

    def watch(self) -> None:
        while not self.done.wait(0.05):
            self.highest = max(self.highest, self.now())

    def __enter__(self) -> "Peak":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.done.set()
        self.thread.join()


def megabytes(process: psutil.Process) -> float:
    """The resident memory of a process; nothing when it has ended."""
    with suppress(psutil.Error):
        return process.memory_info().rss / 1e6
    return 0.0
