"""Ten people drag cards about at once: the order stays one order, and every figure exact."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import connection

from crm.models import Lead
from crm.services import board
from crm.tests.leads import EVERYTHING, make, status_id
from nextgenerp.core.models import HistoryEntry
from nextgenerp.core.tenancy import leave_tenant, tenant_context
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import grants, make_seat

CLIENTS, MOVES, CARDS = 10, 8, 12


@pytest.fixture
def seat(committed_tenant, django_db_blocker):
    with django_db_blocker.unblock():
        yield make_seat(committed_tenant, permissions=grants(leads=EVERYTHING))


def together(seat, work):
    """``work(client, number)`` for CLIENTS clients that begin at once; what each returned."""
    barrier = Barrier(CLIENTS)

    def run(number):
        try:
            client = Client(seat)
            barrier.wait(60)
            return work(client, number)
        finally:
            leave_tenant()
            connection.close()

    with ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(run, range(CLIENTS)))


def moved(client, card, body):
    """A move's answer. On a busy machine some wait too long for the column and are told to come back (503): they do."""
    while (answer := client.patch(f"/leads/{card}/status", body)).status_code == 503:
        assert answer["Retry-After"]
    return answer


def columns_of(client):
    return client.get("/leads/kanban?limit=100").json()["columns"]


def test_ten_clients_drag_cards_about(committed_tenant, seat):
    client = Client(seat)
    cards = [make(client, estimatedValue=number)["id"] for number in range(CARDS)]
    statuses = [status_id(committed_tenant, name) for name in ("New", "Contacted", "Won")]

    def drag(client, number):
        chance, answers = random.Random(number), Counter()
        for _ in range(MOVES):
            card, anchor = chance.sample(cards, 2)
            side = chance.choice([{"afterId": anchor}, {"beforeId": anchor}, {}])
            body = {"statusId": chance.choice(statuses), **side}
            answers[moved(client, card, body).status_code] += 1
        return answers

    answers = sum(together(seat, drag), Counter())
    assert set(answers) <= {200, 409}, answers
    assert answers[200] >= CLIENTS * MOVES // 4
    columns = columns_of(client)
    shown = [[lead["id"] for lead in column["leads"]] for column in columns]
    assert sorted(card for column in shown for card in column) == sorted(cards)
    assert [column["count"] for column in columns] == [len(column) for column in shown]
    with tenant_context(committed_tenant):
        rows = list(
            Lead.objects.order_by("position", "id").values_list("id", "status_id", "position", "version")
        )
        history = Counter(HistoryEntry.objects.filter(action="updated").values_list("record_id", flat=True))
    for column, ids in zip(columns, shown, strict=True):
        own = [row for row in rows if str(row[1]) == column["status"]["id"]]
        assert [str(row[0]) for row in own] == ids
        assert len({row[2] for row in own}) == len(own), "no two cards share a place"
        values = sum(Decimal(cards.index(card)) for card in ids)
        assert Decimal(column["totalValue"]) == values
    assert {row[0]: row[3] - 1 for row in rows if row[3] > 1} == dict(history), (
        "a version for each change written"
    )


def test_cards_put_into_one_gap_at_once_all_find_their_place(committed_tenant, seat, monkeypatch):
    """Ten cards below the same one; whoever comes later is nearer to it. The cards around move apart meanwhile."""
    monkeypatch.setattr(board, "LONGEST", 12)
    client = Client(seat)
    last, first = make(client, lastName="last"), make(client, lastName="first")
    new = status_id(committed_tenant, "New")
    won = status_id(committed_tenant, "Won")
    mine = [[make(client, statusId=won)["id"] for _ in range(3)] for _ in range(CLIENTS)]

    def drop(client, number):
        body = {"statusId": new, "fromStatusId": won, "afterId": first["id"]}
        return [moved(client, card, body).json()["position"] for card in mine[number]]

    together(seat, drop)
    column = columns_of(client)[0]
    ids = [lead["id"] for lead in column["leads"]]
    assert (ids[0], ids[-1], column["count"]) == (first["id"], last["id"], 3 * CLIENTS + 2)
    for own in mine:
        assert sorted(own, key=ids.index) == own[::-1]
    places = [lead["position"] for lead in column["leads"]]
    assert places == sorted(set(places))
    assert max(map(len, places)) <= 12


def test_one_card_is_moved_from_its_column_once(committed_tenant, seat):
    """Ten clients saw it in the first column; one of them takes it away, the others learn where it is."""
    client = Client(seat)
    new, won = status_id(committed_tenant, "New"), status_id(committed_tenant, "Won")
    for _ in range(3):
        card = make(client)["id"]
        body = {"statusId": won, "fromStatusId": new}
        answers = together(seat, lambda client, _: moved(client, card, body))  # noqa: B023
        assert sorted(answer.status_code for answer in answers) == [200] + [409] * (CLIENTS - 1)
        assert {answer.json()["lead"]["statusId"] for answer in answers if answer.status_code == 409} == {won}
