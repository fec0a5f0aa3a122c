"""Quotations become proforma invoices and orders, proforma invoices become orders: one ledger for each line."""

from decimal import Decimal

import pytest

from sales.tests.documents import (
    all_rounder,
    changed,
    created,
    field_errors,
    history_of,
    line,
    make_lead,
    make_quotation,
    move,
    refused,
    register_company,
    sent,
    snapshot,
)

TO_PI, TO_ORDER, FROM_PI = (
    "/proforma-invoices/from-quotation",
    "/sales-orders/from-quotation",
    "/sales-orders/from-pi",
)
PIS, ORDERS, QUOTATIONS = "/proforma-invoices", "/sales-orders", "/quotations"


@pytest.fixture
def client(member):
    return all_rounder(member)


def quoted(client, **values):
    return sent(client, make_quotation(client, **values))


def take(quotation, *quantities):
    """The body that takes so much of each line of a quotation; None takes nothing."""
    pairs = zip(quotation["lines"], quantities, strict=False)
    return [
        {"sourceLineId": one["id"], "quantity": str(quantity)}
        for one, quantity in pairs
        if quantity is not None
    ]


def convert(client, path, source, *quantities, **body):
    key = "piId" if path == FROM_PI else "quotationId"
    lines = {"lines": take(source, *quantities)} if quantities else {}
    return client.post(path, {key: source["id"]} | lines | body)


def ledger(client, quotation):
    """What went where of each line: to proforma invoices, to orders directly, and what remains."""
    lines = client.get(f"{QUOTATIONS}/{quotation['id']}").json()["lines"]
    return [
        tuple(float(one[name]) for name in ("proformaQuantity", "orderedQuantity", "remainingQuantity"))
        for one in lines
    ]


def category(client, path, document):
    return client.get(f"{path}/{document['id']}").json()["status"]["category"]


def test_all_that_remains_goes_by_default(client, tenant):
    register_company(tenant)
    quotation = quoted(
        client, discountType="percent", discountValue="10", notes="Demo", referenceNo="RFQ 1", terms="Demo terms",
        charges=[{"label": "Freight", "amount": "100", "taxable": True}],
    )  # fmt: skip
    response = convert(client, TO_PI, quotation, date="2026-11-23", dueDate="2026-12-01")
    proforma = created(response)
    assert response["Location"] == f"{PIS}/{proforma['id']}"
    assert (proforma["number"], proforma["date"], proforma["dueDate"]) == (
        "PI/26-27/0001",
        "2026-11-23",
        "2026-12-01",
    )
    assert proforma["totals"] == quotation["totals"]
    assert (proforma["settled"], proforma["balance"]) == ("0.00", quotation["totals"]["payable"])
    for name in (
        "customerId",
        "notes",
        "referenceNo",
        "terms",
        "charges",
        "billingAddress",
        "placeOfSupply",
        "ownerId",
    ):
        assert proforma[name] == quotation[name]
    assert proforma["sourceId"] == proforma["quotationId"] == quotation["id"]
    assert [one["sourceLineId"] for one in proforma["lines"]] == [one["id"] for one in quotation["lines"]]
    assert proforma["status"]["category"] == "draft"
    assert ledger(client, quotation) == [(10, 0, 0), (4, 0, 0)]
    assert category(client, QUOTATIONS, quotation) == "converted"
    assert history_of(tenant, quotation["id"])[-2:] == [
        ("status_changed", {"status": ["Sent", "Converted"], "category": ["sent", "converted"]}),
        ("converted", {"proformaInvoice": [None, "PI/26-27/0001"]}),
    ]


def test_by_source_line_and_quantity(client):
    quotation = quoted(client)
    first = created(convert(client, TO_PI, quotation, "4", "1"))
    assert [one["quantity"] for one in first["lines"]] == ["4.000", "1.000"]
    second = created(convert(client, TO_ORDER, quotation, "3.5", None))
    assert (second["number"], second["sourceId"]) == ("SO/26-27/0001", quotation["id"])
    assert ledger(client, quotation) == [(4, 3.5, 2.5), (1, 0, 3)]
    assert category(client, QUOTATIONS, quotation) == "sent"
    third = created(convert(client, TO_ORDER, quotation))
    assert [one["quantity"] for one in third["lines"]] == ["2.500", "3.000"]
    assert ledger(client, quotation) == [(4, 6, 0), (1, 3, 0)]
    assert category(client, QUOTATIONS, quotation) == "converted"
    refused(convert(client, TO_PI, quotation), 409, "already_converted")


