"""Any sequence of movements does what a plain model of the rules does, to the paisa; documents reserve, take and
bring back."""

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory.invariants import check_stock
from inventory.models import Product, StockMovement
from inventory.services import stock
from inventory.services.ledger import InsufficientStock, Reference
from inventory.services.products import create_product
from nextgenerp.core.tenancy import SYSTEM, tenant_context
from nextgenerp.database.ids import new_id

ZERO = Decimal(0)
quantities = st.decimals(min_value="0.001", max_value=50, places=3)
costs = st.none() | st.decimals(min_value=0, max_value=200, places=4)
PARTS = st.fractions(min_value=0, max_value=1, max_denominator=8)


def rounded(exact, places):
    """Half up, of an exact fraction."""
    scaled = exact * 10**places
    return Decimal(int(scaled + Fraction(1, 2))).scaleb(-places)


class Model:
    """A product's stock by the rules, in fractions."""

    def __init__(self, purchase_price):
        self.on_hand = self.reserved = self.value = self.average = ZERO
        self.purchase_price = purchase_price
        self.documents = {}

    def bring(self, quantity, cost):
        known = self.average if self.on_hand or self.average else self.purchase_price
        exact = Fraction(quantity) * Fraction(known if cost is None else cost)
        return self.apply(quantity, rounded(exact, 2))

    def take(self, quantity, from_reserved=ZERO):
        if quantity > self.on_hand - self.reserved + from_reserved:
            return None
        self.reserved -= from_reserved
        if quantity == self.on_hand:
            return self.apply(-quantity, -self.value)
        exact = Fraction(self.value) * Fraction(quantity) / Fraction(self.on_hand)
        return self.apply(-quantity, -rounded(exact, 2))

    def apply(self, quantity, value):
        self.on_hand += quantity
        self.value += value
        if self.on_hand:
            self.average = rounded(Fraction(self.value) / Fraction(self.on_hand), 4)
        return value


steps = st.lists(
    st.one_of(
        st.tuples(st.just("in"), quantities, costs),
        st.tuples(st.just("out"), PARTS, quantities),
        st.tuples(st.just("count"), quantities, costs),
        st.tuples(st.just("reserve"), quantities),
        st.tuples(st.just("release"), PARTS),
        st.tuples(st.just("deliver"), PARTS, quantities),
        st.tuples(st.just("cancel"), st.integers(0, 5)),
    ),
    max_size=25,
)


def part_of(whole, part):
    return (whole * part.numerator / part.denominator).quantize(Decimal("0.001"), ROUND_HALF_UP)


class Machine:
    """Takes each step with the services and with the model, and holds the two equal."""

    def __init__(self, purchase_price):
        self.model = Model(purchase_price)
        values = {"sku": str(new_id()), "name": "Demo", "purchase_price": purchase_price}
        self.id = create_product(values, actor=SYSTEM).id
        self.deliveries = []

    def do(self, kind, *values):
        getattr(self, kind)(*values)
        found = Product.objects.get(pk=self.id)
        model = self.model
        assert (found.on_hand, found.reserved, found.stock_value, found.average_cost) == (
            model.on_hand, model.reserved, model.value, model.average,
        )  # fmt: skip
        assert found.available == model.on_hand - model.reserved

    def compare(self, value, move):
        """A movement of this value, or a refusal where the model gives none."""
        if value is None:
            with pytest.raises(InsufficientStock):
                move()
            return None
        movement = move()
        assert movement.value == value
        return movement

    def do_in(self, quantity, cost):
        value = self.model.bring(quantity, cost)
        self.compare(value, lambda: stock.stock_in(self.id, quantity, unit_cost=cost, actor=SYSTEM))

    def do_out(self, part, more):
        quantity = part_of(self.model.on_hand, part) or more
        value = self.model.take(quantity)
        self.compare(value, lambda: stock.stock_out(self.id, quantity, reason="sale", actor=SYSTEM))

    def do_count(self, counted, cost):
        missing = self.model.on_hand - counted
        value = self.model.take(missing) if missing > 0 else self.model.bring(-missing, cost)
        self.compare(
            value,
            lambda: stock.adjust_stock(
                self.id, new_quantity=counted, unit_cost=cost, reason="counted", actor=SYSTEM
            ),
        )

    def do_reserve(self, quantity):
        granted = min(quantity, self.model.on_hand - self.model.reserved)
        self.model.reserved += granted
        assert stock.reserve({self.id: quantity}) == {self.id: granted}

    def do_release(self, part):
        quantity = part_of(self.model.reserved, part)
        self.model.reserved -= quantity
        stock.release({self.id: quantity})

    def do_deliver(self, part, more):
        own = part_of(self.model.reserved, part)
        quantity = own or more
        value = self.model.take(quantity, own)
        reference = Reference("delivery", new_id(), "SO-1")
        movement = self.compare(
            value,
            lambda: stock.move_out(
                {self.id: quantity},
                from_reserved={self.id: own},
                reason="sale",
                reference=reference,
                actor=SYSTEM,
            )[self.id],
        )
        if movement:
            self.deliveries.append((reference, quantity, -value))

    def do_cancel(self, index):
        if index < len(self.deliveries):
            reference, quantity, value = self.deliveries.pop(index)
            self.model.apply(quantity, value)
            movement = self.compare(value, lambda: stock.move_back(reference, actor=SYSTEM)[self.id])
            assert movement.quantity == quantity
            assert stock.move_back(reference, actor=SYSTEM) == {}


