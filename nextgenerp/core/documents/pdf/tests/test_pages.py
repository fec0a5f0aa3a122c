"""What is on the pages, and on which."""

import hashlib
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from threading import Barrier, BrokenBarrierError

import pytest

from nextgenerp.core.documents.pdf import render
from nextgenerp.core.documents.pdf.content import Charge, Fact, Line, Taxes
from nextgenerp.core.documents.pdf.tests.reading import pages_of
from nextgenerp.core.documents.pdf.tests.samples import (
    COMPANY,
    CUSTOMER,
    NAMES,
    SHIP_TO,
    document_of,
    line_of,
    samples,
    simple,
)
from nextgenerp.core.documents.totals import Charge as ChargeInput

HEADER = "# Item and description HSN/SAC Qty Rate"


def one_page(document):
    [page] = pages_of(document)
    return page


def test_everything_of_a_document_is_on_the_page():
    page = one_page(
        document_of(
            [line_of(0, description="In graphite grey", discount_value="10", unit_price="1250.5", quantity="2.5")],
            document={
                "discount_value": Decimal(5),
                "charges": [
                    ChargeInput("Packing", Decimal("450.00"), True),
                    ChargeInput("Freight", Decimal("1200.00")),
                ],
            },
            ship_to=SHIP_TO, notes="Handle with care", copy="ORIGINAL FOR RECIPIENT",
            declarations=("Supply to SEZ unit.",),
        )
    )  # fmt: skip
    for text in (
        "TAX INVOICE", "INV/26-27/0001", "ORIGINAL FOR RECIPIENT", COMPANY.name, *COMPANY.address, COMPANY.gstin,
        COMPANY.phone, COMPANY.email, COMPANY.website, "BILL TO", CUSTOMER.name, *CUSTOMER.address, CUSTOMER.gstin,
        CUSTOMER.phone, "SHIP TO", SHIP_TO.name, *SHIP_TO.address, "Date 26 Nov 2026", "Due date 11 Dec 2026",
        "Place of supply 27 Maharashtra", "Supply to SEZ unit.", "Laptop stand, aluminium", "In graphite grey",
        "84733099 2.5 Nos 1,250.50 10% 3,122.94 18% 562.12 3,685.06",
        "Before discounts 3,126.25", "Discounts on lines -312.63", "Sub total 2,813.62", "Discount (5%) -140.68",
        "Packing 450.00", "Taxable value 3,122.94", "CGST 281.06", "SGST 281.06", "Freight 1,200.00",
        "Round off -0.06", "Total ₹ 4,885.00", "Rupees Four Thousand Eight Hundred Eighty-Five Only",
        "Account no. 000012345678", "IFSC DEMO0001234", "Demo Bank, Pune", "demo@demobank",
        "84733099 18% 3,122.94 281.06 281.06 562.12", "Handle with care", "4. Subject to Pune jurisdiction.",
        f"For {COMPANY.name}", "Authorised signatory", "Page 1 of 1",
    ):  # fmt: skip
        assert text in page, text


def test_what_a_document_has_not_is_not_printed():
    page = one_page(
        simple(1, bank=None, upi=None, terms="", facts=(), amount_in_words="", hsn_summary=(),
               tax_summary=())
    )  # fmt: skip
    for text in ("SHIP TO", "BANK", "SCAN", "Terms", "Notes", "WORDS", "summary", "IGST", "Discount",
                 "Round off", "Exempt", "Received"):  # fmt: skip
        assert text not in page, text


def test_a_table_repeats_its_header_and_pages_are_counted():
    pages = pages_of(simple(60))
    assert len(pages) == 3
    assert [HEADER in page for page in pages] == [True, True, False]
    for number, page in enumerate(pages, 1):
        assert f"Page {number} of 3" in page
        assert ("TAX INVOICE INV/26-27/0001" in page) == (number > 1)
    names = "|".join(name[:8] for name in NAMES)
    assert [int(n) for n in re.findall(rf"^(\d+) (?:{names})", "\n".join(pages), re.M)] == list(range(1, 61))


