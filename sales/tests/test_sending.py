"""Documents sent by mail: the mail waits in the queue, the worker makes its PDF."""

import pytest

from nextgenerp.core.exceptions import RateLimited
from nextgenerp.core.tasks import GiveUp
from nextgenerp.core.tenancy import tenant_context
from nextgenerp.mail.models import QueuedEmail
from nextgenerp.mail.services import queue
from nextgenerp.mail.tasks import attached_files, deliver
from sales.tasks import pdf_of
from sales.tests.documents import (
    all_rounder,
    changed,
    field_errors,
    history_of,
    make_customer,
    make_lead,
    make_order,
    make_proforma,
    make_quotation,
    move,
    refused,
    sent,
    snapshot,
)


@pytest.fixture
def client(member):
    return all_rounder(member)


def send(client, path, document, **body):
    return client.post(f"{path}/{document['id']}/send-email", body)


def queued(response):
    assert response.status_code == 202, response.content
    return QueuedEmail.objects.get(id=response.json()["queueId"])


def test_it_goes_to_the_customer_and_marks_a_draft_as_sent(client, tenant):
    customer = make_customer(client, name="Demo Works", contactPerson="Asha Rao", email="asha@example.com")
    quotation = make_quotation(client, customerId=customer["id"])
    email = queued(send(client, "/quotations", quotation))
    assert (email.to, email.cc, email.status) == (["asha@example.com"], [], "queued")
    assert email.subject == f"Quotation {quotation['number']} from {tenant.name}"
    assert "Dear Asha Rao" in email.body_text
    assert f"Attached: quotation {quotation['number']}" in email.body_text
    assert email.reply_to == client.user.email
    after = client.get(f"/quotations/{quotation['id']}").json()
    assert after["status"]["category"] == "sent"
    assert [action for action, _ in history_of(tenant, quotation["id"])] == [
        "created",
        "status_changed",
        "emailed",
    ]
    [(name, content, content_type)] = attached_files(email)
    assert (name, content[:5], content_type) == ("QT-26-27-0001.pdf", b"%PDF-", "application/pdf")


def test_the_worker_sends_it_with_its_pdf(client, mailoutbox, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    proforma = make_proforma(client)
    email = queued(
        send(client, "/proforma-invoices", proforma, subject=" Our \n demand ", message="As agreed.")
    )
    deliver(str(email.id))
    [mail] = mailoutbox
    assert (mail.subject, mail.to) == ("Our demand", ["buyer@example.com"])
    assert [(name, kind) for name, _, kind in mail.attachments] == [("PI-26-27-0001.pdf", "application/pdf")]
    assert "As agreed." in mail.body
    email.refresh_from_db()
    assert email.status == "sent"


def test_others_may_be_named(client):
    order = make_order(client)
    email = queued(
        send(client, "/sales-orders", order, to="one@example.com", cc=["two@example.com", "one@example.com"])
    )
    assert (email.to, email.cc) == (["one@example.com"], ["two@example.com"])
    assert client.get(f"/sales-orders/{order['id']}").json()["status"]["category"] == "draft"


def test_a_lead_gets_its_quotation(client):
    lead = make_lead(client, email="asker@example.com", company="Asking Works")
    email = queued(send(client, "/quotations", make_quotation(client, leadId=lead["id"])))
    assert email.to == ["asker@example.com"]
    assert "Dear Demo," in email.body_text


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, ("to", "required")),
        ({"to": ["nobody"]}, ("to.0", "invalid_email")),
        ({"to": [f"demo-{n}@example.com" for n in range(6)]}, ("to", "max_length")),
        ({"to": ["a@example.com"], "cc": [f"demo-{n}@example.com" for n in range(5)]}, ("to", "max_length")),
        ({"to": ["a@example.com"], "bcc": ["b@example.com"]}, ("bcc", "unknown_field")),
        ({"to": ["a@example.com"], "message": "x" * 5001}, ("message", "max_length")),
    ],
)
def test_what_is_not_sent(body, error, client, tenant):
    quotation = make_quotation(client, customerId=make_customer(client, email="", phone="9876543210")["id"])
    before = snapshot(tenant)
    assert error in field_errors(send(client, "/quotations", quotation, **body))
    assert snapshot(tenant) == before
    assert not QueuedEmail.objects.filter(schema_name=tenant.schema_name).exists()


def test_the_days_cap_holds(client, tenant, settings):
    settings.MAIL_DAILY_CAPS = {"document": 1}
    quotation = sent(client, make_quotation(client))
    queued(send(client, "/quotations", quotation))
    before = snapshot(tenant)
    answer = send(client, "/quotations", quotation)
    assert (answer.status_code, answer.json()["code"]) == (429, "mail_cap_reached")
    assert snapshot(tenant) == before
    with tenant_context(tenant), pytest.raises(RateLimited):
        queue.hold_to_cap("document")


def test_a_document_that_is_gone_is_not_sent(client, tenant):
    order = make_order(client)
    email = queued(send(client, "/sales-orders", order))
    assert client.delete(f"/sales-orders/{order['id']}").status_code == 204
    with pytest.raises(GiveUp):
        deliver(str(email.id))


def test_sending_needs_the_grant_to_edit(member, client, tenant):
    quotation = make_quotation(client)
    before = snapshot(tenant)
    refused(send(member(quotations=["view", "create"]), "/quotations", quotation), 403, "permission_denied")
    assert send(member(scope="own", quotations=["view", "edit"]), "/quotations", quotation).status_code == 404
    assert snapshot(tenant) == before


def test_what_is_no_longer_good_is_stamped(client, tenant):
    quotation = changed(move(client, "/quotations", make_quotation(client), "cancelled"))
    with tenant_context(tenant):
        [(_, content, _)] = pdf_of("quotation", quotation["id"])
    assert content[:5] == b"%PDF-"
