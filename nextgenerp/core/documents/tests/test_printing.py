"""What is printed of a document: live data while it is a draft, after that what was copied."""

from decimal import Decimal
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from nextgenerp.core.documents.models import BankAccount, CompanyProfile
from nextgenerp.core.documents.pdf import content
from nextgenerp.core.documents.tests import probe
from nextgenerp.core.documents.tests.estimates import (
    BENGALURU,
    KARNATAKA,
    PUNE,
    change,
    customer,
    estimate,
    line,
)
from nextgenerp.core.files import store_file
from nextgenerp.core.models import StoredFile
from nextgenerp.core.tenancy import SYSTEM, tenant_context

D = Decimal


def png():
    file = BytesIO()
    Image.new("RGB", (4, 4), "red").save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def letterhead(estimates, tenant):
    """An address, a logo and a bank account."""
    with tenant_context(tenant):
        make_letterhead()


def make_letterhead():
    profile = CompanyProfile.objects.get()
    logo = store_file(
        SimpleUploadedFile("logo.png", png()), record_type=CompanyProfile._meta.label, record_id=profile.pk,
        actor=SYSTEM,
    )  # fmt: skip
    CompanyProfile.objects.update(
        line1="5 Demo Park", city="Pune", pincode="411045", phone="+912012345678", website="demo.example",
        email="demo@example.com", logo_id=logo.pk,
    )  # fmt: skip
    BankAccount.objects.create(
        account_name="Demo Works", bank_name="Demo Bank", branch="Pune", account_number="123456789012",
        ifsc="DEMO0000001", upi_id="demo@upi", is_default=True,
    )  # fmt: skip


def made(client, **values):
    buyer = customer(client, contactPerson="Asha Demo", email="asha@example.com", phone="+919812345678")
    return estimate(client, **{"customerId": buyer["id"], "date": "2027-03-31"} | values)


def test_a_whole_document(client, tenant, letterhead):
    document = made(
        client, validUntil="2027-04-30", referenceNo="PO-1", notes="Thanks", terms="Cash", shippingAddress=BENGALURU,
        discountValue="10", charges=[
            {"label": "Freight", "amount": "20", "taxable": True}, {"label": "Delivery", "amount": "5.55"},
        ],
        lines=[
            line(hsnSac="8471", unit="PCS", description="Blue", discountValue="5", cessRate="1"),
            line(name="Book", taxTreatment="exempt", discountType="amount", discountValue="20"),
        ],
    )  # fmt: skip
    printed = probe.printed(tenant, document["id"], received=D(100), facts=(("Ship by", "road"),))
    # Net 190 and 180, of which 10 % go; 20 of freight shared 10.27 : 9.73.
    taxes = content.Taxes(cgst=D("16.31"), sgst=D("16.31"), cess=D("1.81"))
    assert printed == content.PrintedDocument(
        title="ESTIMATE", number="QT/26-27/0001", date="31 Mar 2027",
        facts=tuple(content.Fact(label=label, value=value) for label, value in (
            ("Valid until", "30 Apr 2027"), ("Reference", "PO-1"), ("Place of supply", "27 Maharashtra"),
            ("Ship by", "road"),
        )),
        company=content.Company(
            name="First Demo Works", address=("5 Demo Park", "Pune, Maharashtra 411045"), gstin="27AAPFU0939F1ZV",
            phone="+912012345678", email="demo@example.com", website="demo.example", logo=png(),
        ),
        customer=content.Party(
            name="Demo Works", address=("Attn. Asha Demo", "1 Demo Road", "Pune, Maharashtra 411001"),
            phone="+919812345678", email="asha@example.com",
        ),
        ship_to=content.Party(name="Demo Works", address=("2 Demo Road", "Bengaluru, Karnataka")),
        lines=(
            content.Line(
                name="Widget", description="Blue", hsn_sac="8471", quantity=D("2.000"), unit="PCS",
                unit_price=D("100.0000"), discount=D("10.00"), discount_percent=D("5.000"),
                taxable_value=D("181.27"), tax_rate=D("18.000"), cess_rate=D("1.000"), taxes=taxes,
                total=D("215.70"),
            ),
            content.Line(
                name="Book", quantity=D("2.000"), unit_price=D("100.0000"), discount=D("20.00"),
                taxable_value=D("171.73"), treatment="Exempt", total=D("171.73"),
            ),
        ),
        totals=content.Totals(
            sub_total=D("370.00"), line_discount=D("30.00"), document_discount=D("37.00"),
            discount_percent=D("10.000"), charges=(content.Charge(label="Freight", amount=D("20.00")),),
            taxable_value=D("181.27"), exempt_value=D("171.73"), taxes=taxes,
            other_charges=(content.Charge(label="Delivery", amount=D("5.55")),), round_off=D("0.02"),
            payable=D("393.00"), received=D(100), due=D("293.00"),
        ),
        hsn_summary=(
            content.TaxRow(taxable_value=D("171.73")),
            content.TaxRow(hsn_sac="8471", rate=D("18.000"), taxable_value=D("181.27"), taxes=taxes),
        ),
        tax_summary=(content.TaxRow(rate=D("18.000"), taxable_value=D("181.27"), taxes=taxes),),
        amount_in_words="Rupees Three Hundred Ninety-Three Only",
        bank=content.BankDetails(
            account_name="Demo Works", bank_name="Demo Bank", branch="Pune", account_number="123456789012",
            ifsc="DEMO0000001",
        ),
        upi=content.UpiPayment(upi_id="demo@upi", payee="Demo Works", amount=D("293.00"), note="QT/26-27/0001"),
        terms="Cash", notes="Thanks", watermark="DRAFT",
    )  # fmt: skip


