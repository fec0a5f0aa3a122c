"""Amounts as India writes them: digits grouped in lakhs and crores, and in words."""

from decimal import Decimal

_SMALL = (
    "Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve",
    "Thirteen", "Fourteen", "Fifteen", "Sixteen", "Seventeen", "Eighteen", "Nineteen",
)  # fmt: skip
_TENS = ("Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety")
_UNITS = ((10**7, "Crore"), (10**5, "Lakh"), (1000, "Thousand"), (100, "Hundred"))


def amount_in_words(amount: Decimal) -> str:
    """Return rupees in words, ``Rupees One Lakh and Seventy-Eight Paise Only``. Raises ValueError for half a paisa."""
    rupees, paise = divmod(_paise(amount), 100)
    words = f"Rupees {_words(rupees)}"
    if paise:
        words += f" and {_words(paise)} Paise"
    return f"{'Minus ' if amount < 0 else ''}{words} Only"


def format_indian(amount: Decimal) -> str:
    """Return rupees in digits, ``1,23,42,001.00``. Raises ValueError for half a paisa."""
    rupees, paise = divmod(_paise(amount), 100)
    head, last = divmod(rupees, 1000)
    groups = [f"{last:03}" if head else str(last)]
    while head:
        head, last = divmod(head, 100)
        groups.insert(0, f"{last:02}" if head else str(last))
    return f"{'-' if amount < 0 else ''}{','.join(groups)}.{paise:02}"


def _paise(amount: Decimal) -> int:
    """The size of an amount in paise."""
    top, bottom = abs(amount).as_integer_ratio()
    paise, rest = divmod(top * 100, bottom)
    if rest:
        raise ValueError(f"{amount} is not a whole number of paise.")
    return paise


def _words(number: int) -> str:
    """A whole number in words; a lakh crore is ``One Lakh Crore``."""
    for size, name in _UNITS:
        if number >= size:
            count, rest = divmod(number, size)
            return f"{_words(count)} {name}" + (f" {_words(rest)}" if rest else "")
    if number < 20:
        return _SMALL[number]
    tens, ones = divmod(number, 10)
    return _TENS[tens - 2] + (f"-{_SMALL[ones]}" if ones else "")
