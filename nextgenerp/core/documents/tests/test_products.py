"""Prices taken from products into a document's tax mode."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextgenerp.core.documents.products import price_in

HALF_UNIT = Fraction(1, 20_000)


@pytest.mark.parametrize(
    ("mode", "price", "priced", "rate", "expected"),
    [
        ("exclusive", "118.0000", "inclusive", "18", "100.0000"),
        ("inclusive", "100.0000", "exclusive", "18", "118.0000"),
        ("exclusive", "100.0000", "exclusive", "18", "100.0000"),
        ("exclusive", "100.0000", "inclusive", "18", "84.7458"),
        ("exclusive", "100.0000", "inclusive", "0", "100.0000"),
        ("inclusive", "0.0001", "exclusive", "40", "0.0001"),
        ("inclusive", "0.0003", "exclusive", "50", "0.0005"),  # 0.00045, half up
    ],
)
def test_a_price_is_stated_as_the_document_states_prices(mode, price, priced, rate, expected):
    assert str(price_in(mode, Decimal(price), priced, Decimal(rate))) == expected


@given(
    st.integers(0, 10**15 - 1).map(lambda n: Decimal(n).scaleb(-4)),
    st.integers(0, 100_000).map(lambda n: Decimal(n).scaleb(-3)),
)
def test_the_nearest_price_is_taken(price, rate):
    stated = price_in("exclusive", price, "inclusive", rate)
    exact = Fraction(price) / (1 + Fraction(rate) / 100)
    assert -HALF_UNIT <= exact - Fraction(stated) < HALF_UNIT or exact - Fraction(stated) == -HALF_UNIT
