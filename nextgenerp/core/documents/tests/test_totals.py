"""What the engine refuses, what it holds and what it says."""

from dataclasses import replace
from decimal import Decimal

import pytest

from nextgenerp.core.documents.totals import Charge, DocumentInput, LineInput, compute, explain
from nextgenerp.core.exceptions import Invalid

D = Decimal
GOOD = LineInput(D(2), D(100), gst_rate=D(18))


def refusal(**fields):
    with pytest.raises(Invalid) as caught:
        compute(DocumentInput(**({"lines": [GOOD]} | fields)))
    assert caught.value.status == 400
    (error,) = caught.value.errors
    return error["field"], error["code"]


def line(**fields):
    return refusal(lines=[GOOD, replace(GOOD, **fields)])


def test_a_discount_is_at_most_all_of_it():
    assert line(discount_value=D("100.001")) == ("lines.1.discountValue", "max_value")
    assert line(discount_type="amount", discount_value=D("200.01")) == ("lines.1.discountValue", "max_value")
    assert refusal(discount_value=D("100.001")) == ("discountValue", "max_value")
    assert refusal(discount_type="amount", discount_value=D("200.01")) == ("discountValue", "max_value")
    whole = compute(DocumentInput([GOOD], discount_type="amount", discount_value=D(200)))
    assert (whole.totals.taxable_value, whole.totals.payable) == (0, 0)


def test_a_discount_or_charge_needs_a_base():
    free = [replace(GOOD, unit_price=D(0))]
    assert refusal(lines=free, discount_value=D(10)) == ("discountValue", "invalid")
    assert refusal(lines=free, charges=[Charge("Freight", D(1), taxable=True)]) == ("charges", "invalid")
    assert refusal(discount_value=D(100), charges=[Charge("Freight", D(1), taxable=True)]) == (
        "charges",
        "invalid",
    )
    assert refusal(lines=[], charges=[Charge("Freight", D(1), taxable=True)]) == ("charges", "invalid")
    charged = compute(
        DocumentInput(free, charges=[Charge("Courier", D(7)), Charge("None", D(0), taxable=True)])
    )
    assert (charged.totals.other_charges, charged.totals.payable) == (7, 7)
    assert compute(DocumentInput([replace(free[0], discount_value=D(10))])).totals.payable == 0


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"quantity": D("1.0001")}, "quantity"), ({"unit_price": D("1.00001")}, "unitPrice"),
        ({"discount_value": D("1.0001")}, "discountValue"), ({"gst_rate": D("18.0001")}, "gstRate"),
        ({"discount_type": "amount", "discount_value": D("1.001")}, "discountValue"),
        ({"cess_rate": D("1E-400000000")}, "cessRate"),
    ],
)  # fmt: skip
def test_nothing_is_rounded_away_unasked(fields, name):
    assert line(**fields) == (f"lines.1.{name}", "max_decimal_places")


