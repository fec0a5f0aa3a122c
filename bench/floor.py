"""What the database alone can do: the same statements through one psycopg connection per client, each a process.

A job as JSON on stdin, latencies as JSON on stdout.
"""

import json
import multiprocessing
import sys
import time
from itertools import count, cycle
from typing import Any

import psycopg

NUMBER = "%%%%%%%%%%"  # as in bench.load


def client(job: dict[str, Any], index: int) -> list[float]:
    """Run groups of statements, each group in the place of a request, until the time is over."""
    latencies = []
    numbers = count(job["start"] + index * 1_000_000)
    with psycopg.connect(job["database"], autocommit=True, cursor_factory=psycopg.ClientCursor) as own:
        cursor = own.cursor()
        cursor.execute(f'SET search_path = "{job["schema"]}", public')
        begin = time.perf_counter() + job["warm_up"]
        deadline = begin + job["seconds"]
        for group in cycle(job["groups"]):
            number = f"{next(numbers):010d}"
            started = time.perf_counter()
            for statement in group:
                cursor.execute(statement.replace(NUMBER, number))
                if cursor.description:
                    cursor.fetchall()
            ended = time.perf_counter()
            if ended >= begin:
                latencies.append(ended - started)
            if ended > deadline:
                break
    return latencies


def run(job: dict[str, Any]) -> dict[str, Any]:
    with multiprocessing.get_context("fork").Pool(job["clients"]) as pool:
        shares = pool.starmap(client, [(job, index) for index in range(job["clients"])], chunksize=1)
    return {"latencies": [one for share in shares for one in share], "seconds": job["seconds"]}


if __name__ == "__main__":
    json.dump(run(json.load(sys.stdin)), sys.stdout)
