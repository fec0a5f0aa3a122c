"""What must hold of numbered documents: no number is missing, each belongs to its document, and sums are sums.

An app registers each of its kinds: ``check_books_of(INVOICE)``.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from nextgenerp.core.documents.kinds import DocumentKind
from nextgenerp.core.documents.models import IssuedNumber
from nextgenerp.core.invariants import invariant

_kinds: dict[str, tuple[DocumentKind, Q]] = {}
PERIODS = """
    SELECT s.document_type, coalesce(p.period, n.period), p.next_number, p.skipped,
           coalesce(n.lines, 0), coalesce(n.first, 1), coalesce(n.last, 0)
    FROM numbering_period p
    FULL JOIN (
        SELECT series_id, period, count(*) AS lines, min(sequence) AS first, max(sequence) AS last
        FROM issued_number GROUP BY series_id, period
    ) n ON n.series_id = p.series_id AND n.period = p.period
    JOIN numbering_series s ON s.id = coalesce(p.series_id, n.series_id)
    WHERE p.id IS NULL OR coalesce(n.lines, 0) <> p.next_number - 1 - p.skipped
       OR coalesce(n.first, 1) < 1 OR coalesce(n.last, 0) >= p.next_number
    ORDER BY 1, 2
"""
NOTHING = Decimal(0)
# A document's column, and what of its lines and its other columns adds up to it.
SUMS: dict[str, Any] = {
    "sub_total": Coalesce(Sum(F("lines__gross") - F("lines__discount_amount")), NOTHING),
    "line_discount": Coalesce(Sum("lines__discount_amount"), NOTHING),
    "document_discount": Coalesce(Sum("lines__document_discount"), NOTHING),
    "taxable_value": Coalesce(Sum("lines__taxable_value"), NOTHING) - F("exempt_value"),
    **{name: Coalesce(Sum(f"lines__{name}"), NOTHING) for name in ("cgst", "sgst", "igst", "cess")},
    "grand_total": Coalesce(Sum("lines__total"), NOTHING) + F("other_charges"),
    "payable": F("grand_total") + F("round_off"),
}


def check_books_of(kind: DocumentKind, *, numbered: Q | None = None) -> None:
    """Register a kind of document; ``numbered`` narrows to those with a number of the series, if not all have one."""
    _kinds[kind.document_type] = (kind, Q() if numbered is None else numbered)


@invariant("numbers without a gap")
def check_periods() -> Iterator[str]:
    """A period's register has every number from 1 to the next, but for those the counter was raised past."""
    with connection.cursor() as cursor:
        cursor.execute(PERIODS)
        rows = cursor.fetchall()
    for kind, period, next_number, skipped, lines, first, last in rows:
        if next_number is None:
            yield f"{kind} {period}: {lines} numbers, and no counter"
        else:
            yield (
                f"{kind} {period}: {lines} numbers from {first} to {last}, "
                f"the next is {next_number} and {skipped} were passed over"
            )


@invariant("documents and their numbers")
def check_numbers() -> Iterator[str]:
    """Every used number has its document with that number, every document its number, and no void one is borne."""
    for document_type, (kind, numbered) in sorted(_kinds.items()):
        register = IssuedNumber.objects.filter(series__document_type=document_type).order_by("number")
        used = register.filter(status=IssuedNumber.Status.USED)
        void = register.filter(status=IssuedNumber.Status.VOID)
        documents = kind.model._default_manager.filter(numbered)
        borne = Exists(documents.filter(pk=OuterRef("document_id"), number=OuterRef("number")))
        for number in used.exclude(borne).values_list("number", flat=True):
            yield f"{document_type} {number}: no document has it"
        for number in void.filter(borne).values_list("number", flat=True):
            yield f"{document_type} {number}: it is void, and a document has it"
        issued = Exists(used.filter(document_id=OuterRef("pk"), number=OuterRef("number")))
        for number, pk in documents.exclude(issued).order_by("pk").values_list("number", "pk"):
            yield f"{document_type} {number}: the register does not give it to {pk}"


@invariant("sums of documents")
def check_sums() -> Iterator[str]:
    """A document's totals are the sums of its lines, its charges and its rounding."""
    for document_type, (kind, _) in sorted(_kinds.items()):
        for number, names in wrong_sums(kind.model._default_manager.all()):
            yield f"{document_type} {number}: {', '.join(names)}"


def wrong_sums(documents: QuerySet[Any]) -> Iterator[tuple[str, list[str]]]:
    """Documents whose totals are not those sums, by number, with the columns that are wrong. One query."""
    summed = documents.order_by("pk").annotate(**{f"sum_{name}": total for name, total in SUMS.items()})
    right = Q(**{name: F(f"sum_{name}") for name in SUMS})
    columns = [*SUMS, *(f"sum_{name}" for name in SUMS)]
    for row in summed.exclude(right).values("number", *columns):
        yield row["number"], [name for name in SUMS if row[name] != row[f"sum_{name}"]]
