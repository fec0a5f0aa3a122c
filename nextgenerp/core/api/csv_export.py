"""Lists as CSV: streamed in keyset batches, each inside its own tenant context, cells neutralised."""

import csv
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from weakref import WeakValueDictionary

import orjson
from django.db.models import QuerySet
from django.http import StreamingHttpResponse

from nextgenerp.core.api.pagination import Order, after_cursor, from_offset
from nextgenerp.core.csv_cells import RISKY_STARTS, neutralise
from nextgenerp.core.exceptions import RateLimited
from nextgenerp.core.tenancy import current_tenant, leave_tenant, tenant_context, tenant_today

BATCH = 2000
# What the writer writes as we would: nothing for None, days as YYYY-MM-DD, numbers at their scale.
AS_WRITTEN = frozenset({type(None), Decimal, date, int})
BOM = "\ufeff"
# A slow reader holds a thread of its server: at most one export a tenant at a time in each process. Weak, so that a
# response nobody closed does not take the place for good.
_running: WeakValueDictionary[str, "Export"] = WeakValueDictionary()
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """A column of an export: its name (the API's), the path of its value (or an expression), and how a whole batch of
    values is looked up (``load(values) → {value: text}``) where the value is only a key."""

    name: str
    path: Any
    load: Callable[[set[Any]], dict[Any, str]] | None = None


class Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def csv_response(
    queryset: QuerySet, columns: tuple[ExportColumn, ...], name: str, order: Order, request: Any
) -> StreamingHttpResponse:
    """Stream a queryset as a CSV file. Raises RateLimited while another export of the tenant runs here."""
    tenant = current_tenant()
    stream = Export(queryset, columns, order, tenant)
    with _lock:
        if tenant.schema_name in _running:
            raise RateLimited("An export of yours is running. Try again when it is done.", retry_after=10)
        _running[tenant.schema_name] = stream
    file_name = f"{name}-{tenant_today().isoformat()}.csv"
    response = StreamingHttpResponse(stream, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return response


class Export:
    """The bytes of an export, batch by batch; frees the tenant's place when it is done or dropped."""

    def __init__(
        self, queryset: QuerySet, columns: tuple[ExportColumn, ...], order: Order, tenant: Any
    ) -> None:
        self.tenant = tenant
        self.batches = produce(queryset, columns, order, tenant)

    def __iter__(self) -> Iterator[bytes]:
        return self.batches

    def close(self) -> None:
        self.batches.close()
        with _lock:
            _running.pop(self.tenant.schema_name, None)


def produce(
    queryset: QuerySet, columns: tuple[ExportColumn, ...], order: Order, tenant: Any
) -> Iterator[bytes]:
    """The bytes of an export. No method of it: an export that nobody closed is freed with its response then."""
    writer = csv.writer(Echo())
    yield (BOM + writer.writerow([column.name for column in columns])).encode()
    rows: list[tuple[Any, ...]] = []
    while True:
        with tenant_context(tenant):
            rows = next_batch(queryset, columns, order, rows)
            lines = [writer.writerow(cells) for cells in rendered(rows, columns)]
        leave_tenant()
        if lines:
            yield "".join(lines).encode()
        if len(rows) < BATCH:
            return


def next_batch(
    queryset: QuerySet, columns: tuple[ExportColumn, ...], order: Order, previous: list[tuple[Any, ...]]
) -> list[tuple[Any, ...]]:
    """The batch after ``previous``; the last two columns of a row are its place in the order."""

    def fetch(some: QuerySet, *place: str) -> list[tuple[Any, ...]]:
        return list(some.values_list(*[column.path for column in columns], *place))

    if not previous:
        return from_offset(queryset, order, 0, BATCH, fetch)
    return after_cursor(queryset, order, previous[-1][-2:], BATCH, fetch)


def rendered(rows: list[tuple[Any, ...]], columns: tuple[ExportColumn, ...]) -> Iterator[tuple[Any, ...]]:
    """Cells as text, row by row; key columns are looked up for the batch."""
    if not rows:
        return iter(())
    return zip(
        *(cells_of(column, values) for column, values in zip(columns, zip(*rows, strict=True), strict=False)),
        strict=True,
    )


def cells_of(column: ExportColumn, values: Sequence[Any]) -> list[Any]:
    """One column's values as cells. Most are harmless, and there are millions: those are passed by here."""
    if column.load:
        table = column.load({value for value in values if value is not None})
        values = [table.get(value, "") for value in values]
    return [
        value
        if (kind := value.__class__) in AS_WRITTEN or (kind is str and value[:1] not in RISKY_STARTS)
        else cell(value)
        for value in values
    ]


def cell(value: Any) -> Any:
    """One value as the text of a cell, where the writer's own would not do."""
    if isinstance(value, str):
        return neutralise(value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return orjson.dumps(value).decode() if value else ""
    return str(value)
