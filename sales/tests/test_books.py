"""Each way the sales books can be wrong is found, and only that one."""

import pytest
from django.db import connection

from nextgenerp.core.tenancy import tenant_context
from nextgenerp.testing.books import assert_books_are_clean, problems_of
from sales.tests.documents import (
    changed,
    confirmed,
    created,
    line,
    make_product,
    make_quotation,
    move,
    sent,
)


@pytest.fixture
def sale(member, tenant):
    """Something of everything: a quotation, its proforma invoice, its order, delivered and invoiced in part."""
    client = member("tenant_admin")
    product = make_product(client, openingStock="20")
    lines = [{"productId": product["id"], "quantity": "10"}, line()]
    quotation = sent(client, make_quotation(client, lines=lines))
    proforma = created(client.post("/proforma-invoices/from-quotation", {"quotationId": quotation["id"]}))
    changed(move(client, "/proforma-invoices", proforma, "sent"))
    created(client.post(f"/proforma-invoices/{proforma['id']}/payments", {"amount": "100", "method": "cash"}))
    order = confirmed(client, created(client.post("/sales-orders/from-pi", {"piId": proforma["id"]})))
    delivered = [{"lineId": order["lines"][0]["id"], "quantity": "4"}]
    created(client.post(f"/sales-orders/{order['id']}/deliveries", {"lines": delivered}))
    taken = [{"sourceLineId": order["lines"][0]["id"], "quantity": "4"}]
    created(client.post("/finance/invoices/from-sales-order", {"salesOrderId": order["id"], "lines": taken}))
    assert_books_are_clean(tenant)
    return tenant


def put(table, category):
    return f"UPDATE {table} SET status_id = (SELECT id FROM {table}_status WHERE category = '{category}')"


DAMAGES = [
    (
        "sales quantities",
        "UPDATE quotation_line SET proforma_quantity = proforma_quantity - 1 WHERE position = 1",
    ),
    (
        "sales quantities",
        "UPDATE quotation_line SET proforma_quantity = 1, ordered_quantity = 1 WHERE position = 2",
    ),
    ("sales quantities", "UPDATE proforma_invoice_line SET ordered_quantity = 0 WHERE position = 1"),
    ("sales quantities", "UPDATE sales_order_line SET delivered_quantity = 3 WHERE position = 1"),
    ("sales quantities", "UPDATE sales_order_line SET invoiced_quantity = 5 WHERE position = 1"),
    ("reserved stock", "UPDATE sales_order_line SET reserved_quantity = 5 WHERE position = 1"),
    ("reserved stock", put("sales_order", "completed")),
    ("proforma invoices paid", "UPDATE proforma_invoice SET settled = settled + 1"),
    ("proforma invoices paid", put("proforma_invoice", "paid")),
    ("quotations", put("quotation", "accepted")),
    ("sales statuses", "UPDATE quotation SET snapshot = NULL"),
    ("sales statuses", "UPDATE sales_order_status SET is_default = false"),
    ("sales statuses", "UPDATE quotation_status SET is_system = false WHERE category = 'expired'"),
]


@pytest.mark.parametrize(("invariant", "damage"), DAMAGES)
def test_damage_is_found(invariant, damage, sale):
    with tenant_context(sale), connection.cursor() as cursor:
        cursor.execute(damage)
        assert cursor.rowcount
    assert invariant in {problem.partition(":")[0] for problem in problems_of(sale)}
