"""What the product takes of the machine: memory of a web worker after load, and the time of a start."""

import os
import statistics
import time
from pathlib import Path

from django.conf import settings

from bench.bench import Bench
from bench.measure import Request, play, texts
from bench.seeding import ask
from bench.servers import megabytes, start_logged, wait_for_health
from nextgenerp.development import stop_program

LOAD_SECONDS = 10.0
OF_THE_BENCH = {
    "DATABASE_URL", "DJANGO_SETTINGS_MODULE", "ENVIRONMENT", "SECRET_KEY", "JWT_SIGNING_KEY", "FIELD_ENCRYPTION_KEYS",
    "BASE_URL", "ALLOWED_HOSTS", "VAR_DIR", "SPARE_SCHEMAS", "EMAIL_BACKEND", "RATE_LIMIT_ADDRESS", "RATE_LIMIT_SEAT",
    "PROMETHEUS_MULTIPROC_DIR",
}  # fmt: skip


def memory(bench: Bench) -> None:
    """Resident memory of the web workers after ten seconds more of lists, searches, boards and prints at 8 clients."""
    tenant = bench.books
    quotation = ask(tenant.seat, "GET", "/quotations?status=sent&limit=1")["data"][0]["id"]
    paths = (
        "/leads", "/leads?limit=100", "/leads?search=kare", "/leads/meta/statuses", "/leads/kanban", "/users/me",
        "/quotations", f"/quotations/{quotation}/pdf", "/bench/empty",
    )  # fmt: skip
    wire = texts([Request(tenant, path) for path in paths], bench.web.port)
    job = {
        "port": bench.web.port,
        "clients": 8,
        "seconds": LOAD_SECONDS,
        "warm_up": 0.0,
        "requests": wire,
        "status": 200,
    }
    play("bench.load", job)
    sizes = [megabytes(process) for process in bench.web.workers()]
    bench.report.add_figure("memory", "a web worker after load, the largest", max(sizes), "MB", at_most=120)


def start(bench: Bench) -> None:
    """script/server with a database and demo data of its own: the first start, then starts that find both there."""
    bench.web.stop()  # its port is free now, and the machine is the start's alone
    folder = Path(settings.VAR_DIR) / "start"
    folder.mkdir(exist_ok=True)
    environment = {name: value for name, value in os.environ.items() if name not in OF_THE_BENCH}
    environment |= {"VAR_DIR": str(folder), "PORT": str(bench.web.port)}
    first = not (folder / "postgres").exists()
    times = [start_once(bench.web.port, environment) for _ in range(4)]
    if first:
        bench.report.add_figure("start", "script/server, first, to 200", times[0], "s")
    bench.report.add_figure(
        "start", "script/server, second, to 200", statistics.median(times[1:]), "s", at_most=5
    )


def start_once(port: int, environment: dict[str, str]) -> float:
    started = time.perf_counter()
    process = start_logged("start", "script/server", environment=environment)
    try:
        wait_for_health(port, process)
        return time.perf_counter() - started
    finally:
        stop_program(process)