def test_no_more_than_remains(client, tenant):
    quotation = quoted(client)
    created(convert(client, TO_PI, quotation, "9", None))
    before = snapshot(tenant)
    problem = refused(convert(client, TO_ORDER, quotation, "1.001", "4"), 409, "quantity_exceeds_remaining")
    assert problem["lines"] == [
        {"sourceLineId": quotation["lines"][0]["id"], "requested": "1.001", "remaining": "1.000"}
    ]
    assert snapshot(tenant) == before


@pytest.mark.parametrize("path", [TO_PI, TO_ORDER])
def test_what_no_conversion_is(path, client, tenant):
    quotation, other = quoted(client), quoted(client)
    before = snapshot(tenant)
    one = quotation["lines"][0]["id"]
    for lines, error in (
        ([], ("lines", "empty")),
        (
            [{"sourceLineId": other["lines"][0]["id"], "quantity": "1"}],
            ("lines.0.sourceLineId", "does_not_exist"),
        ),
        ([{"sourceLineId": one, "quantity": "1"}] * 2, ("lines.1.sourceLineId", "duplicate")),
        ([{"sourceLineId": one, "quantity": "0"}], ("lines.0.quantity", "min_value")),
        ([{"sourceLineId": one}], ("lines.0.quantity", "required")),
        ([{"sourceLineId": "x", "quantity": "1"}], ("lines.0.sourceLineId", "invalid")),
        ([{"quantity": "1"}], ("lines.0.sourceLineId", "required")),
    ):
        body = {"quotationId": quotation["id"], "lines": lines}
        assert error in field_errors(client.post(path, body))
    assert field_errors(client.post(path, {})) == {("quotationId", "required")}
    assert field_errors(client.post(path, {"quotationId": "x"})) == {("quotationId", "does_not_exist")}
    assert field_errors(client.post(path, {"quotationId": quotation["id"], "date": "x"})) == {
        ("date", "invalid")
    }
    assert snapshot(tenant) == before


def test_only_what_was_sent_or_accepted_is_converted(client, tenant):
    draft = make_quotation(client)
    problem = refused(convert(client, TO_PI, draft), 409, "invalid_transition")
    assert (problem["from"], problem["allowed"]) == ("draft", ["sent", "accepted"])
    quotation = quoted(client)
    changed(move(client, QUOTATIONS, quotation, "accepted"))
    created(convert(client, TO_PI, quotation, "1", None))
    rejected = quoted(client)
    changed(move(client, QUOTATIONS, rejected, "rejected", reason="Demo"))
    before = snapshot(tenant)
    refused(convert(client, TO_ORDER, rejected), 409, "invalid_transition")
    assert snapshot(tenant) == before


def test_cancelling_or_deleting_gives_back(client):
    quotation = quoted(client)
    proforma, order = (
        created(convert(client, TO_PI, quotation, "6", "4")),
        created(convert(client, TO_ORDER, quotation)),
    )
    assert ledger(client, quotation) == [(6, 4, 0), (4, 0, 0)]
    assert category(client, QUOTATIONS, quotation) == "converted"
    assert client.delete(f"{PIS}/{proforma['id']}").status_code == 204
    assert ledger(client, quotation) == [(0, 4, 6), (0, 0, 4)]
    assert category(client, QUOTATIONS, quotation) == "accepted"
    assert changed(move(client, ORDERS, order, "cancelled"))["status"]["category"] == "cancelled"
    assert ledger(client, quotation) == [(0, 0, 10), (0, 0, 4)]
    again = created(convert(client, TO_PI, quotation))
    changed(move(client, PIS, again, "sent"))
    assert category(client, QUOTATIONS, quotation) == "converted"
    changed(move(client, PIS, again, "cancelled"))
    assert category(client, QUOTATIONS, quotation) == "accepted"
    assert ledger(client, quotation) == [(0, 0, 10), (0, 0, 4)]