@pytest.mark.parametrize("number", ["-1", "-0.001", "NaN", "sNaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize("name", ["quantity", "unit_price", "gst_rate", "cess_rate"])
def test_numbers_are_numbers_without_sign(name, number):
    field = {"unit_price": "unitPrice", "gst_rate": "gstRate", "cess_rate": "cessRate"}.get(name, name)
    assert line(**{name: D(number)}) == (f"lines.1.{field}", "min_value")


def test_charges_are_amounts():
    assert refusal(charges=[Charge("a", D(1)), Charge("b", D(-1))]) == ("charges.1.amount", "min_value")
    assert refusal(charges=[Charge("a", D("0.001"))]) == ("charges.0.amount", "max_decimal_places")


def test_what_no_column_holds_is_refused():
    largest = LineInput(D(1), D("99999999999.9999"), gst_rate=D(0))
    assert compute(DocumentInput([replace(largest, quantity=D(99))])).totals.payable == D("9900000000000")
    assert line(quantity=D(1000), unit_price=D("99999999999.9999")) == ("lines.1.unitPrice", "max_value")
    assert refusal(lines=[replace(largest, quantity=D(60))] * 2) == ("lines", "max_value")
    taxed = replace(largest, quantity=D(90), gst_rate=D(28))
    assert refusal(lines=[taxed]) == ("lines", "max_value")
    assert refusal(lines=[replace(taxed, cess_rate=D("999.999"))], reverse_charge=True) == (
        "lines",
        "max_value",
    )
    assert refusal(lines=[replace(largest, quantity=D(60), discount_value=D(100))] * 2) == (
        "lines",
        "max_value",
    )
    # 9999999999999.99 is held; rounded to the rupee it is not
    edge = [
        LineInput(D(99), D("99999999999.9999")), LineInput(D(1), D("99999999999.99")), LineInput(D(1), D("0.01")),
    ]  # fmt: skip
    assert compute(DocumentInput(edge[:2], round_off=False)).totals.payable == D("9999999999999.98")
    assert compute(DocumentInput(edge, round_off=False)).totals.payable == D("9999999999999.99")
    assert refusal(lines=edge) == ("lines", "max_value")
    assert line(quantity=D("1E+999999999")) == ("lines.1.quantity", "max_value")


def test_a_company_without_gstin_charges_none():
    computed = compute(DocumentInput([GOOD], charges_gst=False))
    assert (computed.totals.taxable_value, computed.totals.tax_total, computed.totals.payable) == (
        200,
        0,
        200,
    )
    inclusive = compute(DocumentInput([GOOD], tax_mode="inclusive", charges_gst=False))
    assert inclusive.totals.taxable_value == 200


def test_under_reverse_charge_prices_with_tax_lose_it():
    totals = compute(
        DocumentInput([replace(GOOD, unit_price=D(118))], tax_mode="inclusive", reverse_charge=True)
    ).totals
    assert (totals.taxable_value, totals.tax_total, totals.grand_total) == (200, 36, 200)


def test_a_carry_given_up_for_a_small_value_comes_back():
    """Progressive keeps what a too small line could not hold; line by line drops it."""
    lines = [LineInput(D(1), D(price), gst_rate=D(12)) for price in ("0.09", "0.01", "0.05")]
    document = DocumentInput(lines, tax_mode="inclusive")
    assert [line.cgst for line in compute(document).lines] == [0, 0, D("0.01")]
    assert [line.cgst for line in compute(replace(document, tax_rounding="line")).lines] == [0, 0, 0]


def test_a_carry_given_up_for_a_small_value_passes_exempt_lines_by():
    small = [LineInput(D(1), D(price), gst_rate=D(12)) for price in ("0.09", "0.01")]
    exempt, taxed = (
        LineInput(D(1), D(100), tax_treatment="exempt"),
        LineInput(D(1), D("0.05"), gst_rate=D(12)),
    )
    lines = compute(DocumentInput([*small, exempt, taxed], tax_mode="inclusive")).lines
    assert [(line.cgst, line.taxable_value) for line in lines[2:]] == [(0, 100), (D("0.01"), D("0.03"))]


def test_taxes_may_be_all_of_a_value_but_no_more():
    lines = [LineInput(D(1), D(price), gst_rate=D(12)) for price in ("0.09", "0.02")]
    last = compute(DocumentInput(lines, tax_mode="inclusive")).lines[1]
    assert (last.cgst, last.sgst, last.taxable_value, last.total) == (D("0.01"), D("0.01"), 0, D("0.02"))


def test_the_summaries():
    lines = [
        LineInput(D(3), D(100), gst_rate=D(18), hsn_sac="8471", unit="NOS"),
        LineInput(D("1.5"), D(200), gst_rate=D(18), hsn_sac="8471", unit="KGS"),
        LineInput(D(2), D(50), gst_rate=D(5), hsn_sac="8471", unit="NOS"),
        LineInput(D(1), D(70), gst_rate=D(18), hsn_sac="0401", unit="LTR", tax_treatment="exempt"),
        LineInput(D(1), D(30), gst_rate=D(0), hsn_sac="0401", unit="LTR"),
        LineInput(D(2), D(10), gst_rate=D(18), cess_rate=D(12), hsn_sac="8471", unit="NOS"),
    ]
    totals = compute(DocumentInput(lines, supply_type="inter")).totals
    rows = [
        (
            row.hsn_sac, str(row.gst_rate), [(part.unit, str(part.quantity)) for part in row.quantities],
            str(row.taxable_value), str(row.igst), str(row.cess), str(row.tax_total),
        )
        for row in totals.hsn_summary
    ]  # fmt: skip
    assert rows == [
        ("0401", "0.000", [("LTR", "2.000")], "100.00", "0.00", "0.00", "0.00"),
        ("8471", "5.000", [("NOS", "2.000")], "100.00", "5.00", "0.00", "5.00"),
        ("8471", "18.000", [("NOS", "5.000"), ("KGS", "1.500")], "620.00", "111.60", "2.40", "114.00"),
    ]
    assert [(row.gst_rate, row.taxable_value, row.igst, row.cess) for row in totals.tax_summary] == [
        (0, 30, 0, 0),
        (5, 100, 5, 0),
        (18, 620, D("111.60"), D("2.40")),
    ]


def said(document):
    return [(step.name, step.field, step.text, str(step.value)) for step in explain(document)]


def test_every_rounding_is_explained():
    document = DocumentInput(
        [
            LineInput(D("2.375"), D("84.60"), gst_rate=D(5)),
            LineInput(D(1), D(100), "percent", D("7.5"), gst_rate=D(18)),
            LineInput(D(1), D(50), "amount", D("0.5"), tax_treatment="nil"),
        ],
        discount_value=D(3),
        charges=[Charge("Freight", D(10), taxable=True), Charge("Courier", D("2.5"))],
        supply_type="inter",
    )
    upto = "The document discount up to this line, 10.29 ×"
    charged = "The charges up to this line, 10.00 ×"
    assert said(document) == [
        ("gross", "lines.0.gross", "2.375 × 84.6 = 200.925, to the paisa 200.93", "200.93"),
        ("gross", "lines.1.gross", "1 × 100 = 100.00", "100.00"),
        ("line_discount", "lines.1.discountAmount", "7.5 % of 100.00 = 7.50", "7.50"),
        ("gross", "lines.2.gross", "1 × 50 = 50.00", "50.00"),
        ("line_discount", "lines.2.discountAmount", "A discount of 0.50 on 50.00", "0.50"),
        ("document_discount", "totals.documentDiscount",
         "3 % of the subtotal of 342.93 = 10.2879, to the paisa 10.29", "10.29"),
        ("share", "lines.0.documentDiscount",
         f"{upto} 200.93 / 342.93 = 6.02913043…, to the paisa 6.03, less 0.00 before it = 6.03", "6.03"),
        ("share", "lines.1.documentDiscount",
         f"{upto} 293.43 / 342.93 = 8.80469687…, to the paisa 8.80, less 6.03 before it = 2.77", "2.77"),
        ("share", "lines.2.documentDiscount",
         f"{upto} 342.93 / 342.93 = 10.29, less 8.80 before it = 1.49", "1.49"),
        ("charges", "totals.charges",
         "Taxable charges of 10.00 are spread over the lines and taxed with them", "10.00"),
        ("charge_share", "lines.0.taxableValue",
         f"{charged} 194.90 / 332.64 = 5.85918710…, to the paisa 5.86, less 0.00 before it = 5.86", "5.86"),
        ("charge_share", "lines.1.taxableValue",
         f"{charged} 284.63 / 332.64 = 8.55669793…, to the paisa 8.56, less 5.86 before it = 2.70", "2.70"),
        ("charge_share", "lines.2.taxableValue",
         f"{charged} 332.64 / 332.64 = 10.00, less 8.56 before it = 1.44", "1.44"),
        ("tax", "lines.0.igst", "IGST 5 % of 200.76 = 10.038, to the paisa 10.04", "10.04"),
        ("tax", "lines.1.igst",
         "IGST 18 % of 92.43 = 16.6374, with -0.002 carried = 16.6354, to the paisa 16.64", "16.64"),
        ("grand_total", "totals.grandTotal", "Lines 342.64 + tax 26.68 + other charges 2.50 = 371.82", "371.82"),
        ("round_off", "totals.roundOff", "371.82, to the rupee 372.00", "0.18"),
    ]  # fmt: skip


def test_prices_with_tax_are_explained():
    lines = [LineInput(D(1), D(price), gst_rate=D(5), cess_rate=D(7)) for price in ("17.79", "0.01")]
    document = DocumentInput(lines, tax_mode="inclusive", reverse_charge=True, round_off=False)
    assert said(document) == [
        ("gross", "lines.0.gross", "1 × 17.79 = 17.79", "17.79"),
        ("gross", "lines.1.gross", "1 × 0.01 = 0.01", "0.01"),
        ("tax", "lines.0.cgst", "CGST 2.5 % of 17.79 / 112 % = 0.39709821…, to the paisa 0.40", "0.40"),
        ("tax", "lines.0.sgst", "SGST 2.5 % of 17.79 / 112 % = 0.39709821…, to the paisa 0.40", "0.40"),
        ("tax", "lines.0.cess", "Cess 7 % of 17.79 / 112 % = 1.111875, to the paisa 1.11", "1.11"),
        ("taxable_value", "lines.0.taxableValue", "17.79 with tax less 1.91 of tax = 15.88", "15.88"),
        ("tax", "lines.1.cgst", "CGST 2.5 % of 0.01 / 112 % = 0.00022321…, with -0.00290178… carried = "
         "-0.00267857…, to the paisa 0.00", "0.00"),
        ("tax", "lines.1.sgst", "SGST 2.5 % of 0.01 / 112 % = 0.00022321…, with -0.00290178… carried = "
         "-0.00267857…, to the paisa 0.00", "0.00"),
        ("tax", "lines.1.cess", "Cess 7 % of 0.01 / 112 % = 0.000625, with 0.001875 carried = 0.0025, "
         "to the paisa 0.00", "0.00"),
        ("taxable_value", "lines.1.taxableValue", "0.01 with tax less 0.00 of tax = 0.01", "0.01"),
        ("grand_total", "totals.grandTotal", "Lines 15.89, the tax of 1.91 is paid by the recipient = 15.89", "15.89"),
    ]  # fmt: skip


def test_a_value_too_small_for_its_taxes_is_explained():
    lines = [LineInput(D(1), D(price), gst_rate=D(12)) for price in ("0.09", "0.01")]
    texts = [text for name, _, text, _ in said(DocumentInput(lines, tax_mode="inclusive")) if name == "tax"]
    assert texts[2] == (
        "CGST 6 % of 0.01 / 112 % = 0.00053571…, with 0.00482142… carried = 0.00535714…, to the paisa 0.00: "
        "too little to hold its taxes"
    )


def test_nothing_is_carried_line_by_line():
    lines = [LineInput(D(1), D("7.60"), gst_rate=D(12))] * 2
    document = DocumentInput(lines, tax_rounding="line")
    assert {text for name, _, text, _ in said(document) if name == "tax"} == {
        "CGST 6 % of 7.60 = 0.456, to the paisa 0.46", "SGST 6 % of 7.60 = 0.456, to the paisa 0.46",
    }  # fmt: skip


def test_an_explanation_refuses_what_the_engine_refuses():
    with pytest.raises(Invalid):
        explain(DocumentInput([GOOD], discount_value=D(101)))
