"""Rounds of load and of its floor, side by side: warm-up, medians, and the statements behind a request."""

import json
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from typing import Any
from urllib.parse import quote

import psycopg
from django.conf import settings
from django.db import connection

from accounts.tokens import AccessToken
from bench.seeding import Seeded, admin_connection
from nextgenerp.development import ROOT
from nextgenerp.testing.client import Client

NUMBER = "%%%%%%%%%%"  # in a request or a statement of the floor: ten digits, another number each time
# Where each process begins to count, ten million apart: phone numbers of India too.
numbers = cycle(range(9_000_000_000, 9_990_000_000, 10_000_000))
NEW_ID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?7[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Request:
    """A request of a tenant's seat. ``keyed``: with an Idempotency-Key of its own."""

    tenant: Seeded
    path: str
    method: str = "GET"
    body: str = ""
    keyed: bool = False

    def text(self, port: int, token: str) -> str:
        """The request as it goes over the wire, in Latin-1."""
        lines = [
            f"{self.method} {self.path} HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            f"Authorization: Bearer {token}",
        ]
        if self.body:
            lines += ["Content-Type: application/json", f"Content-Length: {len(self.body)}"]
        if self.keyed:
            lines.append(f"Idempotency-Key: bench-{NUMBER}")
        return "\r\n".join([*lines, "", self.body])


@dataclass(frozen=True, slots=True)
class Rate:
    """What rounds showed, as medians over them: requests a second, milliseconds, and processor time of the server."""

    rps: float
    p50: float
    p95: float
    cpu: float


def token_of(tenant: Seeded) -> str:
    return str(AccessToken.issue(tenant.seat.user, tenant.seat))


def texts(requests: list[Request], port: int) -> list[str]:
    """Requests with fresh tokens, one a tenant."""
    tokens = {
        tenant.schema: token_of(tenant)
        for tenant in {request.tenant.schema: request.tenant for request in requests}.values()
    }
    return [request.text(port, tokens[request.tenant.schema]) for request in requests]


def play(module: str, job: dict[str, Any]) -> dict[str, Any]:
    """Run a job in a process of its own. Raises RuntimeError with what it complained of."""
    job = {"start": next(numbers), **job}
    done = subprocess.run(
        [sys.executable, "-m", module], input=json.dumps(job), capture_output=True, text=True, cwd=ROOT, check=False,
        timeout=job["seconds"] + job["warm_up"] + 120,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{module}: {done.stderr[-3000:]}")
    return json.loads(done.stdout)


def summed_up(rounds: list[dict[str, Any]]) -> Rate:
    """The medians of rounds."""
    figures = [
        (
            len(one["latencies"]) / one["seconds"],
            statistics.median(one["latencies"]) * 1000,
            statistics.quantiles([*one["latencies"], max(one["latencies"])], n=20)[-1] * 1000,
            one.get("cpu", 0.0),
        )
        for one in rounds
    ]
    return Rate(*(round(statistics.median(column), 2) for column in zip(*figures, strict=True)))


@contextmanager
def statements_run() -> Iterator[list[str]]:
    """Give a list of the statements this process runs in a block, with their values in them."""
    found: list[str] = []

    def note(execute: Any, statement: Any, parameters: Any, many: bool, context: Any) -> Any:
        text = (
            psycopg.ClientCursor(connection.connection).mogrify(statement, parameters)
            if parameters
            else statement
        )
        found.append(str(text))
        return execute(statement, parameters, many, context)

    with connection.execute_wrapper(note):
        yield found


def statements_of(request: Request, number: int) -> list[str]:
    """The statements one request runs, as the product in this process runs it; those of a write made repeatable."""
    digits, since = f"{number:010d}", time.time_ns() // 1_000_000
    path, body = (text.replace(NUMBER, digits) for text in (request.path, request.body))
    client = Client(request.tenant.seat, SERVER_NAME="127.0.0.1")
    with statements_run() as found:
        response = client.generic(request.method, path, body, content_type="application/json")
    if response.status_code not in {200, 201}:
        raise RuntimeError(f"{path}: {response.status_code} {response.content[:500]!r}")
    if request.method == "GET":
        return found
    made = response.json().get("number") if response.status_code == 201 else None
    return ["BEGIN", *repeatable(found, digits, since, made), "COMMIT"]


def repeatable(statements: list[str], digits: str, since: int, made: str | None = None) -> list[str]:
    """Statements with NUMBER in the place of some digits, of the number ``made``, and in ids made after an instant.

    So that they write other rows each time. The instant is in milliseconds.
    """
    ids: dict[str, str] = {}

    def another(match: re.Match[str]) -> str:
        identifier = match[0].replace("-", "")
        if int(identifier[:12], 16) < since:
            return match[0]
        return ids.setdefault(identifier, f"{len(ids):08x}-0000-7000-9000-00{NUMBER}")

    found = [NEW_ID.sub(another, statement).replace(digits, NUMBER) for statement in statements]
    return [statement.replace(made, f"RAW/{NUMBER}") for statement in found] if made else found


def plans_of(tenant: Seeded, statements: list[str]) -> Iterator[str]:
    """The plans of statements that read a tenant's tables, as they run."""
    with admin_connection(tenant.schema) as link:
        link.execute("RESET work_mem")
        for statement in (one.replace(NUMBER, "0" * len(NUMBER)) for one in statements):
            if statement.lstrip().upper().startswith("SELECT") and '"public"' not in statement:
                lines = link.execute(
                    psycopg.sql.SQL("EXPLAIN (ANALYZE, BUFFERS) ") + psycopg.sql.SQL(statement)
                )
                yield "\n".join([statement, *(f"    {row[0]}" for row in lines.fetchall()), ""])


def database_address() -> str:
    """The address of the bench's database, for psycopg."""
    database = settings.DATABASES["default"]
    login = f"{quote(database['USER'])}:{quote(database['PASSWORD'])}" if database["USER"] else ""
    port = f":{database['PORT']}" if database["PORT"] else ""
    return f"postgresql://{login}@{quote(database['HOST'], safe='')}{port}/{database['NAME']}"


@contextmanager
def stopwatch() -> Iterator[list[float]]:
    """Give a list that holds the milliseconds a block took, once it is over."""
    taken: list[float] = []
    started = time.perf_counter()
    yield taken
    taken.append((time.perf_counter() - started) * 1000)
