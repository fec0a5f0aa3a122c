"""Amounts in Indian words and digits."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextgenerp.core.documents.words import amount_in_words, format_indian

AMOUNTS = [
    ("0", "Rupees Zero Only", "0.00"),
    ("0.01", "Rupees Zero and One Paise Only", "0.01"),
    ("1", "Rupees One Only", "1.00"),
    ("13", "Rupees Thirteen Only", "13.00"),
    ("20", "Rupees Twenty Only", "20.00"),
    ("21.10", "Rupees Twenty-One and Ten Paise Only", "21.10"),
    ("99.99", "Rupees Ninety-Nine and Ninety-Nine Paise Only", "99.99"),
    ("100", "Rupees One Hundred Only", "100.00"),
    ("101.5", "Rupees One Hundred One and Fifty Paise Only", "101.50"),
    ("999", "Rupees Nine Hundred Ninety-Nine Only", "999.00"),
    ("1000", "Rupees One Thousand Only", "1,000.00"),
    ("10000", "Rupees Ten Thousand Only", "10,000.00"),
    ("99999", "Rupees Ninety-Nine Thousand Nine Hundred Ninety-Nine Only", "99,999.00"),
    ("100000", "Rupees One Lakh Only", "1,00,000.00"),
    ("100001.78", "Rupees One Lakh One and Seventy-Eight Paise Only", "1,00,001.78"),
    ("9999999", "Rupees Ninety-Nine Lakh Ninety-Nine Thousand Nine Hundred Ninety-Nine Only", "99,99,999.00"),
    ("10000000", "Rupees One Crore Only", "1,00,00,000.00"),
    ("12342001", "Rupees One Crore Twenty-Three Lakh Forty-Two Thousand One Only", "1,23,42,001.00"),
    ("10000000000", "Rupees One Thousand Crore Only", "10,00,00,00,000.00"),
    ("1000000000000", "Rupees One Lakh Crore Only", "10,00,00,00,00,000.00"),
    ("100000000000000", "Rupees One Crore Crore Only", "10,00,00,00,00,00,000.00"),
    ("9999999999999.99", "Rupees Nine Lakh Ninety-Nine Thousand Nine Hundred Ninety-Nine Crore Ninety-Nine Lakh "
     "Ninety-Nine Thousand Nine Hundred Ninety-Nine and Ninety-Nine Paise Only", "99,99,99,99,99,999.99"),
    ("-1591.05", "Minus Rupees One Thousand Five Hundred Ninety-One and Five Paise Only", "-1,591.05"),
]  # fmt: skip


@pytest.mark.parametrize(("amount", "words", "digits"), AMOUNTS, ids=[amount for amount, *_ in AMOUNTS])
def test_amount(amount, words, digits):
    assert amount_in_words(Decimal(amount)) == words
    assert format_indian(Decimal(amount)) == digits


@given(st.integers(-(10**15), 10**15))
def test_digits_are_the_amount(paise):
    amount = Decimal(paise).scaleb(-2)
    assert Decimal(format_indian(amount).replace(",", "")) == amount


@given(st.integers(0, 10**13), st.integers(0, 10**13))
def test_amounts_that_differ_differ_in_words(one, other):
    same = amount_in_words(Decimal(one).scaleb(-2)) == amount_in_words(Decimal(other).scaleb(-2))
    assert same == (one == other)


@pytest.mark.parametrize("speak", [amount_in_words, format_indian])
def test_half_a_paisa_is_no_amount(speak):
    with pytest.raises(ValueError, match=r"0\.005"):
        speak(Decimal("0.005"))