def test_changing_a_draft_takes_more_or_less(client, tenant):
    quotation = quoted(client)
    proforma = created(convert(client, TO_PI, quotation, "6", "4"))
    first, second = proforma["lines"]
    at = f"{PIS}/{proforma['id']}"
    changed(client.patch(at, {"lines": [{"id": first["id"], "quantity": "10"}, {"id": second["id"]}]}))
    assert ledger(client, quotation) == [(10, 0, 0), (4, 0, 0)]
    assert category(client, QUOTATIONS, quotation) == "converted"
    before = snapshot(tenant)
    too_much = {"lines": [{"id": first["id"], "quantity": "10.001"}]}
    problem = refused(client.patch(at, too_much), 409, "quantity_exceeds_remaining")
    assert problem["lines"][0]["remaining"] == "0.000"
    assert snapshot(tenant) == before
    after = changed(client.patch(at, {"lines": [{"id": first["id"], "quantity": "2"}, line(name="Extra")]}))
    assert [one["sourceLineId"] for one in after["lines"]] == [quotation["lines"][0]["id"], None]
    assert ledger(client, quotation) == [(2, 0, 8), (0, 0, 4)]
    assert category(client, QUOTATIONS, quotation) == "accepted"


def test_an_order_of_a_proforma_invoice_takes_its_quantities(client, tenant):
    quotation = quoted(client)
    proforma = created(convert(client, TO_PI, quotation, "6", "4"))
    refused(convert(client, FROM_PI, proforma), 409, "invalid_transition")
    changed(move(client, PIS, proforma, "sent"))
    order = created(convert(client, FROM_PI, proforma, "5", None))
    assert (order["proformaInvoiceId"], order["quotationId"], order["sourceId"]) == (
        proforma["id"], None, proforma["id"],
    )  # fmt: skip
    assert ledger(client, quotation) == [(6, 0, 4), (4, 0, 0)]
    lines = client.get(f"{PIS}/{proforma['id']}").json()["lines"]
    assert [(one["orderedQuantity"], one["remainingQuantity"]) for one in lines] == [
        ("5.000", "1.000"), ("0.000", "4.000"),
    ]  # fmt: skip
    before = snapshot(tenant)
    refused(convert(client, FROM_PI, proforma, "1.5", None), 409, "quantity_exceeds_remaining")
    assert refused(move(client, PIS, proforma, "cancelled"), 409, "in_use")["lines"] == 1
    assert snapshot(tenant) == before
    rest = created(convert(client, FROM_PI, proforma))
    refused(convert(client, FROM_PI, proforma), 409, "quantity_exceeds_remaining")
    for one in (order, rest):
        assert client.delete(f"{ORDERS}/{one['id']}").status_code == 204
    changed(move(client, PIS, proforma, "cancelled"))
    assert ledger(client, quotation) == [(0, 0, 10), (0, 0, 4)]


def test_a_lead_is_no_customer_yet(client, tenant):
    lead = make_lead(client)
    quotation = quoted(client, leadId=lead["id"])
    before = snapshot(tenant)
    for path in (TO_PI, TO_ORDER):
        refused(convert(client, path, quotation), 409, "customer_required")
    assert snapshot(tenant) == before


def test_live_documents_keep_a_quotation_from_being_revised_or_ended(client, tenant):
    quotation = quoted(client)
    revision = created(client.post(f"{QUOTATIONS}/{quotation['id']}/revise", {}))
    proforma = created(convert(client, TO_PI, quotation, "1", None))
    before = snapshot(tenant)
    for answer in (
        client.post(f"{QUOTATIONS}/{quotation['id']}/revise", {}),
        move(client, QUOTATIONS, quotation, "cancelled"),
        move(client, QUOTATIONS, quotation, "rejected", reason="Demo"),
        move(client, QUOTATIONS, revision, "sent"),
    ):
        refused(answer, 409, "in_use")
    assert snapshot(tenant) == before
    assert client.delete(f"{PIS}/{proforma['id']}").status_code == 204
    sent(client, revision)
    assert category(client, QUOTATIONS, quotation) == "superseded"


