"""Numbers without a gap: taken last in the creating transaction, kept in a register, void when a draft goes.

Whoever takes a number holds its counter until the transaction ends; nothing slow may follow (lock order:
reliability.md, Data).
"""

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from nextgenerp.core import history
from nextgenerp.core.documents.models import (
    Document,
    DocumentType,
    IssuedNumber,
    NumberingPeriod,
    NumberingSeries,
)
from nextgenerp.core.documents.number_format import Frame, check_format, frame_of, longest, period_of
from nextgenerp.core.exceptions import Conflict, Invalid
from nextgenerp.core.provisioning import provisioner
from nextgenerp.core.tenancy import Actor, tenant_today
from nextgenerp.database.ids import new_id

PREFIXES = {
    DocumentType.QUOTATION: "QT",
    DocumentType.PROFORMA_INVOICE: "PI",
    DocumentType.SALES_ORDER: "SO",
    DocumentType.INVOICE: "INV",
}
MOST = 10**12
TAKE = """
    WITH taken AS (
        UPDATE numbering_period SET next_number = next_number + 1
        WHERE series_id = %(series)s AND period = %(period)s RETURNING next_number - 1 AS sequence
    )
    INSERT INTO issued_number (id, series_id, period, sequence, number, document_id, status, issued_at)
    SELECT %(id)s, %(series)s, %(period)s, sequence,
        %(head)s || lpad(sequence::text, greatest(%(padding)s, length(sequence::text)), '0') || %(tail)s,
        %(document)s, 'used', now()
    FROM taken RETURNING number
"""
# A period goes on after what the series has written the same way before: another reset policy may have done so.
OPEN = """
    INSERT INTO numbering_period (id, series_id, period, next_number, skipped)
    SELECT %(id)s, %(series)s, %(period)s, 1 + coalesce(max(sequence), 0), coalesce(max(sequence), 0)
    FROM issued_number WHERE series_id = %(series)s AND starts_with(number, %(head)s)
        AND right(number, length(%(tail)s)) = %(tail)s
        AND substr(number, length(%(head)s) + 1, length(number) - length(%(head)s || %(tail)s)) ~ '^[0-9]+$'
    ON CONFLICT (series_id, period) DO NOTHING
"""


@provisioner
def provision_numbering() -> None:
    """Create the default series of a schema that lacks some."""
    there = set(NumberingSeries.objects.values_list("document_type", flat=True))
    NumberingSeries.objects.bulk_create(
        [
            NumberingSeries(document_type=kind, prefix=prefix)
            for kind, prefix in PREFIXES.items()
            if kind not in there
        ],
        ignore_conflicts=True,
    )


def series_of(document_type: str) -> NumberingSeries:
    """The series of a document type; a schema older than the series gets the default ones."""
    series = NumberingSeries.objects.filter(document_type=document_type).first()
    if series is None:
        provision_numbering()
        series = NumberingSeries.objects.get(document_type=document_type)
    return series


def take_number(document_type: str, day: date, document_id: UUID) -> str:
    """Give a document the next number of its day's period, as the last statement before the document is stored.

    Locks the counter until the transaction ends. Raises Conflict ``series_exhausted``.
    """
    series = series_of(document_type)
    frame = frame_of(series, day)
    values = values_of(series, day, frame) | {"id": new_id(), "document": document_id}
    with connection.cursor() as cursor:
        cursor.execute(TAKE, values)
        row = cursor.fetchone()
        if row is None:
            cursor.execute(OPEN, values | {"id": new_id()})
            cursor.execute(TAKE, values)
            row = cursor.fetchone()
    number = row[0]
    if len(number) > longest(document_type):
        raise Conflict(
            f"The next number, {number}, would have more than {longest(document_type)} characters. "
            "Change the format of the series.",
            code="series_exhausted",
        )
    return number


def values_of(series: NumberingSeries, day: date, frame: Frame) -> dict[str, Any]:
    """What the statements here are told of a series and a day."""
    return {
        "series": series.pk,
        "period": period_of(series.reset_policy, day),
        "head": frame.head,
        "tail": frame.tail,
        "padding": frame.padding,
    }


def void_number(document: Document) -> None:
    """Mark the number of a document that goes as void; a revision has none of its own."""
    IssuedNumber.objects.filter(document_id=document.pk, status=IssuedNumber.Status.USED).update(
        status=IssuedNumber.Status.VOID, voided_at=timezone.now()
    )


def renumber(document_type: str, document: Document, date_before: date) -> str:
    """The number of a draft dated anew: its own, or one of its new date's period while the old one becomes void.

    Locks the counter in that case. Raises Conflict ``series_exhausted``.
    """
    if document.date == date_before:
        return document.number
    policy = series_of(document_type).reset_policy
    same = period_of(policy, date_before) == period_of(policy, document.date)
    if same or not IssuedNumber.objects.filter(document_id=document.pk, status="used").exists():
        return document.number
    void_number(document)
    return take_number(document_type, document.date, document.pk)


def describe_next(series: Iterable[NumberingSeries]) -> list[Any]:
    """Series with ``next_number`` and ``preview``: the number a document of today would get. One query."""
    found: list[Any] = list(series)
    today = tenant_today()
    current = {one.pk: period_of(one.reset_policy, today) for one in found}
    wanted = Q(pk=None)
    for pk, period in current.items():
        wanted |= Q(series_id=pk, period=period)
    counters = dict(NumberingPeriod.objects.filter(wanted).values_list("series_id", "next_number"))
    for one in found:
        one.next_number = counters.get(one.pk, 1)
        one.preview = frame_of(one, today).number(one.next_number)
    return found


@transaction.atomic
def update_series(series: NumberingSeries, values: dict[str, Any], *, actor: Actor) -> NumberingSeries:
    """Change how numbers look, when they begin again, or the ``next_number`` of the current period.

    The caller holds the series' row lock. Locks the current counter. Raises Invalid for a format that breaks the
    rules or a next number that would fall.
    """
    values = dict(values)
    next_number = values.pop("next_number", None)
    changes = history.changed(series, values)
    check_format(series)
    columns = list(changes)
    if next_number is not None:
        changes |= raise_next_number(series, next_number)
    if changes:
        series.version += 1
        series.save(update_fields=[*columns, "version", "updated_at"])
        history.record(series, "updated", actor=actor, changes=changes)
    return describe_next([series])[0]


def raise_next_number(series: NumberingSeries, next_number: int) -> dict[str, list[Any]]:
    """Let the current period go on at a higher number, and return that as a change. Raises Invalid."""
    today = tenant_today()
    frame = frame_of(series, today)
    with connection.cursor() as cursor:
        cursor.execute(OPEN, values_of(series, today, frame) | {"id": new_id()})
    period = NumberingPeriod.objects.select_for_update().get(
        series=series, period=period_of(series.reset_policy, today)
    )
    before = period.next_number
    if next_number < before:
        raise Invalid.field("nextNumber", "min_value", f"It only rises: at least {before}.")
    if next_number >= MOST or len(frame.number(next_number)) > longest(series.document_type):
        raise Invalid.field("nextNumber", "max_value", "There is no room for such a number in the format.")
    if next_number == before:
        return {}
    period.next_number = next_number
    period.skipped += next_number - before
    period.save(update_fields=["next_number", "skipped"])
    return {"next_number": [before, next_number]}
