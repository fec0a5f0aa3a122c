"""What the database alone can do: the same statements through one psycopg connection per client, each a process.

A job as JSON on stdin, latencies as JSON on stdout.
"""

import json
import multiprocessing
import sys
import time
from collections.abc import Callable
from itertools import count, cycle
from typing import Any

import psycopg

NUMBER = "%%%%%%%%%%"  # as in bench.load


def client(job: dict[str, Any], index: int) -> tuple[list[float], float]:
    """Run groups of statements, each group in the place of a request, until the time is over."""
    numbers = count(job["start"] + index, job["clients"])
    with psycopg.connect(job["database"], autocommit=True, cursor_factory=psycopg.ClientCursor) as own:
        cursor = own.cursor()
        cursor.execute(f'SET search_path = "{job["schema"]}", public')

        def run_group(group: list[str]) -> None:
            number = f"{next(numbers):010d}"
            for statement in group:
                cursor.execute(statement.replace(NUMBER, number))
                if cursor.description:
                    cursor.fetchall()

        return keep_busy(job, run_group, job["groups"])


def keep_busy(
    job: dict[str, Any], act: Callable[[Any], None], things: list[Any]
) -> tuple[list[float], float]:
    """Act on things in turns until the time is over; what each took after the warm-up, and how long that was."""
    latencies = []
    begin = time.perf_counter() + job["warm_up"]
    deadline = begin + job["seconds"]
    for thing in cycle(things):
        started = time.perf_counter()
        act(thing)
        ended = time.perf_counter()
        if ended >= begin:
            latencies.append(ended - started)
        if ended > deadline:
            break
    return latencies, ended - begin


def run(job: dict[str, Any], work: Callable[..., tuple[list[float], float]] = client) -> dict[str, Any]:
    """Let as many processes as there are clients work."""
    with multiprocessing.get_context("fork").Pool(job["clients"]) as pool:
        shares = pool.starmap(work, [(job, index) for index in range(job["clients"])], chunksize=1)
    return {
        "latencies": [one for latencies, _ in shares for one in latencies],
        "seconds": max(seconds for _, seconds in shares),
    }


if __name__ == "__main__":
    json.dump(run(json.load(sys.stdin)), sys.stdout)
