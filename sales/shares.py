"""How the amounts of a document are shared among those made of its parts; pure, exact to the paisa.

Discounts in percent go along unchanged. Amounts (discounts, charges) are shared by quantity or by value, and whoever
takes the last of it takes the rest, so that the parts together are the whole.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from nextgenerp.core.documents.models import DiscountType
from nextgenerp.core.documents.worksheet import half_up

ZERO = Decimal(0)
Key = tuple[str, bool]


@dataclass(slots=True)
class Given:
    """What documents made earlier have of a source: discounts by source line, its own discount, charges by key."""

    lines: dict[UUID, Decimal] = field(default_factory=dict)
    document: Decimal = ZERO
    charges: dict[Key, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Part:
    """A source line and how much of it is taken; ``rest`` when nothing of it remains after that."""

    line: Any
    quantity: Decimal
    rest: bool


def rounded(value: Fraction) -> Decimal:
    """A value of 0 or more in rupees, rounded half up to the paisa."""
    return Decimal(half_up(100 * value.numerator, value.denominator)).scaleb(-2)


def is_whole(lines: Sequence[Any], parts: Sequence[Part]) -> bool:
    """Whether some parts are all of a document, of which nothing was taken before."""
    return len(parts) == len(lines) and all(part.quantity == part.line.quantity for part in parts)


def gross_of(part: Part) -> Decimal:
    """What a part costs before discounts."""
    return rounded(Fraction(part.quantity) * Fraction(part.line.unit_price))


def line_discount(part: Part, given: Mapping[UUID, Decimal]) -> Decimal:
    """The ``discount_value`` of a part of a line."""
    line = part.line
    if line.discount_type == DiscountType.PERCENT or part.quantity == line.quantity:
        return line.discount_value
    fraction = Fraction(part.quantity) / Fraction(line.quantity)
    share = share_of(line.discount_value, fraction, given.get(line.pk, ZERO), rest=part.rest)
    return min(share, gross_of(part))


def share_of(whole: Decimal, fraction: Fraction, given: Decimal, *, rest: bool) -> Decimal:
    """A fraction of an amount to the paisa, or the ``rest``; never more than was not ``given`` yet."""
    left = max(ZERO, whole - given)
    return left if rest else min(left, rounded(Fraction(whole) * fraction))


def fraction_of(lines: Iterable[Any], parts: Sequence[Part]) -> Fraction:
    """Which part of a document's value some parts of its lines are; 0 where the whole is worth nothing."""
    whole = sum((Fraction(net_of(line)) for line in lines), Fraction(0))
    taken = sum(
        (
            Fraction(net_of(part.line)) * Fraction(part.quantity) / Fraction(part.line.quantity)
            for part in parts
        ),
        Fraction(0),
    )
    return taken / whole if whole else Fraction(0)


def net_of(line: Any) -> Decimal:
    return line.gross - line.discount_amount


def net_after(part: Part, given: Given) -> Decimal:
    """What a part costs after its line's discount."""
    gross, discount = gross_of(part), line_discount(part, given.lines)
    if part.line.discount_type == DiscountType.PERCENT:
        discount = rounded(Fraction(gross) * Fraction(discount) / 100)
    return gross - discount


def document_discount(
    document: Any, fraction: Fraction, given: Decimal, most: Decimal, *, rest: bool
) -> Decimal:
    """The ``discount_value`` of a document made of a fraction of another; at most ``most``, its own sub-total."""
    if not most:
        return ZERO  # there is nothing to take a discount from
    if document.discount_type == DiscountType.PERCENT:
        return document.discount_value
    return min(share_of(document.discount_value, fraction, given, rest=rest), most)


def charges(
    document: Any, fraction: Fraction, given: Mapping[Key, Decimal], *, rest: bool
) -> list[dict[str, Any]]:
    """The charges of a document made of a fraction of another; those that come to nothing are left out."""
    wholes: dict[Key, Decimal] = {}
    for charge in document.charges:
        key = (charge["label"], charge["taxable"])
        wholes[key] = wholes.get(key, ZERO) + Decimal(charge["amount"])
    shares = {
        key: share_of(whole, fraction, given.get(key, ZERO), rest=rest) for key, whole in wholes.items()
    }
    return [
        {"label": label, "amount": amount, "taxable": taxable}
        for (label, taxable), amount in shares.items()
        if amount
    ]


def given_by(documents: Iterable[Any], lines: Iterable[Any]) -> Given:
    """What some documents and their lines have of a source."""
    given = Given()
    for document in documents:
        if document.discount_type == DiscountType.AMOUNT:
            given.document += document.discount_value
        for charge in document.charges:
            key = (charge["label"], charge["taxable"])
            given.charges[key] = given.charges.get(key, ZERO) + Decimal(charge["amount"])
    for line in lines:
        if line.discount_type == DiscountType.AMOUNT:
            given.lines[line.source_line_id] = (
                given.lines.get(line.source_line_id, ZERO) + line.discount_value
            )
    return given
