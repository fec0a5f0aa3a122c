"""Invoices on paper and by mail."""

from decimal import Decimal

import pytest
from django.core import mail

from finance.models import Invoice
from finance.printing import invoice_pdf
from finance.tasks import pdf_of
from finance.tests.books import (
    EVERYTHING,
    GSTIN,
    again,
    charging_gst,
    field_errors,
    history_of,
    issue,
    make_customer,
    make_invoice,
    outstanding,
    path_of,
    pay,
    problem,
)
from nextgenerp.core.documents.pdf.tests.reading import pages_in
from nextgenerp.core.exceptions import NotFound
from nextgenerp.core.tasks import GiveUp
from nextgenerp.core.tenancy import SYSTEM, leave_tenant, tenant_context
from nextgenerp.database.ids import new_id
from nextgenerp.mail.models import QueuedEmail
from nextgenerp.mail.tasks import deliver


@pytest.fixture
def clerk(member):
    return member(finance=EVERYTHING, customers=EVERYTHING)


@pytest.fixture(autouse=True)
def gst(tenant):
    charging_gst(tenant)


def send(client, invoice, **values):
    return client.post(f"{path_of(invoice)}/send-email", values)


def text_of(content):
    return " ".join(" ".join(pages_in(content)).split())


def test_sending_a_draft_issues_it_and_the_worker_makes_the_pdf(clerk, tenant):
    buyer = make_customer(clerk)
    draft = make_invoice(clerk, buyer)
    response = send(clerk, draft, cc="copy@example.com", message="With thanks")
    assert (response.status_code, set(response.json())) == (202, {"queueId"})
    assert (again(clerk, draft)["status"], outstanding(tenant, buyer)) == ("sent", Decimal("1180.00"))
    leave_tenant()
    queued = QueuedEmail.objects.get(pk=response.json()["queueId"])
    assert (queued.status, queued.template_key, queued.attachments) == ("queued", "document", [])
    deliver(str(queued.pk))
    [message] = mail.outbox
    assert (message.to, message.cc, message.reply_to) == (
        ["buyer@example.com"], ["copy@example.com"], [clerk.user.email],
    )  # fmt: skip
    assert message.subject == f"Invoice {draft['number']} from {tenant.name}"
    assert "With thanks" in message.body
    [(name, content, kind)] = message.attachments
    assert (name, kind) == (f"{draft['number'].replace('/', '-')}.pdf", "application/pdf")
    text = text_of(content)
    for part in (
        "TAX INVOICE",
        draft["number"],
        "Demo Buyer",
        GSTIN,
        "1,180.00",
        "One Thousand One Hundred Eighty",
    ):
        assert part in text
    assert "DRAFT" not in text
    assert [action for action, _ in history_of(tenant, draft["id"])] == ["created", "issued", "emailed"]


def test_who_may_be_written_to(clerk, tenant):
    nobody = make_customer(clerk, email="", phone="9876543210")
    invoice = issue(clerk, nobody)
    assert field_errors(send(clerk, invoice)) == {("to", "required")}
    six = [f"demo-{number}@example.com" for number in range(6)]
    assert field_errors(send(clerk, invoice, to=six)) == {("to", "max_length")}
    assert field_errors(send(clerk, invoice, to=six[:3], cc=six[3:])) == {("to", "max_length")}
    assert field_errors(send(clerk, invoice, to=["no address"])) == {("to.0", "invalid_email")}
    assert field_errors(send(clerk, invoice, body="x")) == {("body", "unknown_field")}
    leave_tenant()
    assert QueuedEmail.objects.count() == 0
    assert send(clerk, invoice, to=six[:3], cc=six[3:5]).status_code == 202


def test_a_refused_mail_does_not_issue_the_draft(clerk, tenant):
    buyer = make_customer(clerk, email="", phone="9876543210")
    draft = make_invoice(clerk, buyer)
    assert field_errors(send(clerk, draft)) == {("to", "required")}
    assert (again(clerk, draft)["status"], outstanding(tenant, buyer)) == ("draft", 0)


def test_a_cancelled_invoice_is_not_sent(clerk):
    invoice = issue(clerk)
    clerk.patch(path_of(invoice), {"status": "cancelled", "reason": "Wrong"})
    assert problem(send(clerk, invoice)) == (409, "conflict")


def test_a_key_sends_one_mail(clerk):
    invoice = issue(clerk)
    path, key = f"{path_of(invoice)}/send-email", {"Idempotency-Key": "once"}
    first, second = (clerk.post(path, {}, headers=key) for _ in range(2))
    assert (first.json(), second["Idempotency-Replayed"]) == (second.json(), "true")
    leave_tenant()
    assert QueuedEmail.objects.count() == 1


def test_the_days_mails_are_capped(clerk, settings):
    settings.MAIL_DAILY_CAPS = {"document": 1}
    invoice = issue(clerk)
    assert send(clerk, invoice).status_code == 202
    assert problem(send(clerk, invoice)) == (429, "mail_cap_reached")


def test_what_is_printed_follows_the_invoice(clerk, tenant):
    draft = make_invoice(clerk)
    part, cancelled = issue(clerk), issue(clerk)
    pay(clerk, part, "1000.00", tdsAmount="80.00")
    clerk.patch(path_of(cancelled), {"status": "cancelled", "reason": "Wrong"})
    with tenant_context(tenant):
        texts = {
            name: text_of(invoice_pdf(one["id"], actor=SYSTEM)[1])
            for name, one in (("draft", draft), ("part", part), ("cancelled", cancelled))
        }
    assert "DRAFT" in texts["draft"]
    assert all("ORIGINAL FOR RECIPIENT" in text for text in texts.values())  # CGST Rule 48
    assert "1,080.00" in texts["part"]  # received
    assert "100.00" in texts["part"]  # due
    assert "CANCELLED" in texts["cancelled"]


def test_without_a_gstin_it_is_a_bill_of_supply(clerk, tenant):
    type(tenant).objects.filter(pk=tenant.pk).update(gstin="")
    invoice = issue(clerk)
    tenant.refresh_from_db()
    with tenant_context(tenant):
        text = text_of(invoice_pdf(invoice["id"], actor=SYSTEM)[1])
    assert "BILL OF SUPPLY" in text
    assert "TAX INVOICE" not in text


def test_a_pdf_is_for_those_who_see_the_invoice(clerk, tenant):
    draft = make_invoice(clerk)
    with tenant_context(tenant):
        for identifier in (None, new_id()):
            with pytest.raises(NotFound):
                invoice_pdf(identifier, actor=SYSTEM)
        with pytest.raises(GiveUp):
            pdf_of(str(new_id()))
        Invoice.objects.filter(pk=draft["id"]).exists()
