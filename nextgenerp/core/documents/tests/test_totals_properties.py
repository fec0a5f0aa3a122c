"""What holds for every document, and the engine against a reckoning of its own."""

from collections import Counter
from dataclasses import asdict, replace
from decimal import Decimal
from operator import attrgetter

from hypothesis import given, settings
from hypothesis import strategies as st

from nextgenerp.core.documents.explanation import explain
from nextgenerp.core.documents.tests.cases import snake
from nextgenerp.core.documents.tests.documents import documents, lines
from nextgenerp.core.documents.tests.reckoning import NAMES, r2, reckon
from nextgenerp.core.documents.totals import Charge, compute
from nextgenerp.core.exceptions import Invalid


def computed_or_none(document):
    try:
        return compute(document)
    except Invalid:
        return None


def refusable(document):
    """Whether the rules refuse a document: a discount or taxable charge without a base, or too large a discount."""
    totals = reckon(replace(document, charges=()))[1]
    net, discount = totals["sub_total"], totals["document_discount"]
    taxable = any(charge.taxable and charge.amount for charge in document.charges)
    return bool((document.discount_value and not net) or discount > net or (taxable and net == discount))


def agrees_with_the_rules(document, computed):
    lines, totals, _ = reckon(document)
    for line, wanted in zip(computed.lines, lines, strict=True):
        figures = asdict(line)
        assert figures == {name: wanted[name] for name in figures}
    figures = asdict(replace(computed.totals, hsn_summary=(), tax_summary=()))
    assert figures == totals | {"hsn_summary": (), "tax_summary": ()}
    assert {number.as_tuple().exponent for number in figures.values() if number != ()} == {-2}


def summaries_add_up(document, computed):
    """To the totals, and each row to its lines."""
    totals = computed.totals
    everything = totals.taxable_value + totals.exempt_value
    for rows, value in ((totals.hsn_summary, everything), (totals.tax_summary, totals.taxable_value)):
        assert sum(row.taxable_value for row in rows) == value
        for name in (*NAMES, "tax_total"):
            assert sum(map(attrgetter(name), rows)) == getattr(totals, name)
    keys = [(row.hsn_sac, row.gst_rate) for row in totals.hsn_summary]
    assert keys == sorted(set(keys))
    wanted, found = Counter(), Counter()
    for line in document.lines:
        wanted[line.hsn_sac, line.unit] += line.quantity
    for row in totals.hsn_summary:
        for part in row.quantities:
            found[row.hsn_sac, part.unit] += part.quantity
    assert found == wanted


def shares_add_up_to_the_discount(document, computed):
    assert sum(line.document_discount for line in computed.lines) == computed.totals.document_discount


def both_halves_are_equal(document, computed):
    assert [line.cgst for line in computed.lines] == [line.sgst for line in computed.lines]
    assert not (computed.totals.cgst and computed.totals.igst)


def the_customer_pays_the_quoted_price(document, computed):
    totals = computed.totals
    if document.tax_mode == "inclusive" and not document.charges and not document.reverse_charge:
        assert totals.grand_total == totals.sub_total - totals.document_discount


def a_component_is_rounded_once(document, computed):
    """Its total is the exact sum rounded, but where prices with tax were too small to hold it."""
    lines, _, exceptions = reckon(document)
    if document.tax_rounding == "progressive" and not exceptions:
        for name in NAMES:
            assert getattr(computed.totals, name) == r2(sum(line["raws"].get(name, 0) for line in lines))


def the_grand_total_is_its_parts(document, computed):
    assert all(figure >= 0 for line in computed.lines for figure in asdict(line).values())
    totals = computed.totals
    added = Decimal(0) if document.reverse_charge else totals.tax_total
    assert totals.grand_total == totals.taxable_value + totals.exempt_value + added + totals.other_charges
    assert totals.grand_total == sum(line.total for line in computed.lines) + totals.other_charges
    assert abs(totals.round_off) <= Decimal("0.50")
    assert totals.payable == totals.grand_total + totals.round_off
    assert not document.round_off or totals.payable == int(totals.payable)


def recomputing_what_was_saved_changes_nothing(document, computed):
    """Saved: every number in its column's scale."""
    three, four = Decimal("0.001"), Decimal("0.0001")
    saved = [
        replace(
            line, quantity=line.quantity.quantize(three), unit_price=line.unit_price.quantize(four),
            discount_value=line.discount_value.quantize(three), gst_rate=line.gst_rate.quantize(three),
            cess_rate=line.cess_rate.quantize(three),
        )
        for line in document.lines
    ]  # fmt: skip
    charges = [
        Charge(charge.label, Decimal(str(charge.amount)), charge.taxable) for charge in document.charges
    ]
    discount = document.discount_value.quantize(three)
    assert compute(replace(document, lines=saved, charges=charges, discount_value=discount)) == computed


def the_explanation_gives_the_figures(document, computed):
    steps = {step.field: step.value for step in explain(document) if step.name != "charge_share"}
    for field, value in steps.items():
        *path, name = field.split(".")
        part = computed.totals if path == ["totals"] else computed.lines[int(path[1])]
        assert getattr(part, snake(name)) == value
    assert "totals.grandTotal" in steps


PROPERTIES = (
    agrees_with_the_rules, summaries_add_up, shares_add_up_to_the_discount, both_halves_are_equal,
    the_customer_pays_the_quoted_price, a_component_is_rounded_once, the_grand_total_is_its_parts,
    recomputing_what_was_saved_changes_nothing, the_explanation_gives_the_figures,
)  # fmt: skip


def check(document):
    """Hold a document to every property; what is refused must be refusable, and only that is."""
    computed = computed_or_none(document)
    assert refusable(document) == (computed is None)
    if computed is not None:
        for holds in PROPERTIES:
            holds(document, computed)


@settings(max_examples=120, deadline=None)
@given(documents())
def test_every_property_holds(document):
    check(document)


@settings(max_examples=60, deadline=None)
@given(documents(tax_mode="inclusive", supply_type="intra", charges_gst=True, discount_value=Decimal(0)))
def test_every_property_holds_of_prices_with_tax(document):
    check(document)


@settings(max_examples=8, deadline=None)
@given(st.lists(lines(), min_size=3, max_size=12), documents(many=1), st.integers(50, 200))
def test_every_property_holds_over_many_lines(few, document, count):
    check(replace(document, lines=[few[number % len(few)] for number in range(count)]))
