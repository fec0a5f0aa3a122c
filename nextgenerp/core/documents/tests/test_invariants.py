"""Damage to numbers and sums of documents that check_invariants finds."""

from datetime import date
from uuid import uuid4

import pytest
from django.db import connection, models
from django.db.models import Q
from django.test.utils import isolate_apps

from nextgenerp.core.documents import invariants, numbering
from nextgenerp.core.documents.kinds import DocumentKind
from nextgenerp.core.documents.models import DocumentType, IssuedNumber, NumberingPeriod, NumberingSeries
from nextgenerp.core.documents.models.document import amount
from nextgenerp.core.tenancy import SYSTEM, tenant_context
from nextgenerp.database.fields import OwnerKey
from nextgenerp.testing.books import problems_of

DAY = date(2026, 5, 1)
HEADER = (
    "sub_total", "line_discount", "document_discount", "taxable_value", "exempt_value", "cgst", "sgst", "igst", "cess",
    "other_charges", "grand_total", "round_off", "payable",
)  # fmt: skip
LINE = (
    "gross", "discount_amount", "document_discount", "taxable_value", "cgst", "sgst", "igst", "cess", "total",
)  # fmt: skip


@pytest.fixture
def kind(tenant, monkeypatch):
    """A kind of document with a table of its own in the tenant, the only one registered."""
    with isolate_apps("nextgenerp.core"):
        columns = {name: amount() for name in HEADER}
        slip = type("Slip", (models.Model,), {
            "__module__": "nextgenerp.core.models", "id": models.UUIDField(primary_key=True, default=uuid4),
            "number": models.CharField(max_length=60), "revision": models.IntegerField(default=0), **columns,
        })  # fmt: skip
        line = type("SlipLine", (models.Model,), {
            "__module__": "nextgenerp.core.models", "id": models.UUIDField(primary_key=True, default=uuid4),
            "document": OwnerKey(slip, models.CASCADE, related_name="lines"),
            **{name: amount() for name in LINE},
        })  # fmt: skip
        with tenant_context(tenant):
            with connection.schema_editor() as editor:
                editor.create_model(slip)
                editor.create_model(line)
            found = DocumentKind(
                model=slip, line_model=line, document_type=DocumentType.INVOICE, name="slip", title="SLIP",
                module="Finance",
            )  # fmt: skip
            monkeypatch.setattr(invariants, "_kinds", {})
            invariants.check_books_of(found, numbered=Q(revision=0))
            yield found


def make(kind, day=DAY, **columns):
    """A document with the next number, and lines of 100.00 and of 50.00 less 5.00, both at 18 %."""
    document = kind.model(
        sub_total=145, line_discount=5, taxable_value=145, cgst="13.05", sgst="13.05", grand_total="171.10",
        round_off="-0.10", payable=171, **columns,
    )  # fmt: skip
    document.number = numbering.take_number(kind.document_type, day, document.pk)
    document.save(force_insert=True)
    for gross, discount, tax, total in ((100, 0, "9.00", 118), (50, 5, "4.05", "53.10")):
        value = gross - discount
        kind.line_model.objects.create(
            document=document, gross=gross, discount_amount=discount, taxable_value=value, cgst=tax, sgst=tax,
            total=total,
        )  # fmt: skip
    return document


def counter():
    return NumberingPeriod.objects.get(series__document_type="invoice")


def test_books_in_order(tenant, kind):
    first, second, third = (make(kind) for _ in range(3))
    make(kind, date(2027, 4, 1))
    numbering.void_number(second)
    second.delete()
    kind.model.objects.create(number=f"{first.number}-R1", revision=1)  # a revision has no number of its own
    kind.model.objects.filter(pk=third.pk).update(exempt_value=45, taxable_value=100)
    assert problems_of(tenant) == []


def test_a_counter_may_be_raised(tenant, kind):
    make(kind)
    series = NumberingSeries.objects.get(document_type="invoice")
    numbering.update_series(series, {"next_number": 100}, actor=SYSTEM)
    make(kind, numbering.tenant_today())
    assert problems_of(tenant) == []