@pytest.mark.parametrize("count", range(16, 28))
def test_the_sum_is_never_divided(count):
    pages = pages_of(simple(count))
    texts = ("Sub total", "CGST", "SGST", "Total ₹", "AMOUNT IN WORDS", "IFSC", "Authorised")
    places = {text: [text in page for page in pages].index(True) for text in texts}
    assert len(set(places.values())) == 1, places


@pytest.mark.parametrize("count", range(16, 28))
def test_a_row_is_never_divided(count):
    lines = [line_of(0, name="First words", description="\n".join(["middle"] * 9) + "\nlast words")] * count
    for page in pages_of(document_of(lines)):
        assert page.count("First words") == page.count("last words")


def test_a_row_higher_than_a_page_goes_on_over_pages():
    description = "\n".join(f"row {number}" for number in range(200))
    lines = [line_of(0, name="long name " * 20, description=description), line_of(1)]
    pages = pages_of(document_of(lines))
    text = "".join(pages)
    assert all(HEADER in page for page in pages[:2])
    shown = [int(number) for number in re.findall(r"row (\d+)", text)]
    assert shown == list(range(60))  # and then it is cut visibly
    assert "row 59…" in text
    assert "2 USB-C docking station" in text


def test_terms_go_on_over_pages():
    terms = "\n".join(f"{number}. term" for number in range(150))
    pages = pages_of(simple(1, terms=terms))
    assert len(pages) == 4
    assert all("Terms and conditions" in page for page in pages)
    assert [int(n) for n in re.findall(r"^(\d+)\. term", "\n".join(pages), re.M)] == list(range(150))


def test_every_page_has_the_watermark():
    pages = pages_of(simple(60, watermark="DRAFT"))
    assert ["DRAFT" in page for page in pages] == [True] * 3


def test_taxes_by_kind_of_supply():
    inter = one_page(document_of([line_of(0)], document={"supply_type": "inter"}))
    assert "IGST 225.00" in inter
    assert "CGST" not in inter
    union = one_page(document_of([line_of(0)], state_tax="UTGST"))
    assert "UTGST 112.50" in union
    assert "SGST" not in union
    cess = one_page(document_of([line_of(0, cess_rate="12")]))
    assert "Cess 150.00" in cess
    assert "18% + 12%" in cess


def test_reverse_charge_is_shown_and_not_added():
    page = one_page(document_of([line_of(0)], document={"reverse_charge": True}))
    for text in (
        "Reverse charge Yes",
        "payable by the recipient",
        "CGST (not added) 112.50",
        "Total ₹ 1,250.00",
    ):
        assert text in page


def test_inclusive_prices_say_so():
    page = one_page(document_of([line_of(0)], document={"tax_mode": "inclusive"}))
    for text in ("(incl. tax)", "Sub total (incl. tax) 1,250.00", "Taxable value 1,059.32", "CGST (included) 95.34",
                 "Total ₹ 1,250.00"):  # fmt: skip
        assert text in page


def test_exempt_lines_name_their_treatment():
    lines = [
        line_of(0),
        line_of(4, tax_treatment="exempt", gst_rate="0"),
        line_of(5, tax_treatment="non_gst"),
    ]
    page = one_page(document_of(lines))
    for text in ("Exempt 0.00", "Non-GST 0.00", "Taxable value 1,250.00", "Exempt value 30,400.00"):
        assert text in page


def test_without_tax_there_are_no_tax_columns():
    page = one_page(
        document_of([line_of(0, discount_value="2.5")], document={"charges_gst": False, "discount_value": Decimal(10)})
    )  # fmt: skip
    assert "84733099 1 Nos 1,250.00 2.5% 1,218.75" in page
    for text in ("GST rate", "Taxable", "CGST", "Tax "):
        assert text not in page, text
    assert "Discount (10%) -121.88" in page


def test_money_received_leaves_a_balance():
    page = one_page(samples()["part-paid"])
    for text in ("Total ₹ 11,994.00", "Received -10,000.00", "Balance due ₹ 1,994.00"):
        assert text in page


def test_a_split_by_rate_is_printed_where_it_says_more():
    assert "Tax by rate" not in one_page(simple(1))
    page = one_page(document_of([line_of(0), line_of(1), line_of(7)]))
    assert "Tax by rate" in page
    assert "18% 4,416.00 397.44 397.44 794.88" in page


def test_figures_of_any_size_stay_on_their_line():
    large = Decimal("9999999999999.99")
    line = Line(
        name="x", hsn_sac="12345678", quantity=Decimal("999999999999.999"), unit="Nos", discount=large,
        unit_price=Decimal("99999999999.9999"), taxable_value=large, tax_rate=Decimal("99.999"),
        taxes=Taxes(igst=large), total=large,
    )  # fmt: skip
    document = simple(1)
    totals = replace(document.totals, payable=large, sub_total=large, taxes=Taxes(igst=large))
    text = "\n".join(pages_of(replace(document, lines=(line, line), totals=totals)))
    row = (
        "12345678 9,99,99,99,99,999.999 Nos 99,99,99,99,999.9999 99,99,99,99,99,999.99 99,99,99,99,99,999.99"
    )
    assert row in text.replace("\n", " ")
    assert "Total ₹ 99,99,99,99,99,999.99" in text


def test_a_document_of_no_lines_and_of_nothing_else():
    empty = replace(
        simple(1), lines=(), title="", number="", date="", terms="", hsn_summary=(), tax_summary=()
    )
    assert len(pages_of(empty)) == 1


def test_too_many_facts_and_charges_do_not_fail():
    document = simple(
        1, facts=tuple(Fact(label="label " * 50, value="value " * 50) for _ in range(500)),
        declarations=("sentence " * 200,) * 100,
    )  # fmt: skip
    charges = tuple(Charge(label="charge " * 50, amount=Decimal(1)) for _ in range(200))
    totals = replace(document.totals, charges=charges, other_charges=charges)
    assert pages_of(replace(document, totals=totals))


def test_the_same_document_is_the_same_bytes():
    """Whatever was printed before in this process, or in another."""
    documents = samples()
    first = {name: render(documents[name]) for name in ("hindi", "scripts", "one-line")}
    for name in ("scripts", "one-line", "hindi"):
        assert render(documents[name]) == first[name]
    program = (
        "import hashlib; from nextgenerp.core.documents.pdf.tests import samples as s;"
        "print(hashlib.sha256(s.render(s.samples()['hindi'])).hexdigest())"
    )
    after_another = program.replace("print", "s.render(s.simple(1, notes='ज्ञान श्रृंखला विद्यार्थी')); print")
    found = {
        subprocess.run([sys.executable, "-c", one], capture_output=True, text=True, check=True).stdout.strip()
        for one in (program, after_another)
    }
    assert found == {hashlib.sha256(first["hindi"]).hexdigest()}


def test_two_threads_are_never_in_the_fonts_at_once():
    """reportlab reads a font through one cursor: of 192 documents two were wrong when four threads read at once."""
    meeting, met = Barrier(2), []

    class Notes(str):
        """A text that waits for the other thread where its length is asked for."""

        __slots__ = ()

        def __len__(self):
            with suppress(BrokenBarrierError):
                met.append(meeting.wait(0.2))
            return super().__len__()

    with ThreadPoolExecutor(2) as pool:
        pages = list(pool.map(pages_of, [simple(1, notes=Notes("Handle with care"))] * 2))
    assert met == []
    assert [len(page) for page in pages] == [1, 1]


def test_descriptions_are_cut_visibly_where_shaping_them_all_would_take_seconds():
    lines = [line_of(index, name=f"item {index}.", description="शब्द " * 199 + "अंत") for index in range(60)]
    text = "\n".join(pages_of(document_of(lines)))
    assert [int(n) for n in re.findall(r"item (\d+)\.", text)] == list(range(60))
    assert 40 <= text.count("अंत") < 60
    assert text.count("अंत") + text.count("…") == 60