def test_what_is_printed_never_changes_once_it_left_draft(client, tenant, letterhead):
    document = made(client, terms="Cash")
    before = probe.printed(tenant, document["id"], watermark="")
    probe.freeze(tenant, document["id"])
    with tenant_context(tenant):
        CompanyProfile.objects.update(line1="Elsewhere", city="", website="")
        BankAccount.objects.update(bank_name="Elsewhere", upi_id="")
    client.patch(f"/customers/{document['customerId']}", {"name": "Other", "contactPerson": "", "phone": ""})
    tenant.name, tenant.gstin = "Other Works", KARNATAKA
    tenant.save()
    assert probe.printed(tenant, document["id"]) == before
    with tenant_context(tenant):
        StoredFile.objects.all().delete()
    assert probe.printed(tenant, document["id"]).company.logo is None


def test_a_bare_document(client, tenant):
    document = estimate(client)
    printed = probe.printed(tenant, document["id"], watermark="COPY")
    assert (printed.bank, printed.upi, printed.ship_to, printed.company.logo) == (None, None, None, None)
    assert (printed.watermark, printed.declarations, printed.totals.due) == ("COPY", (), None)
    assert [fact.label for fact in printed.facts] == ["Place of supply"]
    assert printed.customer.address == ("1 Demo Road", "Pune, Maharashtra 411001")


@pytest.mark.parametrize(
    ("category", "export_type", "rate", "declared"),
    [
        ("overseas", "with_payment", "18.000", "Supply meant for export on payment of integrated tax."),
        (
            "overseas", "without_payment", "0",
            "Supply meant for export under bond or letter of undertaking without payment of integrated tax.",
        ),
        (
            "sez", "with_payment", "18.000",
            "Supply to SEZ unit or SEZ developer for authorised operations on payment of integrated tax.",
        ),
    ],
)  # fmt: skip
def test_exports_say_whether_tax_is_paid(client, tenant, category, export_type, rate, declared):
    address = (
        {"line1": "1 Demo Road", "city": "Kathmandu", "country": "Nepal"} if category == "overseas" else PUNE
    )
    buyer = customer(client, gstCategory=category, billingAddress=address)
    document = estimate(client, customerId=buyer["id"], exportType=export_type)
    printed = probe.printed(tenant, document["id"])
    assert (printed.declarations, printed.lines[0].tax_rate) == ((declared,), D(rate))
    assert (printed.customer.address[-1] == "Nepal") is (category == "overseas")


def test_titles_and_labels(client, tenant):
    document = estimate(client, placeOfSupply="04", taxMode="inclusive", reverseCharge=True)
    printed = probe.printed(tenant, document["id"])
    assert (printed.title, printed.state_tax, printed.tax_inclusive, printed.reverse_charge) == (
        "ESTIMATE", "UTGST", True, True,
    )  # fmt: skip
    tenant.gstin = ""
    tenant.save()
    change(client, document, notes="x")
    printed = probe.printed(tenant, document["id"])
    assert (printed.title, printed.lines[0].tax_rate) == ("ESTIMATE WITHOUT GST", 0)


@pytest.mark.parametrize(
    ("query", "disposition"),
    [("", "attachment"), ("?disposition=attachment", "attachment"), ("?disposition=inline", "inline")],
)
def test_the_pdf(client, query, disposition):
    document = estimate(client, date="2027-03-31")
    response = client.get(f"/estimates/{document['id']}/pdf{query}")
    assert (response.status_code, response["Content-Type"]) == (200, "application/pdf")
    assert response["Content-Disposition"] == f'{disposition}; filename="QT-26-27-0001.pdf"'
    assert response.content.startswith(b"%PDF-")


def test_another_disposition_is_refused(client):
    document = estimate(client)
    response = client.get(f"/estimates/{document['id']}/pdf?disposition=print")
    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "disposition"
