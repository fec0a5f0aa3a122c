"""What was measured: shown as a table as it comes, kept in bench/results.json by case."""

import json
import os
import platform
from datetime import UTC, datetime
from typing import Any

import psutil
from django.db import connection

from nextgenerp.development import ROOT, say

RESULTS = ROOT / "bench" / "results.json"
WIDTHS = (46, 8, 10, 8, 8, 8, 7, 8, 15, 5)
HEADS = ("case", "clients", "rps", "p50 ms", "p95 ms", "cpu ms", "x raw", "x empty", "goal", "met")


def row_of(cells: list[Any] | tuple[Any, ...]) -> str:
    """One line of the table: the first column to the left, figures to the right."""
    first, *others = [str(cell) if cell is not None else "" for cell in cells]
    return first.ljust(WIDTHS[0]) + "".join(
        text.rjust(width) for text, width in zip(others, WIDTHS[1:], strict=False)
    )


class Report:
    """Results in the order they came; each is shown at once and kept when its case is over."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options
        self.results: list[dict[str, Any]] = []
        say(row_of(HEADS))

    def add_rate(
        self, case: str, name: str, clients: int, figures: dict[str, Any], goal: str, met: bool | None
    ) -> None:
        """Note requests a second; ``figures`` has rps, p50, p95, cpu, raw and empty."""
        self.results.append(
            {"case": case, "name": name, "clients": clients, **figures, "goal": goal, "met": met}
        )
        cells = [figures.get(key) for key in ("rps", "p50", "p95", "cpu", "raw", "empty")]
        say(row_of([f"{case}: {name}", clients, *cells, goal, said(met)]))

    def add_figure(
        self,
        case: str,
        name: str,
        value: float,
        unit: str,
        at_most: float | None = None,
        at_least: float | None = None,
    ) -> None:
        """Note one figure and whether it is within its goal."""
        goal = (
            f"<= {at_most:g}" if at_most is not None else f">= {at_least:g}" if at_least is not None else ""
        )
        met = value <= at_most if at_most is not None else value >= at_least if at_least is not None else None
        value = round(value, 2)
        self.results.append(
            {"case": case, "name": name, "value": value, "unit": unit, "goal": goal, "met": met}
        )
        say(row_of([f"{case}: {name}", "", f"{value:,}", unit, "", "", "", "", goal, said(met)]))

    def find(self, case: str, name: str, clients: int) -> dict[str, Any]:
        """A rate that was noted in this run."""
        return next(
            one
            for one in self.results
            if (one["case"], one["name"], one.get("clients")) == (case, name, clients)
        )

    def keep(self) -> None:
        """Write the results into results.json, in the place of earlier ones of the same cases."""
        before = json.loads(RESULTS.read_text())["cases"] if RESULTS.exists() else {}
        now = datetime.now(UTC).isoformat(timespec="seconds")
        for case in dict.fromkeys(one["case"] for one in self.results):
            rows = [
                {key: value for key, value in one.items() if key != "case"}
                for one in self.results
                if one["case"] == case
            ]
            before[case] = {"at": now, "options": self.options, "results": rows}
        RESULTS.write_text(json.dumps({"machine": machine(), "cases": before}, indent=1) + "\n")


def said(met: bool | None) -> str:
    return "" if met is None else "yes" if met else "NO"


def machine() -> dict[str, Any]:
    """What the figures were taken on, without its name."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        server = cursor.fetchone()[0]
        cursor.execute("SHOW fsync")
        fsync = cursor.fetchone()[0]
    return {
        "cores": os.cpu_count(),
        "memoryGB": round(psutil.virtual_memory().total / 2**30),
        "python": platform.python_version(),
        "postgresql": server.split()[0],
        "fsync": fsync,
    }
