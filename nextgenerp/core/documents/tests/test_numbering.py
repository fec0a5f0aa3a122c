"""Numbers without gaps, whatever happens, and the register that proves it."""

import threading
from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from nextgenerp.core import history
from nextgenerp.core.documents.models import IssuedNumber, NumberingPeriod, NumberingSeries
from nextgenerp.core.documents.numbering import (
    describe_next,
    provision_numbering,
    series_of,
    take_number,
    update_series,
)
from nextgenerp.core.exceptions import Conflict, DomainError, Invalid
from nextgenerp.core.models import HistoryEntry
from nextgenerp.core.tenancy import SYSTEM, tenant_context, tenant_today
from nextgenerp.database.ids import new_id

DAY = date(2026, 11, 23)
NEXT_YEAR = date(2027, 4, 1)


@pytest.fixture
def inside(tenant):
    with tenant_context(tenant):
        yield


def take(day=DAY, kind="quotation"):
    return take_number(kind, day, new_id())


def change(kind="quotation", **values):
    return update_series(series_of(kind), values, actor=SYSTEM)


def skip_to(kind, day, next_number):
    """Bring a period to a number, as if so many had been taken."""
    take(day, kind)
    NumberingPeriod.objects.filter(series__document_type=kind).update(
        next_number=next_number, skipped=next_number - 2
    )


def assert_register_is_whole():
    """Each period's lines are 1 … next number, but for those skipped by hand."""
    for period in NumberingPeriod.objects.all():
        lines = IssuedNumber.objects.filter(series=period.series, period=period.period)
        sequences = sorted(lines.values_list("sequence", flat=True))
        assert len(sequences) == len(set(sequences)) == period.next_number - 1 - period.skipped
        if not period.skipped:
            assert sequences == list(range(1, period.next_number))


def test_a_new_tenant_has_the_four_series(inside):
    found = list(
        NumberingSeries.objects.values_list("document_type", "prefix", "format", "padding", "reset_policy")
    )
    rest = ("{PREFIX}/{FY}/{SEQ}", 4, "financial_year")
    assert found == [
        ("invoice", "INV", *rest), ("proforma_invoice", "PI", *rest), ("quotation", "QT", *rest),
        ("sales_order", "SO", *rest),
    ]  # fmt: skip
    provision_numbering()
    assert NumberingSeries.objects.count() == 4


def test_a_schema_older_than_its_series_gets_them(inside):
    NumberingSeries.objects.filter(document_type="invoice").delete()
    assert take(kind="invoice") == "INV/26-27/0001"


def test_numbers_follow_each_other_in_their_period(inside):
    assert [take(), take(), take(NEXT_YEAR), take(), take(kind="invoice")] == [
        "QT/26-27/0001", "QT/26-27/0002", "QT/27-28/0001", "QT/26-27/0003", "INV/26-27/0001",
    ]  # fmt: skip
    assert_register_is_whole()


def test_a_number_taken_back_is_taken_again(inside):
    take()
    with transaction.atomic():
        assert take() == "QT/26-27/0002"
        transaction.set_rollback(True)
    assert take() == "QT/26-27/0002"
    assert_register_is_whole()


def test_today_is_the_tenants(inside, tenant, monkeypatch):
    last = datetime(2027, 3, 31, 18, 29, 59, tzinfo=UTC)  # one second before midnight in Kolkata
    for moment, day, preview in (
        (last, date(2027, 3, 31), "QT/26-27/0001"),
        (last.replace(minute=30, second=0), NEXT_YEAR, "QT/27-28/0001"),
    ):
        monkeypatch.setattr(timezone, "now", lambda moment=moment: moment)
        assert tenant_today() == day
        series = NumberingSeries.objects.get(document_type="quotation")
        assert describe_next([series])[0].preview == preview


def test_the_database_knows_no_number_twice(inside):
    take()
    line = IssuedNumber.objects.get()
    for changes, constraint in (
        ({"number": "QT/26-27/0002"}, "issued_number_sequence"),
        ({"sequence": 2}, "issued_number_once"),
    ):
        copy = IssuedNumber(
            series=line.series, period=line.period, document_id=new_id(),
            **{"sequence": line.sequence, "number": line.number} | changes,
        )  # fmt: skip
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            copy.save(force_insert=True)


def test_an_invoice_number_has_sixteen_characters(inside):
    skip_to("invoice", DAY, 999_999)
    assert take(kind="invoice") == "INV/26-27/999999"
    with pytest.raises(Conflict) as refused, transaction.atomic():
        take(kind="invoice")
    assert refused.value.code == "series_exhausted"
    assert NumberingPeriod.objects.get().next_number == 1_000_000


def test_the_next_number_only_rises(inside, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 11, 23, tzinfo=UTC))
    take()
    changed = change(next_number=41, prefix="Q")
    assert (changed.next_number, changed.preview, changed.version) == (41, "Q/26-27/0041", 2)
    for low in (40, 1):
        with pytest.raises(Invalid) as refused, transaction.atomic():
            change(next_number=low)
        assert refused.value.errors[0]["field"] == "nextNumber"
    with pytest.raises(Invalid), transaction.atomic():
        change("invoice", next_number=1_000_000)
    assert [take(), take()] == ["Q/26-27/0041", "Q/26-27/0042"]
    assert NumberingPeriod.objects.get(series__document_type="quotation").skipped == 39
    assert_register_is_whole()
    entry = HistoryEntry.objects.get(record_id=changed.pk)
    assert entry.changes == {"prefix": ["QT", "Q"], "nextNumber": [2, 41]}


def test_a_change_that_changes_nothing_leaves_no_trace(inside):
    assert change(prefix="QT", next_number=1).version == 1
    assert not HistoryEntry.objects.exists()


def test_a_format_against_the_rules_changes_nothing(inside):
    with pytest.raises(Invalid), transaction.atomic():
        change(format="{PREFIX}/{SEQ}")
    assert take() == "QT/26-27/0001"


def test_another_reset_policy_writes_no_number_twice(inside, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 11, 23, tzinfo=UTC))
    assert [take(), take(date(2026, 5, 1))] == ["QT/26-27/0001", "QT/26-27/0002"]
    change(reset_policy="never")
    assert take() == "QT/26-27/0003"
    change(reset_policy="monthly", format="{PREFIX}/{FY}/{MM}/{SEQ}")
    assert [take(), take(date(2026, 5, 1))] == ["QT/26-27/11/0001", "QT/26-27/05/0001"]
    assert_register_is_whole()


def in_threads(tenant, jobs):
    """What the jobs return or raise when all begin at once, each in a transaction of its own."""
    barrier, results = threading.Barrier(len(jobs)), []

    def run(job):
        try:
            with tenant_context(tenant):
                barrier.wait()
                with transaction.atomic():
                    results.append(job())
        except (ZeroDivisionError, DomainError) as exc:
            results.append(type(exc).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[job]) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_fifty_at_once_with_every_fifth_failing_leave_no_gap(committed_tenant):
    """The period's row is not there before: all want to make it."""

    def job(fails):
        def create():
            number = take()
            history.record(NumberingSeries(), "created", actor=SYSTEM)  # some work under the lock
            return 1 / 0 if fails else number

        return create

    results = in_threads(committed_tenant, [job(index % 5 == 0) for index in range(50)])
    assert sorted(results) == [f"QT/26-27/{n:04}" for n in range(1, 41)] + ["ZeroDivisionError"] * 10
    with tenant_context(committed_tenant):
        assert NumberingPeriod.objects.get().next_number == 41
        assert_register_is_whole()
