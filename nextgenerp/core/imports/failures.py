"""The rows an import refused: the first of them for the result, all of them as a CSV to correct and upload again."""

import csv
from collections.abc import Iterator
from typing import Any

from django.utils import timezone

from nextgenerp.core.csv_cells import neutralise, restore
from nextgenerp.core.exceptions import Expired, NotFound
from nextgenerp.core.imports.mapping import header_key
from nextgenerp.core.imports.storage import KEPT_FOR
from nextgenerp.core.models import Import, ImportFailure
from nextgenerp.core.tenancy import current_tenant, leave_tenant, tenant_context

SHOWN = 100
PARTS = ("column", "code", "value", "detail")
BATCH = 2000
ERROR = "Error"
BOM = "\ufeff"


def first_errors(batch: Import) -> list[dict[str, Any]]:
    """The first SHOWN things that are wrong, with their rows."""
    if not batch.failed:
        return []
    rows = batch.failures.order_by("row").values_list("row", "errors")[:SHOWN]
    return [{"row": row} | {name: error[name] for name in PARTS} for row, errors in rows for error in errors][
        :SHOWN
    ]


def has_file(batch: Import) -> bool:
    """Whether the rows that failed can be had as a file, still."""
    return batch.failed > 0 and not is_expired(batch)


def is_expired(batch: Import) -> bool:
    return batch.finished_at is not None and batch.finished_at < timezone.now() - KEPT_FOR


class Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def error_file(batch: Import) -> Iterator[bytes]:
    """The rows that failed under the file's own headers, with what is wrong in a last column, batch by batch.

    Raises NotFound when none did, Expired when they are kept no longer. An ``Error`` column of the upload is
    replaced.
    """
    if not batch.failed:
        raise NotFound
    if is_expired(batch):
        raise Expired
    return lines_of(batch, current_tenant())


def lines_of(batch: Import, tenant: Any) -> Iterator[bytes]:
    kept = [place for place, header in enumerate(batch.headers) if header_key(header) != header_key(ERROR)]
    writer = csv.writer(Echo())
    headers = [neutralise(batch.headers[place]) for place in kept]
    yield (BOM + writer.writerow([*headers, ERROR])).encode()
    after = 0
    while True:
        with tenant_context(tenant):
            failures = ImportFailure.objects.filter(batch_id=batch.id, row__gt=after).order_by("row")
            rows = list(failures.values_list("row", "cells", "errors")[:BATCH])
        leave_tenant()
        yield "".join(
            writer.writerow(line_of(batch, kept, cells, errors)) for _, cells, errors in rows
        ).encode()
        if len(rows) < BATCH:
            return
        after = rows[-1][0]


def line_of(batch: Import, kept: list[int], cells: list[str], errors: list[dict[str, Any]]) -> list[str]:
    """One row of the error file. Cells beyond the headers come after the error, so that nothing is lost."""
    text = "; ".join(": ".join(filter(None, (error["column"], error["detail"]))) for error in errors)
    row = [cells[place] if place < len(cells) else "" for place in kept]
    return [neutralise(restore(cell)) for cell in row] + [
        neutralise(text), *(neutralise(restore(cell)) for cell in cells[len(batch.headers) :])
    ]  # fmt: skip