for step in ("in", "out", "count", "reserve", "release", "deliver", "cancel"):
    setattr(Machine, step, getattr(Machine, f"do_{step}"))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps, st.decimals(min_value=0, max_value=100, places=4))
def test_any_sequence_follows_the_rules(tenant, sequence, purchase_price):
    with tenant_context(tenant), transaction.atomic():
        machine = Machine(purchase_price)
        for step in sequence:
            machine.do(*step)
        assert list(check_stock()) == []


@pytest.fixture
def products(tenant):
    """Three products with 10, 5 and 0 in stock, and a service."""
    with tenant_context(tenant):
        two = Decimal(2)
        made = [
            create_product(
                {"sku": f"DEMO-{n}", "name": "Demo"}, opening_stock=Decimal(n), opening_cost=two, actor=SYSTEM
            )
            for n in (10, 5, 0)
        ]
        service = create_product({"sku": "SERVICE", "name": "Demo", "type": "service"}, actor=SYSTEM)
        yield [one.id for one in (*made, service)]
        assert list(check_stock()) == []


def figures(product_id):
    found = Product.objects.get(pk=product_id)
    return found.on_hand, found.reserved, found.available


def test_an_order_reserves_what_is_there(products):
    first, second, third, service = products
    wanted = dict.fromkeys(products, Decimal(7))
    assert stock.reserve(wanted) == {first: 7, second: 5, third: 0}
    assert [figures(one) for one in products] == [(10, 7, 3), (5, 5, 0), (0, 0, 0), (0, 0, 0)]
    stock.release({first: Decimal(2), second: Decimal(5)})
    assert [figures(one)[1] for one in products] == [5, 0, 0, 0]
    with pytest.raises(IntegrityError), transaction.atomic():
        stock.release({first: Decimal("5.001")})
    stock.release({service: Decimal(1)})


def test_strictly_it_reserves_all_or_nothing(products):
    first, second, third, service = products
    wanted = {first: Decimal(7), second: Decimal(6), third: Decimal(1), service: Decimal(9)}
    with pytest.raises(InsufficientStock) as refused:
        stock.reserve(wanted, strict=True)
    assert refused.value.members["shortages"] == [
        {"productId": second, "onHand": 5, "reserved": 0, "available": 5, "requested": 6},
        {"productId": third, "onHand": 0, "reserved": 0, "available": 0, "requested": 1},
    ]
    assert [figures(one)[1] for one in products] == [0, 0, 0, 0]
    assert stock.reserve({first: Decimal(7), service: Decimal(9)}, strict=True) == {first: 7}


