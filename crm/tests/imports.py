"""What tests of imports need: files, uploads, and the tasks of a tenant run as the worker runs them."""

import csv
import io
import json
from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from nextgenerp.core import tasks
from nextgenerp.core.models import Import
from nextgenerp.core.tenancy import tenant_context
from nextgenerp.database.models import DeferredTask

COUNTS = ("total", "created", "updated", "skipped", "failed", "blank")


def csv_text(rows, delimiter=","):
    """Rows as CSV; the first is the header."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue()


def upload(client, content, *, name="leads.csv", mapping=None, path="/leads/import", **options):
    """POST a file; keywords are options, as the API names them."""
    file = io.BytesIO(content.encode() if isinstance(content, str) else content)
    file.name = name
    body = {"file": file}
    if mapping is not None:
        body["mapping"] = json.dumps(mapping)
    if options:
        body["options"] = json.dumps(options)
    return client.post(path, body, format="multipart")


def counts(response):
    """The figures of a result: total, created, updated, skipped, failed, blank."""
    result = response.json()
    figures = tuple(result[name] for name in COUNTS)
    assert figures[0] == sum(figures[1:]) == result["processed"]
    return figures


def codes(response):
    """``(row, column, code)`` of every error."""
    return [(error["row"], error["column"], error["code"]) for error in response.json()["errors"]]


def error_file(client, response):
    answer = client.get(response.json()["errorFile"])
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return b"".join(answer.streaming_content).decode("utf-8-sig")


def due_now(tenant):
    """Let the leases and delays of a tenant's tasks be over; returns how many tasks there are."""
    past = timezone.now() - timedelta(seconds=1)
    return DeferredTask.objects.filter(schema_name=tenant.schema_name, failed_at=None).update(due_at=past)


def run_tasks(tenant):
    """Run a tenant's tasks until there are none."""
    while due_now(tenant):
        tasks.run_one()


def import_of(tenant, response):
    with tenant_context(tenant):
        return Import.objects.annotate(
            counted=F("created") + F("updated") + F("skipped") + F("failed") + F("blank")
        ).get(id=response.json()["id"])
