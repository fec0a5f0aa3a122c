"""What every case has in its hands: the tenants, the web server, the rounds and the report."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from django.conf import settings

from bench.books import books_with
from bench.measure import (
    Rate,
    Request,
    database_address,
    numbers,
    plans_of,
    play,
    statements_of,
    summed_up,
    texts,
)
from bench.report import Report
from bench.seeding import Seeded, settle, tenant_with
from bench.servers import Web

CLIENTS = (1, 8)
MEDIUM, SMALL = 100_000, 100
MOST_SERVED, MOST_RAW = 1_500, 6_000  # requests a second that use something up
EMPTY = "/bench/empty"


@dataclass(frozen=True, slots=True)
class Goal:
    """Requests a second at 8 clients, and the median in milliseconds at 1."""

    rps: float
    p50: float | None = None


@dataclass
class Bench:
    """A run: ``leads`` in the large tenant, ``others`` tenants of 100,000, ``tenants`` small ones; ``documents``
    quotations and as many invoices in one of 100,000 leads."""

    web: Web
    report: Report
    leads: int
    others: int
    tenants: int
    documents: int
    rounds: int
    seconds: float
    plans: bool

    @cached_property
    def large(self) -> Seeded:
        return tenant_with("bench-large", self.leads)

    @cached_property
    def mediums(self) -> list[Seeded]:
        return [
            tenant_with(f"bench-medium-{number}", min(MEDIUM, self.leads))
            for number in range(1, self.others + 1)
        ]

    @cached_property
    def smalls(self) -> list[Seeded]:
        found = [tenant_with(f"bench-small-{number}", SMALL) for number in range(1, self.tenants + 1)]
        settle(found[-1].schema)
        return found

    @cached_property
    def books(self) -> Seeded:
        return books_with("bench-books", min(MEDIUM, self.leads), self.documents)

    @cached_property
    def small_books(self) -> Seeded:
        return books_with("bench-books-small", min(MEDIUM, self.leads) // 10, self.documents // 10)

    def rate(
        self, case: str, name: str, requests: Sequence[Request], *, goal: Goal | None = None,
        raw: list[list[str]] | None = None, status: int = 200, warm_up: float = 0.8,
        prepare: Callable[[int, int], None] | None = None,
    ) -> None:  # fmt: skip
        """Measure requests, sent in turns, at 1 and 8 clients, with the raw floor after each round, the empty
        endpoint after the first.

        ``raw``: the floor's statements, one list a request; by default what the first requests (of up to 20) run.
        ``warm_up``: seconds, of the first round. ``prepare(number, n)`` makes what the next ``n`` requests use up,
        whose NUMBER counts from there.
        """
        requests = list(requests)
        raw = raw if raw is not None else self.statements(f"{case}: {name}", requests[:20], prepare)
        alone = [Request(requests[0].tenant, EMPTY)]
        for clients in CLIENTS:
            served, floor, empty = [], [], []
            for number in range(self.rounds):
                timing = {
                    "clients": clients,
                    "seconds": self.seconds,
                    "warm_up": warm_up if number == 0 else 0.2,
                }
                served.append(self.load(requests, status, timing, prepare))
                half = {**timing, "seconds": self.seconds / 2, "warm_up": 0.15}
                floor.append(self.floor(requests[0].tenant, raw, half, prepare))
                if number == 0:
                    empty.append(self.load(alone, 200, half))
            self.note(case, name, clients, [summed_up(one) for one in (served, floor, empty)], goal)

    def statements(
        self, name: str, requests: Sequence[Request], prepare: Callable[[int, int], None] | None
    ) -> list[list[str]]:
        """What requests run; written down with the plans, if those are asked for."""
        raw = []
        for request in requests:
            number = next(numbers)
            if prepare:
                prepare(number, 1)
            raw.append(statements_of(request, number))
        if self.plans:
            self.write_plans(name, requests[0], raw[0])
        return raw

    def load(
        self, requests: list[Request], status: int, timing: dict[str, Any],
        prepare: Callable[[int, int], None] | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Run one round against the web server; its ``cpu`` is the milliseconds its workers took for a request."""
        number = next(numbers)
        if prepare:
            prepare(number, int(MOST_SERVED * (timing["seconds"] + timing["warm_up"])))
        wire = texts(requests, self.web.port)
        before = self.web.cpu_seconds()
        job = {**timing, "start": number, "port": self.web.port, "requests": wire, "status": status}
        result = play("bench.load", job)
        return result | {"cpu": (self.web.cpu_seconds() - before) / result["total"] * 1000}

    def floor(
        self, tenant: Seeded, raw: list[list[str]], timing: dict[str, Any],
        prepare: Callable[[int, int], None] | None,
    ) -> dict[str, Any]:  # fmt: skip
        """Run one round of statements without the product."""
        number = next(numbers)
        if prepare:
            prepare(number, int(MOST_RAW * (timing["seconds"] + timing["warm_up"])))
        base = {"database": database_address(), "schema": tenant.schema, "groups": raw, "start": number}
        return play("bench.floor", {**timing, **base})

    def note(self, case: str, name: str, clients: int, rates: list[Rate], goal: Goal | None) -> None:
        """Report a rate beside its floors, the empty endpoint's where there is one."""
        rate, floor, *empty = rates
        figures: dict[str, Any] = {
            "rps": rate.rps, "p50": rate.p50, "p95": rate.p95, "cpu": rate.cpu,
            "raw": round(floor.rps / rate.rps, 2), "rawRps": floor.rps, "rawP50": floor.p50,
        }  # fmt: skip
        if empty:
            ratio = round(empty[0].rps / rate.rps, 2)
            figures |= {"empty": ratio, "emptyRps": empty[0].rps, "emptyP50": empty[0].p50}
        wanted, met = "", None
        if goal and clients == 1 and goal.p50:
            wanted, met = f"p50 <= {goal.p50:g}", rate.p50 <= goal.p50
        elif goal and clients > 1:
            wanted, met = f"rps >= {goal.rps:g}", rate.rps >= goal.rps
        self.report.add_rate(case, name, clients, figures, wanted, met)

    def flat(self, case: str, large: str, medium: str) -> None:
        """Note how many times longer a request takes in the large tenant (goal: flat in data)."""
        ratio = self.report.find(case, large, 1)["p50"] / self.report.find(case, medium, 1)["p50"]
        self.report.add_figure(case, f"{large} / {medium}, p50", ratio, "x", at_most=1.25)

    def write_plans(self, name: str, request: Request, statements: list[str]) -> None:
        path = Path(settings.VAR_DIR) / "plans.txt"
        with path.open("a") as file:
            file.write(f"=== {name}: {request.path}\n\n")
            file.writelines(f"{plan}\n" for plan in plans_of(request.tenant, statements))