def test_what_is_reserved_goes_to_its_order_alone(products):
    first = products[0]
    stock.reserve({first: Decimal(8)})
    with pytest.raises(InsufficientStock) as refused:
        stock.stock_out(first, Decimal(3), reason="sale", actor=SYSTEM)
    assert refused.value.members["available"] == 2
    with pytest.raises(InsufficientStock):
        stock.adjust_stock(first, new_quantity=Decimal("7.999"), reason="counted", actor=SYSTEM)
    reference = Reference("delivery", new_id(), "SO-1")
    moved = stock.move_out(
        {first: Decimal(9)},
        from_reserved={first: Decimal(8)},
        reason="sale",
        reference=reference,
        actor=SYSTEM,
    )
    assert (moved[first].quantity, figures(first)) == (-9, (1, 0, 1))


def test_several_go_from_what_is_reserved_for_them(products):
    first, second, _, _ = products
    wanted = {first: Decimal(9), second: Decimal(5)}
    everything = {"reason": "sale", "reference": Reference("delivery", new_id(), "SO-1"), "actor": SYSTEM}
    own = stock.reserve({first: Decimal(8), second: Decimal(5)})
    with pytest.raises(InsufficientStock) as refused:
        stock.move_out(wanted, from_reserved=own | {first: Decimal("6.999")}, **everything)
    assert refused.value.members["shortages"] == [
        {"productId": first, "onHand": 10, "reserved": 8, "available": 2, "requested": 9}
    ]
    moved = stock.move_out(wanted, from_reserved=own, **everything)
    assert {one: movement.quantity for one, movement in moved.items()} == {first: -9, second: -5}
    assert [figures(one) for one in (first, second)] == [(1, 0, 1), (0, 0, 0)]


def test_a_delivery_goes_whole_or_not_at_all(products):
    first, second, third, service = products
    reference = Reference("delivery", new_id(), "SO-1")
    everything = {first: Decimal(10), second: Decimal(6), third: Decimal(1), service: Decimal(3)}
    with pytest.raises(InsufficientStock) as refused:
        stock.move_out(everything, reason="sale", reference=reference, actor=SYSTEM)
    assert [one["productId"] for one in refused.value.members["shortages"]] == [second, third]
    assert [figures(one)[0] for one in products] == [10, 5, 0, 0]
    moved = stock.move_out(
        {first: Decimal(10), second: Decimal(5), service: Decimal(3)},
        reason="sale",
        reference=reference,
        actor=SYSTEM,
    )
    assert {one: movement.value for one, movement in moved.items()} == {first: -20, second: -10}
    assert [figures(one)[0] for one in products] == [0, 0, 0, 0]


def test_what_comes_back_is_worth_what_it_went_with(products):
    first, second, _, _ = products
    reference = Reference("delivery", new_id(), "SO-1")
    stock.stock_in(first, Decimal(1), unit_cost=Decimal("2.03"), actor=SYSTEM)
    moved = stock.move_out(
        {first: Decimal(3), second: Decimal(5)}, reason="sale", reference=reference, actor=SYSTEM
    )
    assert [moved[one].value for one in (first, second)] == [Decimal("-6.01"), -10]
    stock.stock_in(first, Decimal(100), unit_cost=Decimal(50), actor=SYSTEM)
    back = stock.move_back(reference, actor=SYSTEM)
    assert [back[one].value for one in (first, second)] == [Decimal("6.01"), 10]
    assert [back[one].unit_cost for one in (first, second)] == [
        moved[one].unit_cost for one in (first, second)
    ]
    assert (back[first].type, back[first].reason, back[first].reference_id) == ("in", "return", reference.id)
    assert stock.move_back(reference, actor=SYSTEM) == {}
    assert stock.move_back(Reference("delivery", new_id()), actor=SYSTEM) == {}


def test_nothing_to_move_moves_nothing(products):
    assert stock.move_out({}, reason="sale", reference=Reference(), actor=SYSTEM) == {}
    assert stock.move_out({products[0]: ZERO}, reason="sale", reference=Reference(), actor=SYSTEM) == {}
    assert stock.reserve({}) == {}
    stock.release({})
    assert StockMovement.objects.count() == 2


def test_a_reference_is_by_type_and_id(products):
    one = new_id()
    stock.move_out(
        {products[0]: Decimal(1)}, reason="sale", reference=Reference("delivery", one), actor=SYSTEM
    )
    assert stock.move_back(Reference("other", one), actor=SYSTEM) == {}
    totals = defaultdict(int)
    for movement in StockMovement.objects.filter(reference_id=one):
        totals[movement.type] += 1
    assert totals == {"out": 1}
