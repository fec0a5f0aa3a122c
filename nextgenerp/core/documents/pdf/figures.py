"""Amounts, prices, quantities and rates as they are printed."""

from decimal import ROUND_DOWN, Decimal

from nextgenerp.core.documents.words import format_indian

PAISA = Decimal("0.01")


def format_amount(amount: Decimal) -> str:
    """``1,23,456.00``."""
    return format_indian(amount)


def format_price(price: Decimal) -> str:
    """An amount with as many decimals over two as it has: ``1,250.00``, ``0.1234``."""
    paise = price.quantize(PAISA, ROUND_DOWN)
    exact = f"{price:f}"
    rest = exact.partition(".")[2][2:].rstrip("0")
    sign = "-" if price < 0 and not paise else ""
    return f"{sign}{format_indian(paise)}{rest}"


def format_quantity(quantity: Decimal) -> str:
    """``2``, ``1,500``, ``0.125``: grouped, and without zeros after the point."""
    digits = format_price(quantity)
    return digits.rstrip("0").rstrip(".")


def format_percent(rate: Decimal) -> str:
    """``18%``, ``0.25%``."""
    return f"{_plain(rate)}%"


def _plain(number: Decimal) -> str:
    digits = f"{number:f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits
