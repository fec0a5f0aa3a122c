"""Documents to print, with figures of the GST engine; as a program it writes their PDFs to look at.

python -m nextgenerp.core.documents.pdf.tests.samples FOLDER
"""

import sys
from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw

from nextgenerp.core.documents.pdf import PrintedDocument, render
from nextgenerp.core.documents.pdf.content import (
    BankDetails,
    Charge,
    Company,
    Fact,
    Line,
    Party,
    Taxes,
    TaxRow,
    Totals,
    UpiPayment,
)
from nextgenerp.core.documents.totals import Charge as ChargeInput
from nextgenerp.core.documents.totals import DocumentInput, LineInput, compute
from nextgenerp.core.documents.words import amount_in_words

TERMS = """1. Payment within 15 days of the invoice date; interest of 18% a year on what is late.
2. Goods once sold are taken back only if they arrive damaged and we hear of it within 7 days.
3. Delivery ex works Pune. Freight is shown where we arrange it.
4. Subject to Pune jurisdiction."""
NAMES = (
    "Laptop stand, aluminium", "USB-C docking station 11-in-1", "Wireless keyboard and mouse set",
    "27-inch monitor, 4K IPS, height adjustable, with five years of on-site warranty", "HDMI cable 2 m",
    "Annual maintenance of desktop computers", "Ergonomic office chair", "Surge protector, 6 sockets",
)  # fmt: skip
CODES = ("84733099", "84718000", "84716060", "85285200", "85444299", "998713", "94013900", "85363000")
NUMBERS = {"quantity", "unit_price", "discount_value", "gst_rate", "cess_rate"}
RATES = ("18", "18", "18", "28", "18", "18", "12", "5")


def logo():
    image = Image.new("RGBA", (640, 320), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((10, 10, 310, 310), 60, fill=(24, 92, 140, 255))
    draw.polygon([(160, 60), (260, 250), (60, 250)], fill=(255, 255, 255, 255))
    draw.ellipse((330, 60, 620, 260), fill=(238, 140, 40, 255))
    content = BytesIO()
    image.save(content, "PNG")
    return content.getvalue()


COMPANY = Company(
    name="Demo Systems Private Limited",
    address=("Unit 402, Demo Tech Park", "1 Demo Street", "Pune, Maharashtra 411045"),
    gstin="27AAPFU0939F1ZV", phone="+91 20 5550 0000", email="accounts@demo.example",
    website="www.demo.example", logo=logo(),
)  # fmt: skip
CUSTOMER = Party(
    name="Demo Traders", address=("14 Demo Road", "Demo Peth", "Pune, Maharashtra 411030"),
    gstin="27AAACD1234E1Z2", phone="+91 99999 00000",
)  # fmt: skip
SHIP_TO = Party(name="Demo Traders, warehouse", address=("Gate 3, Demo Estate", "Pune, Maharashtra 410501"))
BANK = BankDetails(
    account_name="Demo Systems Private Limited", bank_name="Demo Bank", branch="Pune",
    account_number="000012345678", ifsc="DEMO0001234",
)  # fmt: skip


def line_of(index, **changes):
    given = {
        "name": NAMES[index % 8], "description": "", "quantity": str(1 + index % 7), "unit": "Nos",
        "unit_price": str(1250 + 333 * index % 9000), "gst_rate": RATES[index % 8], "hsn_sac": CODES[index % 8],
    }  # fmt: skip
    return given | changes


def document_of(lines, *, document=None, **printed):
    """A printed document of lines as they are entered and of what the engine makes of them."""
    options = {"lines": [], "supply_type": "intra"} | (document or {})
    options["lines"] = [
        LineInput(**{
            key: Decimal(value) if key in NUMBERS else value
            for key, value in line.items() if key not in {"name", "description"}
        })
        for line in lines
    ]  # fmt: skip
    computed = compute(DocumentInput(**options))
    totals = computed.totals
    charges = options.get("charges", ())
    abroad = options.get("export_type") == "without_payment" or not options.get("charges_gst", True)
    given = {
        "title": "TAX INVOICE", "number": "INV/26-27/0001", "date": "26 Nov 2026", "company": COMPANY,
        "customer": CUSTOMER, "amount_in_words": amount_in_words(totals.payable), "bank": BANK, "terms": TERMS,
        "facts": (
            Fact(label="Due date", value="11 Dec 2026"), Fact(label="Reference", value="PO-1"),
            Fact(label="Place of supply", value="27 Maharashtra"),
        ),
        "upi": UpiPayment(
            upi_id="demo@demobank", payee="Demo Systems Private Limited", amount=totals.payable,
            note="INV/26-27/0001",
        ),
        "tax_inclusive": options.get("tax_mode") == "inclusive",
        "reverse_charge": options.get("reverse_charge", False),
    }  # fmt: skip
    treatments = {"nil": "Nil rated", "exempt": "Exempt", "non_gst": "Non-GST", "zero_rated": "Zero rated"}
    made = PrintedDocument(
        lines=tuple(
            Line(
                name=line["name"], description=line["description"], hsn_sac=entered.hsn_sac,
                quantity=entered.quantity, unit=entered.unit, unit_price=entered.unit_price,
                discount=row.discount_amount, taxable_value=row.taxable_value,
                discount_percent=entered.discount_value if entered.discount_type == "percent" else None,
                tax_rate=Decimal(0) if abroad else entered.gst_rate,
                cess_rate=Decimal(0) if abroad else entered.cess_rate,
                treatment=treatments.get(entered.tax_treatment, ""), taxes=taxes_of(row), total=row.total,
            )
            for line, entered, row in zip(lines, options["lines"], computed.lines, strict=True)
        ),
        totals=Totals(
            sub_total=totals.sub_total, line_discount=totals.line_discount,
            document_discount=totals.document_discount, discount_percent=options.get("discount_value"),
            charges=tuple(Charge(label=c.label, amount=c.amount) for c in charges if c.taxable),
            other_charges=tuple(Charge(label=c.label, amount=c.amount) for c in charges if not c.taxable),
            taxable_value=totals.taxable_value, exempt_value=totals.exempt_value, taxes=taxes_of(totals),
            round_off=totals.round_off, payable=totals.payable,
        ),
        hsn_summary=tuple(
            TaxRow(hsn_sac=row.hsn_sac, rate=row.gst_rate, taxable_value=row.taxable_value, taxes=taxes_of(row))
            for row in totals.hsn_summary
        ),
        tax_summary=tuple(
            TaxRow(rate=row.gst_rate, taxable_value=row.taxable_value, taxes=taxes_of(row))
            for row in totals.tax_summary
        ),
        **given,
    )  # fmt: skip
    return replace(made, **printed)


def taxes_of(one):
    return Taxes(cgst=one.cgst, sgst=one.sgst, igst=one.igst, cess=one.cess)


def simple(count=5, **printed):
    return document_of([line_of(index) for index in range(count)], **printed)


def samples():
    """Every kind of page worth looking at, by name."""
    delhi = (Fact(label="Valid until", value="26 Dec 2026"), Fact(label="Place of supply", value="07 Delhi"))
    hindi = [
        line_of(
            0, name="लैपटॉप स्टैंड, एल्युमिनियम", description="ऊँचाई बदली जा सकती है, पाँच वर्ष की वारंटी", unit="नग"
        ),
        line_of(5, name="कंप्यूटरों का वार्षिक रखरखाव", unit="वर्ष"),
        line_of(6, name="कार्यालय की कुर्सी (Ergonomic)", unit="नग"),
    ]
    mixed = [
        line_of(0, name="கணினி மேசை", description="மரத்தால் ஆனது, 120 × 60 செ.மீ"),
        line_of(1, name="కంప్యూటర్ బల్ల", description="చెక్కతో చేసినది, క్షేత్రస్థాయి సేవతో"),
        line_of(2, name="કમ્પ્યુટર ટેબલ", description="લાકડાનું, 120 × 60 સેમી"),
        line_of(3, name="ಗಣಕಯಂತ್ರ ಮೇಜು", description="മലയാളം: കമ്പ്യൂട്ടർ മേശ"),
        line_of(4, name="কম্পিউটার টেবিল", description="ਪੰਜਾਬੀ: ਕੰਪਿਊਟਰ ਮੇਜ਼"),
        line_of(5, name="ଓଡ଼ିଆ: କମ୍ପ୍ୟୁଟର ଟେବୁଲ୍", description="ᱥᱟᱱᱛᱟᱲᱤ, ꯃꯤꯇꯩꯂꯣꯟ"),
        line_of(6, name="فاتورة 中文 😀 unknown scripts", description="Ελληνικά, Русский, Zürich, naïve"),
    ]
    return {
        "one-line": simple(1),
        "quotation": document_of(
            [line_of(i, description="In graphite grey; delivered in recycled packaging." if i % 2 else "",
                     discount_value="10" if i == 1 else "0") for i in range(5)],
            document={"discount_value": Decimal(5), "charges": [
                ChargeInput("Packing", Decimal("450.00"), True), ChargeInput("Freight", Decimal("1200.00"))]},
            title="QUOTATION", number="QT/26-27/0042", ship_to=SHIP_TO, upi=None,
            notes="Thank you for your enquiry. Prices hold until the date above.",
        ),
        "sixty": simple(60),
        "hindi": document_of(
            hindi, title="PROFORMA INVOICE", number="PI/26-27/0007",
            customer=Party(name="श्री गणेश ट्रेडर्स", address=("१४, लक्ष्मी रोड", "सदाशिव पेठ", "पुणे, महाराष्ट्र ४११०३०"),
                           gstin="27AAACD1234E1Z2"),
            company=replace(COMPANY, name="सह्याद्रि सिस्टम्स प्राइवेट लिमिटेड"),
            terms="१. भुगतान बीजक की तिथि से १५ दिनों के भीतर। विलंब पर १८% वार्षिक ब्याज।\n"
                  "२. एक बार बेचा गया माल वापस नहीं लिया जाएगा; क्षतिग्रस्त वस्तुओं की सूचना ७ दिनों में दें।\n"
                  "३. न्यायक्षेत्र: पुणे। कुल राशि ₹ में।",
        ),
        "scripts": document_of(mixed),
        "reverse-charge": document_of([line_of(5)], document={"reverse_charge": True}),
        "inclusive": document_of(
            [line_of(i) for i in range(4)] + [line_of(4, name="Fresh milk", tax_treatment="exempt", gst_rate="0")],
            document={"tax_mode": "inclusive", "supply_type": "inter"}, facts=delhi, title="SALES ORDER",
            number="SO/26-27/0003", upi=None,
        ),
        "export-lut": document_of(
            [line_of(i) for i in range(3)],
            document={"supply_type": "export", "export_type": "without_payment"},
            customer=Party(name="Müller & Söhne GmbH", address=("Hauptstraße 5", "80331 München", "Germany")),
            facts=(Fact(label="Place of supply", value="96 Other countries"),),
            declarations=("Supply meant for export under bond or letter of undertaking without payment of "
                          "integrated tax.",), copy="Original for recipient",
        ),
        "sez-with-payment": document_of(
            [line_of(i, cess_rate="12" if i == 3 else "0") for i in range(5)], document={"supply_type": "sez"},
            declarations=("Supply to SEZ unit or SEZ developer for authorised operations on payment of integrated "
                          "tax.",),
        ),
        "union-territory": document_of(
            [line_of(0), line_of(6)], state_tax="UTGST",
            facts=(Fact(label="Place of supply", value="04 Chandigarh"),),
        ),
        "bill-of-supply": document_of(
            [line_of(i, discount_value="2.5") for i in range(3)], document={"charges_gst": False},
            title="BILL OF SUPPLY", company=replace(COMPANY, gstin="", logo=None),
        ),
        "long-words": document_of(
            [line_of(0, name="Supercalifragilisticexpialidocious" * 5, description="x" * 2000),
             line_of(1, unit_price="99999999.9999", quantity="50000.125", unit="kilolitres of water")],
            number="PREFIX12345/2026-27/000000000000000000000000000001",
            customer=Party(name="W" * 200, address=("very-long-address-without-any-space" * 4,) * 4),
            company=replace(COMPANY, name="The Extraordinarily Long Named Manufacturing and Trading Company of India "
                            "and the Neighbouring Countries Private Limited"),
        ),
        "draft": simple(7, watermark="DRAFT", title="QUOTATION", number="QT/26-27/0043", upi=None),
        "part-paid": _part_paid(),
        "two-hundred": simple(200, notes="Delivered in four lots.", terms=TERMS * 12),
    }  # fmt: skip


def _part_paid():
    document = simple(3)
    received = Decimal("10000.00")
    due = document.totals.payable - received
    return replace(
        document,
        totals=replace(document.totals, received=received, due=due),
        upi=replace(document.upi, amount=due),
    )


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, document in samples().items():
        (folder / f"{name}.pdf").write_bytes(render(document))


if __name__ == "__main__":
    main()
