"""A plainly invented pipeline of sales for a demo tenant; ``seed_demo`` comes through here, as often as it likes."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from crm.models import Customer
from crm.services.customers import create_customer
from finance.models import Invoice
from finance.services.issuing import issue_invoice
from finance.services.payments import record_payment as pay_invoice
from inventory.models import Product
from nextgenerp.core.addresses import complete_address
from nextgenerp.core.documents.models import BankAccount, TermsTemplate
from nextgenerp.core.tenancy import Actor, tenant_today
from sales.kinds import PROFORMA_INVOICE, QUOTATION, SALES_ORDER, SalesKind
from sales.models import ProformaInvoice, Quotation, SalesOrder
from sales.services.conversion import convert
from sales.services.deliveries import record_delivery
from sales.services.documents import create_sales_document
from sales.services.invoicing import invoice_order
from sales.services.ledger import Source, hold_proforma_invoice, hold_quotation
from sales.services.lifecycle import change_status
from sales.services.payments import record_payment
from sales.services.revisions import revise
from sales.services.settings import create_setting
from sales.services.statuses import system_status

MARK = "Demo data"
# Name, kind, GST category, city, state, PIN.
BUYERS = (
    ("Demo Electricals", "business", "unregistered", "Pune", "Maharashtra", "411001"),
    ("Sample Constructions", "business", "unregistered", "Panaji", "Goa", "403001"),
    ("Example Hotels", "business", "unregistered", "Jaipur", "Rajasthan", "302001"),
    ("नमूना ट्रेडर्स", "business", "unregistered", "Nagpur", "Maharashtra", "440001"),
    ("Trial Overseas", "business", "overseas", "", "", ""),
)
# How far each sale has come: buyer, days ago, lines as (SKU, quantity), and how it ended.
SALES: tuple[tuple[int, int, tuple[tuple[str, str], ...], str], ...] = (
    (0, 75, (("DEMO-CABLE-15", "300"), ("DEMO-MCB-16", "12")), "paid"),
    (1, 60, (("DEMO-LED-9", "120"), ("DEMO-FIT", "2")), "invoiced"),
    (2, 48, (("DEMO-LED-20", "20"), ("DEMO-PIPE-25", "150")), "half delivered"),
    (3, 41, (("DEMO-TAPE", "90"), ("DEMO-MCB-32", "6")), "ordered"),
    (0, 35, (("DEMO-SOLAR", "4"), ("DEMO-FIT", "3")), "part paid"),
    (4, 30, (("DEMO-CABLE-40", "200"),), "proforma"),
    (1, 26, (("DEMO-AMC", "1"),), "accepted"),
    (2, 21, (("DEMO-MCB-16", "10"), ("DEMO-BOX-8", "1")), "revised"),
    (3, 16, (("DEMO-LED-9", "40"),), "rejected"),
    (0, 9, (("DEMO-CABLE-15", "80"), ("DEMO-TAPE", "10")), "sent"),
    (1, 3, (("DEMO-SOLAR", "2"),), "draft"),
)


@transaction.atomic
def seed(actor: Actor) -> int:
    """Make the demo sales of a tenant that has none, with its products; returns how many were made."""
    if Quotation.objects.filter(reference_no__startswith=MARK).exists():
        return 0
    seed_settings(actor)
    buyers = [buyer(actor, *row) for row in BUYERS]
    products = {one.sku: one for one in Product.objects.filter(sku__startswith="DEMO-")}
    made = 0
    for number, (who, days, wanted, end) in enumerate(SALES, 1):
        lines = [{"product": products[sku], "quantity": Decimal(n)} for sku, n in wanted if sku in products]
        if lines:
            Sale(actor, buyers[who], tenant_today() - timedelta(days=days)).go(number, lines, end)
            made += 1
    return made


def seed_settings(actor: Actor) -> None:
    """A bank account and terms, where there are none."""
    if not BankAccount.objects.exists():
        account = {
            "account_name": "Demo Traders", "bank_name": "Demo Bank", "branch": "Pune", "ifsc": "DEMO0001234",
            "account_number": "000012345678", "upi_id": "demo.traders@demobank", "is_default": True,
        }  # fmt: skip
        create_setting(BankAccount, account, actor=actor)
    if not TermsTemplate.objects.exists():
        terms = {
            "name": "Demo terms", "content": "Demo: payment within 30 days. Goods remain ours until paid for.",
            "document_types": ["quotation", "proforma_invoice", "sales_order", "invoice"], "is_default": True,
        }  # fmt: skip
        create_setting(TermsTemplate, terms, actor=actor)


def buyer(actor: Actor, name: str, kind: str, category: str, city: str, state: str, pin: str) -> Customer:
    """A demo customer, made once."""
    found = Customer.objects.filter(name=name).first()
    if found is not None:
        return found
    place = {"line1": "1 Demo Street", "city": city, "state": state, "pincode": pin} if city else {
        "line1": "1 Demo Avenue", "city": "Dubai", "country": "United Arab Emirates",
    }  # fmt: skip
    values = {
        "name": name, "type": kind, "gst_category": category, "email": "demo-buyer@example.com", "credit_days": 30,
        "billing_address": complete_address(place), "notes": MARK,
    }  # fmt: skip
    return create_customer(values, actor=actor)


class Sale:
    """One sale, taken as far as it has come; each step is dated a little after the one before."""

    def __init__(self, actor: Actor, customer: Customer, day: date) -> None:
        self.actor, self.customer, self.day = replace(actor, request_id="seed_demo"), customer, day

    def go(self, number: int, lines: list[dict[str, Any]], end: str) -> None:
        quotation = self.quote(number, lines)
        if end == "draft":
            return
        self.move(QUOTATION, quotation, "sent")
        if end == "rejected":
            self.move(QUOTATION, quotation, "rejected", reason="Demo: bought elsewhere")
        elif end == "revised":
            made = revise(hold_quotation(quotation.pk), reason="Demo: a better price", actor=self.actor)
            self.move(QUOTATION, made, "sent")
        elif end != "sent":
            self.move(QUOTATION, quotation, "accepted")
            self.sell(quotation, end)

    def later(self, days: int) -> date:
        return min(self.day + timedelta(days=days), tenant_today())

    def quote(self, number: int, lines: list[dict[str, Any]]) -> Quotation:
        values = {
            "customer": self.customer, "date": self.day, "valid_until": tenant_today() + timedelta(days=30),
            "reference_no": f"{MARK} {number}", "lines": lines,
        }  # fmt: skip
        quotation: Quotation = create_sales_document(QUOTATION, values, actor=self.actor)
        return quotation

    def move(self, kind: SalesKind, document: Any, category: str, reason: str = "") -> None:
        """Move a document by hand, under its lock."""
        related = kind.model.objects.select_related("status", "customer", "bank_account")
        held = related.select_for_update(of=("self",)).get(pk=document.pk)
        change_status(kind, held, system_status(kind, category), reason=reason, actor=self.actor)

    def sell(self, quotation: Quotation, end: str) -> None:
        if end == "accepted":
            return
        source = Source(QUOTATION, quotation.pk, "proforma_quantity")
        dates = {
            "quotation_id": quotation.pk,
            "date": self.later(2),
            "due_date": self.later(2) + timedelta(days=15),
        }
        proforma: ProformaInvoice = convert(source, PROFORMA_INVOICE, dates, actor=self.actor)
        self.move(PROFORMA_INVOICE, proforma, "sent")
        if end == "proforma":
            return
        held = hold_proforma_invoice(proforma.pk)
        advance = {
            "amount": (held.payable / 4).quantize(Decimal(1)),
            "method": "bank_transfer",
            "reference": MARK,
        }
        record_payment(held, advance | {"date": self.later(4)}, actor=self.actor)
        if end != "part paid":
            self.order(proforma, end)

    def order(self, proforma: ProformaInvoice, end: str) -> None:
        source = Source(PROFORMA_INVOICE, proforma.pk, "ordered_quantity")
        values = {"proforma_invoice_id": proforma.pk, "date": self.later(5)}
        order: SalesOrder = convert(source, SALES_ORDER, values, actor=self.actor)
        self.move(SALES_ORDER, order, "confirmed")
        if end == "ordered":
            return
        share = 2 if end == "half delivered" else 1
        held = SalesOrder.objects.select_related("status", "customer", "bank_account").get(pk=order.pk)
        wanted = [(line.pk, (line.quantity / share).quantize(Decimal(1))) for line in held.lines.all()]
        record_delivery(
            held, wanted, {"date": self.later(8), "transporter": "Demo Roadlines"}, actor=self.actor
        )
        if end != "half delivered":
            self.invoice(order, end)

    def invoice(self, order: SalesOrder, end: str) -> None:
        invoice: Invoice = invoice_order(order.pk, {"date": self.later(9)}, actor=self.actor)
        issue_invoice(invoice, actor=self.actor)
        if end == "paid":
            payment = {"amount": invoice.balance, "method": "upi", "reference": MARK, "date": self.later(20)}
            pay_invoice(invoice, payment, actor=self.actor)
