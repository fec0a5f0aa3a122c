"""Many at one product at the same time: nothing is lost, nothing sold twice, and every ledger adds up."""

import random
import threading
from collections import Counter, defaultdict
from decimal import Decimal

import pytest
from django.db import connection, transaction

from inventory.models import Product, StockMovement
from inventory.services import stock
from inventory.services.ledger import InsufficientStock, Reference
from inventory.services.products import create_product
from inventory.tests.products import make
from nextgenerp.core.tenancy import SYSTEM, tenant_context
from nextgenerp.database.ids import new_id
from nextgenerp.testing.books import assert_books_are_clean
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import make_seat
from nextgenerp.testing.threads import together

THREADS, EACH = 8, 150


class Shop:
    """One client: it does what chance says, and keeps count of what it moved."""

    def __init__(self, seed, products):
        self.chance = random.Random(seed)
        self.products = products
        self.moved = defaultdict(Decimal)
        self.reserved = defaultdict(Decimal)
        self.refused = 0

    def act(self):
        kind = self.chance.choice(["in", "out", "out", "reserve", "release", "deliver", "deliver", "count"])
        try:
            getattr(self, kind)(self.chance.choice(self.products))
        except InsufficientStock:
            self.refused += 1

    def quantity(self):
        return Decimal(self.chance.randrange(1, 4000)) / 1000

    def note(self, movements):
        for product_id, movement in movements.items():
            self.moved[product_id] += movement.quantity

    def _in(self, product):
        cost = Decimal(self.chance.randrange(0, 90_000)) / 10_000
        self.note({product: stock.stock_in(product, self.quantity(), unit_cost=cost, actor=SYSTEM)})

    def out(self, product):
        self.note({product: stock.stock_out(product, self.quantity(), reason="sale", actor=SYSTEM)})

    def count(self, product):
        delta = self.quantity() * self.chance.choice([-1, 1])
        self.note({product: stock.adjust_stock(product, delta=delta, reason="counted", actor=SYSTEM)})

    def reserve(self, _):
        for product, granted in stock.reserve({one: self.quantity() for one in self.products}).items():
            self.reserved[product] += granted

    def release(self, product):
        stock.release({product: self.reserved.pop(product, Decimal(0))})

    def deliver(self, _):
        """All products at once, in one transaction, and sometimes back again."""
        wanted = {one: self.quantity() for one in self.chance.sample(self.products, len(self.products))}
        own = {one: min(self.reserved[one], quantity) for one, quantity in wanted.items()}
        reference = Reference("delivery", new_id(), "SO-1")
        with transaction.atomic():
            moved = stock.move_out(
                wanted, from_reserved=own, reason="sale", reference=reference, actor=SYSTEM
            )
            self.note(moved)
            for product, quantity in own.items():
                self.reserved[product] -= quantity
            if self.chance.random() < 0.4:
                self.note(stock.move_back(reference, actor=SYSTEM))


setattr(Shop, "in", Shop._in)


@pytest.fixture
def products(committed_tenant):
    make_seat(committed_tenant, "tenant_admin")
    with tenant_context(committed_tenant):
        return [
            create_product({"sku": f"DEMO-{n}", "name": "Demo"}, opening_stock=Decimal(40), actor=SYSTEM).id
            for n in range(3)
        ]


def test_nothing_is_lost_between_eight_clients(committed_tenant, products):
    shops = [Shop(seed, products) for seed in range(THREADS)]

    def work(index):
        with tenant_context(committed_tenant):
            for _ in range(EACH):
                shops[index].act()

    together(THREADS, work)
    with tenant_context(committed_tenant):
        for product in Product.objects.all():
            assert product.on_hand == 40 + sum(shop.moved[product.id] for shop in shops)
            assert product.reserved == sum(shop.reserved[product.id] for shop in shops)
            stock.release({product.id: product.reserved})  # no order stands behind what the shops reserved
        assert StockMovement.objects.count() > THREADS * EACH / 3
    assert_books_are_clean(committed_tenant)
    assert sum(shop.refused for shop in shops) < THREADS * EACH / 2


