"""Rates of GST by the day."""

from datetime import date
from decimal import Decimal

import pytest

from nextgenerp.core.documents.models import GstRate
from nextgenerp.core.documents.rates import check_rate, check_rates, provision_rates, rates_on
from nextgenerp.core.exceptions import Invalid
from nextgenerp.core.tenancy import tenant_context

ALL = ["0", "0.1", "0.25", "1", "1.5", "3", "5", "6", "7.5", "12", "18", "28", "40"]


@pytest.fixture(autouse=True)
def inside(tenant):
    with tenant_context(tenant):
        yield


def test_a_new_tenant_has_todays_rates():
    assert rates_on(date(2026, 4, 1)) == [Decimal(rate) for rate in ALL]
    provision_rates()
    assert GstRate.objects.count() == len(ALL)


@pytest.mark.parametrize(
    ("day", "missing"),
    [
        (date(2025, 9, 22), []),
        (date(2025, 9, 21), ["40"]),
        (date(2019, 4, 1), ["40"]),
        (date(2019, 3, 31), ["1.5", "6", "7.5", "40"]),
        (date(2017, 7, 1), ["0.1", "1.5", "6", "7.5", "40"]),
        (date(2017, 6, 30), ALL),
    ],
)
def test_rates_have_dates(day, missing):
    assert rates_on(day) == [Decimal(rate) for rate in ALL if rate not in missing]


def test_a_rate_ends_on_its_last_day_and_may_come_again():
    GstRate.objects.filter(rate=28).update(valid_to=date(2026, 1, 31))
    GstRate.objects.create(rate=28, valid_from=date(2027, 4, 1))
    check_rate(Decimal(28), date(2026, 1, 31))
    check_rate(Decimal(28), date(2027, 4, 1))
    with pytest.raises(Invalid):
        check_rate(Decimal(28), date(2026, 2, 1))


def test_unknown_rates_are_refused_each_by_its_field(queries):
    rates = [Decimal("18.000"), Decimal(17), Decimal(0), Decimal("0.3"), Decimal(17)]
    with queries() as seen, pytest.raises(Invalid) as caught:
        check_rates(rates, date(2026, 4, 1))
    assert len(seen) == 1
    assert [(error["field"], error["code"]) for error in caught.value.errors] == [
        ("lines.1.gstRate", "invalid_rate"), ("lines.3.gstRate", "invalid_rate"), ("lines.4.gstRate", "invalid_rate"),
    ]  # fmt: skip
    assert caught.value.errors[1]["detail"] == "GST is not charged at 0.3 % on 2026-04-01."


def test_no_rate_asks_nothing(queries):
    with queries() as seen:
        check_rates([Decimal(0), Decimal("0.000")], date(2016, 1, 1))
        check_rates([], date(2026, 4, 1))
    assert seen == []


def test_one_rate_is_refused_by_the_field_given():
    check_rate(Decimal(40), date(2025, 9, 22))
    with pytest.raises(Invalid) as caught:
        check_rate(Decimal(40), date(2025, 9, 21), "lines.0.gstRate")
    assert caught.value.errors[0]["field"] == "lines.0.gstRate"
    with pytest.raises(Invalid) as caught:
        check_rate(Decimal(40), date(2025, 9, 21))
    assert caught.value.errors[0]["field"] == "gstRate"
