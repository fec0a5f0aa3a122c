"""Random documents: small and large, of few and many lines, with every option."""

from decimal import Decimal

from hypothesis import strategies as st

from nextgenerp.core.documents.totals import Charge, DocumentInput, LineInput

RATES = [
    Decimal(rate)
    for rate in ("0", "0.1", "0.25", "1", "1.5", "3", "5", "6", "7.5", "12", "18", "28", "40", "12.345")
]
CESSES = [Decimal(0)] * 4 + [Decimal(1), Decimal(12), Decimal("290.5")]
TREATMENTS = ("taxable",) * 6 + ("nil", "exempt", "non_gst", "zero_rated")


def decimals(most, places):
    """Numbers of a scale, the small ones as often as the large."""
    units = st.one_of(*(st.integers(0, limit) for limit in (3, 200, 10**5, most * 10**places)))
    return units.map(lambda number: Decimal(number).scaleb(-places))


@st.composite
def lines(draw):
    kind = draw(st.sampled_from(["percent", "percent", "amount"]))
    quantity, price = draw(decimals(10**4, 3)), draw(decimals(10**5, 4))
    if kind == "percent":
        discount = draw(st.sampled_from([Decimal(0), Decimal(0), Decimal(100)]) | decimals(100, 3))
    else:  # some part of what may be taken off
        gross = int(quantity * price * 100)
        discount = Decimal(draw(st.integers(0, gross))).scaleb(-2)
    return LineInput(
        quantity, price, kind, discount,
        draw(st.sampled_from(RATES)), draw(st.sampled_from(CESSES)),
        draw(st.sampled_from(TREATMENTS)), draw(st.sampled_from(["", "8471", "998314"])),
        draw(st.sampled_from(["NOS", "KGS"])),
    )  # fmt: skip


@st.composite
def documents(draw, many=8, **fixed):
    """Documents the engine takes or refuses for want of a base; keywords fix a field."""
    charges = st.builds(Charge, st.just("Freight"), decimals(10**4, 2), st.booleans())
    kind = draw(st.sampled_from(["percent", "amount"]))
    value = draw(st.just(Decimal(0)) | (decimals(100, 3) if kind == "percent" else decimals(50, 2)))
    return DocumentInput(**{
        "lines": draw(st.lists(lines(), min_size=1, max_size=many)),
        "tax_mode": draw(st.sampled_from(["exclusive", "inclusive"])),
        "supply_type": draw(st.sampled_from(["intra", "intra", "inter", "export", "sez"])),
        "reverse_charge": draw(st.integers(0, 4)) == 0,
        "export_type": draw(st.sampled_from(["with_payment", "without_payment"])),
        "discount_type": kind,
        "discount_value": value,
        "charges": draw(st.lists(charges, max_size=3)),
        "round_off": draw(st.integers(0, 3)) > 0,
        "tax_rounding": draw(st.sampled_from(["progressive", "progressive", "line"])),
        "charges_gst": draw(st.integers(0, 9)) > 0,
        **fixed,
    })  # fmt: skip