def test_a_missing_number_is_found(tenant, kind):
    for _ in range(3):
        make(kind)
    IssuedNumber.objects.filter(sequence=2).delete()
    assert problems_of(tenant) == [
        f"documents and their numbers: invoice INV/26-27/0002: the register does not give it to {second_of(kind)}",
        "numbers without a gap: invoice 2026-27: 2 numbers from 1 to 3, the next is 4 and 0 were passed over",
    ]


def second_of(kind):
    return kind.model.objects.get(number="INV/26-27/0002").pk


def test_a_counter_moved_past_numbers_without_saying_so_is_found(tenant, kind):
    make(kind)
    NumberingPeriod.objects.update(next_number=5)
    assert problems_of(tenant) == [
        "numbers without a gap: invoice 2026-27: 1 numbers from 1 to 1, the next is 5 and 0 were passed over"
    ]


def test_a_counter_that_fell_is_found(tenant, kind):
    for _ in range(3):
        make(kind)
    NumberingPeriod.objects.update(next_number=3)
    IssuedNumber.objects.filter(sequence=1).delete()  # so that they are as many as the counter says
    kind.model.objects.get(number="INV/26-27/0001").delete()
    assert problems_of(tenant) == [
        "numbers without a gap: invoice 2026-27: 2 numbers from 2 to 3, the next is 3 and 0 were passed over"
    ]


def test_a_register_without_a_counter_is_found(tenant, kind):
    make(kind)
    counter().delete()
    assert problems_of(tenant) == ["numbers without a gap: invoice 2026-27: 1 numbers, and no counter"]


def test_a_used_number_without_its_document_is_found(tenant, kind):
    make(kind).delete()
    assert problems_of(tenant) == ["documents and their numbers: invoice INV/26-27/0001: no document has it"]


def test_a_document_with_another_number_is_found(tenant, kind):
    document = make(kind)
    kind.model.objects.update(number="INV/26-27/0007")
    assert problems_of(tenant) == [
        "documents and their numbers: invoice INV/26-27/0001: no document has it",
        f"documents and their numbers: invoice INV/26-27/0007: the register does not give it to {document.pk}",
    ]


def test_documents_with_each_others_numbers_are_found(tenant, kind):
    one, other = make(kind), make(kind)
    for document, number in ((one, other.number), (other, one.number)):
        kind.model.objects.filter(pk=document.pk).update(number=number)
    assert len(problems_of(tenant)) == 4


def test_a_void_number_that_is_borne_is_found(tenant, kind):
    document = make(kind)
    numbering.void_number(document)
    assert problems_of(tenant) == [
        "documents and their numbers: invoice INV/26-27/0001: it is void, and a document has it",
        f"documents and their numbers: invoice INV/26-27/0001: the register does not give it to {document.pk}",
    ]


@pytest.mark.parametrize("column", HEADER)
def test_a_total_beside_its_lines_is_found(tenant, kind, column):
    document = make(kind)
    make(kind)
    kind.model.objects.filter(pk=document.pk).update(**{column: models.F(column) + 1})
    wrong = {
        "exempt_value": "taxable_value", "other_charges": "grand_total", "round_off": "payable",
        "grand_total": "grand_total, payable",
    }.get(column, column)  # fmt: skip
    assert problems_of(tenant) == [f"sums of documents: invoice INV/26-27/0001: {wrong}"]


@pytest.mark.parametrize("column", LINE)
def test_a_line_beside_its_total_is_found(tenant, kind, column):
    document = make(kind)
    make(kind)
    line = document.lines.order_by("gross").first()
    kind.line_model.objects.filter(pk=line.pk).update(**{column: models.F(column) + 1})
    wrong = {"gross": "sub_total", "discount_amount": "sub_total, line_discount", "total": "grand_total"}
    assert problems_of(tenant) == [f"sums of documents: invoice INV/26-27/0001: {wrong.get(column, column)}"]


def test_a_document_that_lost_its_lines_is_found(tenant, kind):
    make(kind).lines.all().delete()
    assert problems_of(tenant) == [
        "sums of documents: invoice INV/26-27/0001: "
        "sub_total, line_discount, taxable_value, cgst, sgst, grand_total"
    ]