def test_the_last_unit_is_sold_once(committed_tenant):
    client = Client(make_seat(committed_tenant, "tenant_admin"))
    product = make(client, openingStock="1", openingCost="9.99")
    body = {"productId": product["id"], "quantity": 1, "reason": "sale"}
    answers = together(20, lambda index: client.post("/inventory/stock/out", body).status_code)
    assert Counter(answers) == {201: 1, 409: 19}
    left = client.get(f"/inventory/products/{product['id']}").json()
    assert (left["onHand"], left["stockValue"]) == ("0.000", "0.00")
    assert client.get(f"/inventory/stock/{product['id']}").json()["pagination"]["total"] == 2


def await_blocked():
    """Return once somebody waits for this connection's transaction."""
    with connection.cursor() as cursor:
        for _ in range(10_000):
            cursor.execute(
                "SELECT 1 FROM pg_locks WHERE NOT granted AND transactionid = pg_current_xact_id()::xid"
            )
            if cursor.fetchone():
                return
    raise TimeoutError


@pytest.mark.parametrize(("first", "second", "left"), [
    (stock.stock_out, 35, {"onHand": 30, "reserved": 0, "available": 30, "requested": 35}),
    (stock.stock_in, 45, Decimal(5)), (stock.stock_out, 5, Decimal(25)),
])  # fmt: skip
def test_what_waited_goes_by_what_it_then_finds(first, second, left, committed_tenant, products):
    """Of 40, 10 go or come first; what has waited for that is valued, or refused, by what is there by then."""
    product = products[0]

    def work(index):
        with tenant_context(committed_tenant):
            if index:
                barrier.wait(timeout=60)
                return stock.stock_out(product, Decimal(second), reason="sale", actor=SYSTEM).balance_after
            with transaction.atomic():
                more = {"reason": "sale"} if first is stock.stock_out else {"unit_cost": Decimal(9)}
                first(product, Decimal(10), actor=SYSTEM, **more)
                barrier.wait(timeout=60)
                await_blocked()
            return None

    barrier = threading.Barrier(2)
    if isinstance(left, dict):
        with pytest.raises(InsufficientStock) as refused:
            together(2, work)
        assert refused.value.members["shortages"] == [{"productId": product, **left}]
    else:
        assert together(2, work) == [None, left]
    assert_books_are_clean(committed_tenant)


def test_tracking_does_not_end_while_stock_comes_in(committed_tenant):
    """Either the stock comes first and tracking goes on, or tracking ends and the stock is refused."""
    client = Client(make_seat(committed_tenant, "tenant_admin"))
    for _ in range(5):
        product = make(client)

        def work(index, product=product):
            if index:
                return client.post(
                    "/inventory/stock/in", {"productId": product["id"], "quantity": 1}
                ).status_code
            return client.patch(f"/inventory/products/{product['id']}", {"trackStock": False}).status_code

        assert together(2, work) in ([200, 400], [409, 201])


def test_a_service_that_becomes_goods_meets_its_first_movement(committed_tenant):
    client = Client(make_seat(committed_tenant, "tenant_admin"))
    for _ in range(5):
        product = make(client, type="service")

        def work(index, product=product):
            if index:
                return client.post(
                    "/inventory/stock/in", {"productId": product["id"], "quantity": 1}
                ).status_code
            values = {"type": "goods", "trackStock": True}
            return client.patch(f"/inventory/products/{product['id']}", values).status_code

        assert together(2, work) in ([200, 400], [200, 201])


def test_a_product_is_not_deleted_under_its_first_movement(committed_tenant):
    client = Client(make_seat(committed_tenant, "tenant_admin"))
    for _ in range(5):
        product = make(client)

        def work(index, product=product):
            if index:
                return client.post(
                    "/inventory/stock/in", {"productId": product["id"], "quantity": 1}
                ).status_code
            return client.delete(f"/inventory/products/{product['id']}").status_code

        assert together(2, work) in ([204, 400], [409, 201])
    assert_books_are_clean(committed_tenant)
