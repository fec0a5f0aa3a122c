"""However a document is taken apart, the parts together have its amounts, and none has more than it can carry."""

from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace

from hypothesis import given, settings
from hypothesis import strategies as st

from nextgenerp.database.ids import new_id
from sales import shares

ZERO = Decimal(0)
quantities = st.integers(1, 5000).map(lambda n: Decimal(n) / 1000)
prices = st.integers(1, 99_999_999).map(lambda n: Decimal(n) / 10_000)


@st.composite
def documents(draw):
    """A document with amounts, and in what pieces each of its lines is taken, by round."""
    lines = []
    for _ in range(draw(st.integers(1, 4))):
        pieces = draw(st.lists(quantities, min_size=1, max_size=4))
        price = draw(prices)
        gross = shares.rounded(Fraction(sum(pieces)) * Fraction(price))
        discount = draw(st.decimals(ZERO, gross, places=2))
        lines.append(SimpleNamespace(
            pk=new_id(), quantity=sum(pieces), unit_price=price, discount_type="amount", discount_value=discount,
            gross=gross, discount_amount=discount, pieces=pieces,
        ))  # fmt: skip
    net = sum((line.gross - line.discount_value for line in lines), ZERO)
    charges = [
        {"label": label, "amount": str(draw(st.decimals(ZERO, Decimal(9999), places=2))), "taxable": taxable}
        for label, taxable in (("Freight", True), ("Toll", False))
    ]
    document = SimpleNamespace(
        discount_type="amount", discount_value=draw(st.decimals(ZERO, net, places=2)), charges=charges
    )
    return document, lines


def take(document, lines):
    """The documents made of a document, one a round: what each round takes of each line, and what it gets."""
    given_so_far, made = shares.Given(), []
    rounds = max(len(line.pieces) for line in lines)
    for number in range(rounds):
        parts = [
            shares.Part(line, line.pieces[number], rest=number == len(line.pieces) - 1)
            for line in lines
            if number < len(line.pieces)
        ]
        rest = number == rounds - 1
        fraction = shares.fraction_of(lines, parts)
        most = sum((shares.net_after(part, given_so_far) for part in parts), ZERO)
        one = SimpleNamespace(
            parts=parts,
            most=most,
            discounts={part.line.pk: shares.line_discount(part, given_so_far.lines) for part in parts},
            discount=shares.document_discount(document, fraction, given_so_far.document, most, rest=rest),
            charges=shares.charges(document, fraction, given_so_far.charges, rest=rest),
        )
        for pk, value in one.discounts.items():
            given_so_far.lines[pk] = given_so_far.lines.get(pk, ZERO) + value
        given_so_far.document += one.discount
        for charge in one.charges:
            key = (charge["label"], charge["taxable"])
            given_so_far.charges[key] = given_so_far.charges.get(key, ZERO) + Decimal(charge["amount"])
        made.append(one)
    return made, given_so_far


@settings(max_examples=300, deadline=None)
@given(documents())
def test_the_parts_are_the_whole_and_fit(drawn):
    document, lines = drawn
    made, total = take(document, lines)
    for one in made:
        for part in one.parts:
            assert ZERO <= one.discounts[part.line.pk] <= shares.gross_of(part)
        assert ZERO <= one.discount <= one.most
    for charge in document.charges:
        key = (charge["label"], charge["taxable"])
        assert total.charges.get(key, ZERO) == Decimal(charge["amount"])
    assert total.document <= document.discount_value
    for line in lines:
        last = next(part for one in made for part in one.parts if part.line is line and part.rest)
        room = shares.gross_of(last) - made[len(line.pieces) - 1].discounts[line.pk]
        assert total.lines[line.pk] == line.discount_value or (
            total.lines[line.pk] < line.discount_value and not room
        )


def test_a_single_part_is_the_whole():
    line = SimpleNamespace(
        pk=1, quantity=Decimal(3), unit_price=Decimal("0.3333"), discount_type="amount",
        discount_value=Decimal("0.5"), gross=Decimal("1.00"), discount_amount=Decimal("0.5"),
    )  # fmt: skip
    part = shares.Part(line, Decimal(3), rest=True)
    assert shares.is_whole([line], [part])
    assert shares.line_discount(part, {}) == Decimal("0.5")
