"""The dashboard's blocks of sales documents, and what an organization's figures count."""

import pytest

from nextgenerp.core.tenancy import tenant_context
from nextgenerp.overview import statistics
from sales.tests.documents import (
    EVERYTHING,
    all_rounder,
    changed,
    created,
    line,
    make_customer,
    make_order,
    make_proforma,
    make_quotation,
    move,
    sent,
)

JUNE = "/dashboard/stats?from=2026-06-01&to=2026-06-30"


@pytest.fixture
def client(member):
    return all_rounder(member)


def by_status(block):
    return {one["name"]: (one["count"], one["value"]) for one in block["byStatus"] if one["count"]}


def test_documents_of_a_period_by_status_and_day(client, member):
    sent(client, make_quotation(client, date="2026-06-10"))
    make_quotation(client, date="2026-06-10", lines=[line(quantity="1")])
    make_quotation(client, date="2026-07-01")
    proforma = changed(move(client, "/proforma-invoices", make_proforma(client, date="2026-06-30"), "sent"))
    created(client.post(f"/proforma-invoices/{proforma['id']}/payments", {"amount": "500", "method": "cash"}))
    make_order(client, date="2026-06-01")
    viewer = member(
        dashboard=["view"], quotations=["view"], proforma_invoices=["view"], sales_orders=["view"]
    )
    found = viewer.get(JUNE).json()
    assert (found["quotations"]["count"], found["quotations"]["value"]) == (2, "2100.00")
    assert by_status(found["quotations"]) == {"Draft": (1, "100.00"), "Sent": (1, "2000.00")}
    assert [one["category"] for one in found["quotations"]["byStatus"]][:2] == ["draft", "sent"]
    assert found["proformaInvoices"]["settled"] == "500.00"
    assert by_status(found["proformaInvoices"]) == {"Partially Paid": (1, "2000.00")}
    assert by_status(found["salesOrders"]) == {"Draft": (1, "2000.00")}
    days = {day["date"]: day for day in found["trend"]}
    assert days["2026-06-10"]["quotations"] == 2
    assert (days["2026-06-30"]["proformaInvoices"], days["2026-06-01"]["salesOrders"]) == (1, 1)
    assert days["2026-06-11"] | {"date": ""} == {
        "date": "", "quotations": 0, "proformaInvoices": 0, "salesOrders": 0,
    }  # fmt: skip
    kinds = {one["kind"] for one in found["recentActivities"]}
    assert kinds == {"quotation", "proformaInvoice", "salesOrder"}


def test_figures_are_of_the_callers_scope(client, member):
    own = member(scope="own", dashboard=["view"], quotations=EVERYTHING, customers=EVERYTHING)
    make_quotation(client, date="2026-06-10")
    make_quotation(own, customerId=make_customer(own)["id"], date="2026-06-11", lines=[line(quantity="1")])
    found = own.get(JUNE).json()
    assert (found["quotations"]["count"], found["quotations"]["value"]) == (1, "100.00")
    assert {"proformaInvoices", "salesOrders"} <= set(found["hidden"])
    assert {one["kind"] for one in found["recentActivities"]} == {"quotation", "customer"}


def test_an_organizations_figures_count_documents(client, tenant):
    make_quotation(client)
    make_order(client)
    make_order(client)
    with tenant_context(tenant):
        assert (statistics.FIGURES["quotations"](), statistics.FIGURES["sales_orders"]()) == (1, 2)
