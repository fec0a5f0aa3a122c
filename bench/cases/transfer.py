"""Leads in and out by the hundred thousand: the import through upload and worker, the export."""

import csv
import io
import secrets
import time
from typing import Any

import psutil
import psycopg

from bench.bench import MEDIUM, Bench
from bench.measure import stopwatch, token_of
from bench.seeding import Seeded, admin_connection, remove, tenant_with
from bench.servers import Peak, Web, worker

IMPORT_SECONDS = 600
HEADERS = (
    "Name",
    "Company Name",
    "E-mail",
    "Mobile No.",
    "City",
    "Budget",
    "Lead Source",
    "Priority",
    "Requirement",
)
EXPORTED = """
    SELECT lead_number, first_name, last_name, c.name, designation, email, phone, alternate_phone, website, s.name,
           t.name, priority, rating, estimated_value, expected_close_date, requirement, address, city, state, pincode,
           country,
           next_follow_up_at, last_activity_at, converted_at, lost_reason, lead.created_at, updated_at
    FROM lead LEFT JOIN lead_company c ON c.id = company_id LEFT JOIN lead_source s ON s.id = source_id
    JOIN lead_status t ON t.id = status_id ORDER BY lead.created_at DESC, lead.id DESC
"""


def import_file(bench: Bench) -> None:
    """A CSV file of 100,000 leads with a duplicate and a bad row in every thousand, from upload to the last row."""
    rows = min(MEDIUM, bench.leads)
    content = csv_file(rows)
    remove("bench-import")
    tenant = tenant_with("bench-import", 0)
    try:
        with (
            worker() as process,
            Peak([process], children=True) as peak,
            Peak(bench.web.workers()) as web_peak,
        ):
            started = time.perf_counter()
            location = upload(bench.web, tenant, content)
            accepted = time.perf_counter()
            result = wait_for(bench.web, tenant, location, process)
            ended = time.perf_counter()
        check(result, rows)
        figure = bench.report.add_figure
        figure("import", f"{rows:,} rows, upload to end", rows / (ended - started), "rows/s", at_least=10_000)
        figure("import", "once the upload was accepted", rows / (ended - accepted), "rows/s")
        figure("import", "upload accepted after", (accepted - started) * 1000, "ms")
        figure("import", "worker process, peak", peak.highest, "MB", at_most=200)
        figure("import", "web worker, peak at the upload", web_peak.highest, "MB")
        figure("import", "raw: COPY alone, unvalidated", result["created"] / copy_seconds(tenant), "rows/s")
    finally:
        remove("bench-import")


def csv_file(rows: int) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADERS)
    for number in range(1, rows + 1):
        key = number - 1 if number % 1000 == 500 else number
        phone = "9.19876E+11" if number % 1000 == 0 else f"98{key:08d}"
        writer.writerow(
            [f"Demo Lead {number}", f"Demo Company {number % 2000}", f"demo-import-{key}@example.com", phone, "Pune",
             "₹1,23,456.50", "Website", "high", f"Demo requirement {number}"]
        )  # fmt: skip
    return text.getvalue().encode()


def upload(web: Web, tenant: Seeded, content: bytes) -> str:
    """Send a file; the address of its import. Raises RuntimeError."""
    boundary = secrets.token_hex(16)
    part = 'Content-Disposition: form-data; name="file"; filename="demo.csv"\r\nContent-Type: text/csv'
    body = f"--{boundary}\r\n{part}\r\n\r\n".encode() + content + f"\r\n--{boundary}--\r\n".encode()
    kind = f"multipart/form-data; boundary={boundary}"
    status, headers, answer = web.request("POST", "/leads/import", token_of(tenant), body, Content_Type=kind)
    if status not in {200, 202}:
        raise RuntimeError(f"The upload was answered {status}: {answer}")
    return headers["Location"] if status == 202 else f"/imports/{answer['id']}"


def wait_for(web: Web, tenant: Seeded, location: str, process: psutil.Process) -> dict[str, Any]:
    """Ask for an import until it is over. Raises RuntimeError, also when the worker ends."""
    token, deadline = token_of(tenant), time.monotonic() + IMPORT_SECONDS
    while time.monotonic() < deadline and process.status() != psutil.STATUS_ZOMBIE:
        _, _, result = web.request("GET", location, token)
        if result["status"] not in {"queued", "running"}:
            return result
        time.sleep(0.1)
    raise RuntimeError(f"The worker ended, or the import was not over after {IMPORT_SECONDS} seconds.")


def check(result: dict[str, Any], rows: int) -> None:
    """Hold an import to what the file asks for. Raises RuntimeError."""
    bad = rows // 1000
    expected = {
        "status": "completed",
        "total": rows,
        "created": rows - 2 * bad,
        "skipped": bad,
        "failed": bad,
    }
    if found := {key: result[key] for key in expected if result[key] != expected[key]}:
        raise RuntimeError(f"The import ended with {found} instead of {expected}.")


def copy_seconds(tenant: Seeded) -> float:
    """How long the same leads take by COPY into a table of the same indexes and constraints."""
    with admin_connection(tenant.schema) as link:
        link.execute("RESET synchronous_commit")
        with link.cursor().copy("COPY lead TO STDOUT") as out:
            content = b"".join(bytes(block) for block in out)
        link.execute("CREATE TABLE bench_copy (LIKE lead INCLUDING ALL)")
        started = time.perf_counter()
        with link.cursor().copy("COPY bench_copy FROM STDIN") as into:
            into.write(content)
        taken = time.perf_counter() - started
        link.execute("DROP TABLE bench_copy")
    return taken


def export(bench: Bench) -> None:
    """All leads of a tenant as CSV, for both sizes, and what COPY alone takes."""
    for tenant in (bench.mediums[0], bench.large):
        bench.web.request("GET", "/leads/export?search=nobody-has-this", token_of(tenant))  # warm-up
        with Peak(bench.web.workers()) as peak, stopwatch() as taken:
            status, _, content = bench.web.request("GET", "/leads/export", token_of(tenant))
        rows = content.count(b"\r\n") - 1
        if status != 200 or rows != tenant.leads:
            raise RuntimeError(
                f"The export was answered {status} with {rows} rows instead of {tenant.leads}."
            )
        size = f"{tenant.leads:,} leads"
        bench.report.add_figure("export", size, rows / taken[0] * 1000, "rows/s", at_least=50_000)
        bench.report.add_figure("export", f"{size}, memory gained", peak.highest - peak.before, "MB")
        bench.report.add_figure("export", f"{size}, raw: COPY", rows / raw_export(tenant) * 1000, "rows/s")


def raw_export(tenant: Seeded) -> float:
    with admin_connection(tenant.schema) as link, stopwatch() as taken:
        link.execute("RESET work_mem")
        with link.cursor().copy(psycopg.sql.SQL(f"COPY ({EXPORTED}) TO STDOUT CSV")) as out:
            for _ in out:
                pass
    return taken[0]
