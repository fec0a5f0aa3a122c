"""What every case has in its hands: the tenants, the web server, the rounds and the report."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from django.conf import settings

from bench.measure import Rate, Request, database_address, plans_of, play, statements_of, summed_up, texts
from bench.report import Report
from bench.seeding import Seeded, settle, tenant_with
from bench.servers import Web

CLIENTS = (1, 8)
MEDIUM, SMALL = 100_000, 100
EMPTY = "/bench/empty"


@dataclass(frozen=True, slots=True)
class Goal:
    """Requests a second at 8 clients, and the median in milliseconds at 1."""

    rps: float
    p50: float


@dataclass
class Bench:
    """A run: ``leads`` in the large tenant, ``others`` tenants of 100,000, ``tenants`` small ones."""

    web: Web
    report: Report
    leads: int
    others: int
    tenants: int
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

    def rate(
        self, case: str, name: str, requests: Sequence[Request], *, goal: Goal | None = None,
        raw: list[list[str]] | None = None, status: int = 200, warm_up: float = 0.8,
    ) -> None:  # fmt: skip
        """Measure requests, sent in turns, at 1 and 8 clients, with both floors after each round.

        ``raw``: the floor's statements, one list a request; by default what the first requests (of up to 20) run.
        ``warm_up``: seconds, of the first round.
        """
        requests = list(requests)
        tenant = requests[0].tenant
        if raw is None:
            raw = [statements_of(request) for request in requests[:20]]
            if self.plans:
                self.write_plans(f"{case}: {name}", requests[0], raw[0])
        base = {"database": database_address(), "schema": tenant.schema, "groups": raw}
        for clients in CLIENTS:
            served, floor, empty = [], [], []
            for number in range(self.rounds):
                timing = {
                    "clients": clients,
                    "seconds": self.seconds,
                    "warm_up": warm_up if number == 0 else 0.3,
                }
                served.append(self.load(requests, status, timing))
                floor.append(play("bench.floor", {**timing, **base, "warm_up": 0.3}))
                half = {"seconds": self.seconds / 2, "warm_up": 0.2}
                empty.append(self.load([Request(tenant, EMPTY)], 200, {**timing, **half}))
            self.note(case, name, clients, [summed_up(one) for one in (served, floor, empty)], goal)

    def load(self, requests: list[Request], status: int, timing: dict[str, Any]) -> dict[str, Any]:
        """Run one round against the web server; its ``cpu`` is the milliseconds its workers took for a request."""
        wire = texts(requests, self.web.port)
        before = self.web.cpu_seconds()
        result = play("bench.load", {**timing, "port": self.web.port, "requests": wire, "status": status})
        return result | {"cpu": (self.web.cpu_seconds() - before) / result["total"] * 1000}

    def note(self, case: str, name: str, clients: int, rates: list[Rate], goal: Goal | None) -> None:
        """Report a rate beside its floors."""
        rate, floor, empty = rates
        figures = {
            "rps": rate.rps, "p50": rate.p50, "p95": rate.p95, "cpu": rate.cpu,
            "raw": round(floor.rps / rate.rps, 2), "empty": round(empty.rps / rate.rps, 2),
            "rawRps": floor.rps, "rawP50": floor.p50, "emptyRps": empty.rps, "emptyP50": empty.p50,
        }  # fmt: skip
        if goal is None:
            self.report.add_rate(case, name, clients, figures, "", None)
        elif clients == 1:
            self.report.add_rate(case, name, clients, figures, f"p50 <= {goal.p50:g}", rate.p50 <= goal.p50)
        else:
            self.report.add_rate(case, name, clients, figures, f"rps >= {goal.rps:g}", rate.rps >= goal.rps)

    def flat(self, case: str, large: str, medium: str) -> None:
        """Note how many times longer a request takes in the large tenant (goal: flat in data)."""
        ratio = self.report.find(case, large, 1)["p50"] / self.report.find(case, medium, 1)["p50"]
        self.report.add_figure(case, f"{large} / {medium}, p50", ratio, "x", at_most=1.25)

    def write_plans(self, name: str, request: Request, statements: list[str]) -> None:
        path = Path(settings.VAR_DIR) / "plans.txt"
        with path.open("a") as file:
            file.write(f"=== {name}: {request.path}\n\n")
            file.writelines(f"{plan}\n" for plan in plans_of(request.tenant, statements))