def test_amounts_are_shared_and_the_last_takes_the_rest(client, tenant):
    register_company(tenant)
    quotation = quoted(
        client, discountType="amount", discountValue="100",
        charges=[{"label": "Freight", "amount": "50", "taxable": True}, {"label": "Toll", "amount": "10"}],
        lines=[
            line(quantity="3", unitPrice="100", discountType="amount", discountValue="20"),
            line(name="Free", quantity="3", unitPrice="0"),
        ],
    )  # fmt: skip
    parts = [created(convert(client, TO_PI, quotation, "1", "1")) for _ in range(2)]
    parts.append(created(convert(client, TO_ORDER, quotation)))
    assert [one["lines"][0]["discountValue"] for one in parts] == ["6.670", "6.670", "6.660"]
    assert [one["discountValue"] for one in parts] == ["33.330", "33.330", "33.340"]
    freight = [
        next(charge["amount"] for charge in one["charges"] if charge["label"] == "Freight") for one in parts
    ]
    assert freight == ["16.67", "16.67", "16.66"]
    whole = quotation["totals"]
    for name in ("subTotal", "lineDiscount", "documentDiscount", "charges", "otherCharges", "taxableValue"):
        assert sum(Decimal(one["totals"][name]) for one in parts) == Decimal(whole[name]), name


def test_whole_lines_taken_one_after_the_other_share_the_amounts(client, tenant):
    """The last one takes the rest, not all of it again."""
    quotation = quoted(
        client, discountType="amount", discountValue="40", charges=[{"label": "Freight", "amount": "20"}],
        lines=[line(quantity="1", unitPrice="100"), line(quantity="1", unitPrice="300")],
    )  # fmt: skip
    parts = [
        created(convert(client, TO_ORDER, quotation, "1")),
        created(convert(client, TO_ORDER, quotation)),
    ]
    assert [one["discountValue"] for one in parts] == ["10.000", "30.000"]
    assert [one["charges"][0]["amount"] for one in parts] == ["5.00", "15.00"]


def test_small_amounts_are_never_given_more_than_once(client, tenant):
    """Shares of half a paisa are rounded up until there is nothing left."""
    quotation = quoted(
        client, discountType="amount", discountValue="0.02", charges=[{"label": "Toll", "amount": "0.02"}],
        lines=[line(quantity="4", unitPrice="100", discountType="amount", discountValue="0.02")],
    )  # fmt: skip
    parts = [created(convert(client, TO_ORDER, quotation, "1")) for _ in range(4)]
    assert [one["lines"][0]["discountValue"] for one in parts] == ["0.010", "0.010", "0.000", "0.000"]
    assert [one["discountValue"] for one in parts] == ["0.010", "0.010", "0.000", "0.000"]
    tolls = [[charge["amount"] for charge in one["charges"]] for one in parts]
    assert tolls == [["0.01"], ["0.01"], [], []]


def test_converting_needs_both_grants(member, client, tenant):
    quotation = quoted(client)
    before = snapshot(tenant)
    alone = member(proforma_invoices=["create"], sales_orders=["create"])
    for path in (TO_PI, TO_ORDER):
        assert refused(convert(alone, path, quotation), 403, "permission_denied")["module"] == "Quotations"
    viewer = member(quotations=["view"], proforma_invoices=["view", "edit"], sales_orders=["view"])
    for path in (TO_PI, TO_ORDER):
        assert refused(convert(viewer, path, quotation), 403, "permission_denied")["action"] == "canCreate"
    narrow = member(scope="own", quotations=["view"], proforma_invoices=["create"], sales_orders=["create"])
    for path in (TO_PI, TO_ORDER):
        assert field_errors(convert(narrow, path, quotation)) == {("quotationId", "does_not_exist")}
    assert snapshot(tenant) == before


def test_converting_is_safe_to_repeat(client):
    quotation = quoted(client)
    key = {"Idempotency-Key": "conversion-1"}
    body = {"quotationId": quotation["id"], "lines": take(quotation, "4", None)}
    first, again = (client.post(TO_PI, body, headers=key) for _ in range(2))
    assert created(first) == created(again)
    assert ledger(client, quotation)[0] == (4, 0, 6)
