"""The kanban board: its columns, exact figures, cards page by page, and cards moved about."""

import random
from decimal import Decimal
from uuid import UUID

import pytest

from crm.models import Lead
from crm.places import LONGEST
from crm.services import board as board_service
from crm.tests.leads import EVERYTHING, field_errors, history_of, make, status_id
from nextgenerp.core.tenancy import tenant_context
from nextgenerp.database.ids import new_id
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import grants, make_seat


@pytest.fixture
def full(member):
    return member(leads=EVERYTHING)


def kanban(client, query=""):
    response = client.get(f"/leads/kanban?{query}")
    assert response.status_code == 200, response.content
    return response.json()["columns"]


def column(client, name, query=""):
    return next(one for one in kanban(client, query) if one["status"]["name"] == name)


def names(client, name="New", query=""):
    return [lead["lastName"] for lead in column(client, name, query)["leads"]]


def move(client, lead, expected=200, **values):
    response = client.patch(f"/leads/{lead['id']}/status", values)
    assert response.status_code == expected, response.content
    return response.json()


@pytest.fixture
def five(full):
    """Five cards of the first column, the last made on top."""
    return [make(full, lastName=name) for name in "edcba"][::-1]


def test_a_board_has_a_column_for_each_status(full, tenant):
    first = make(full, estimatedValue="100.50")
    second = make(full, estimatedValue="0.25")
    won = make(full, statusId=status_id(tenant, "Won"))
    columns = kanban(full)
    assert [one["status"]["name"] for one in columns] == [
        "New", "Contacted", "Qualified", "Proposal Sent", "Negotiation", "Won", "Lost",
    ]  # fmt: skip
    assert [(one["count"], one["totalValue"]) for one in columns] == [
        (2, "100.75"), (0, "0.00"), (0, "0.00"), (0, "0.00"), (0, "0.00"), (1, "0.00"), (0, "0.00"),
    ]  # fmt: skip
    assert columns[0]["leads"] == [full.get(f"/leads/{one['id']}").json() for one in (second, first)]
    assert columns[5]["leads"] == [full.get(f"/leads/{won['id']}").json()]
    assert columns[0]["status"] == first["status"]
    assert {one["nextCursor"] for one in columns} == {None}


def test_a_column_is_walked_by_its_cursor(full, tenant, five):
    make(full, statusId=status_id(tenant, "Won"))
    first = column(full, "New", "limit=2")
    assert [lead["lastName"] for lead in first["leads"]] == ["a", "b"]
    assert first["count"] == 5
    seen, cursor, new = [], first["nextCursor"], status_id(tenant, "New")
    while cursor:
        [more] = kanban(full, f"limit=2&statusId={new}&cursor={cursor}")
        seen += [lead["lastName"] for lead in more["leads"]]
        assert (more["count"], more["totalValue"], more["status"]["name"]) == (None, None, "New")
        cursor = more["nextCursor"]
    assert seen == ["c", "d", "e"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("cursor=abc", "cursor"), ("limit=0", "limit"), ("limit=101", "limit"), ("page=1", "page"),
        ("sortBy=name", "sortBy"),
    ],
)  # fmt: skip
def test_what_a_board_does_not_read(full, query, field):
    response = full.get(f"/leads/kanban?{query}")
    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == [field]


def test_a_cursor_is_of_its_column(full, tenant, five):
    cursor = column(full, "New", "limit=2")["nextCursor"]
    both = f"{status_id(tenant, 'New')},{status_id(tenant, 'Won')}"
    for query in (f"statusId={both}&cursor={cursor}", f"statusId={status_id(tenant, 'New')}&cursor=x"):
        assert field_errors(full.get(f"/leads/kanban?{query}")) == {("cursor", "invalid")}


def test_the_filters_of_the_list_narrow_the_board(full, tenant):
    make(full, lastName="hot", rating="hot", city="Pune", estimatedValue=5)
    make(full, lastName="cold", rating="cold", city="Pune", estimatedValue=7)
    make(full, lastName="won", rating="hot", statusId=status_id(tenant, "Won"))
    hot = kanban(full, "rating=hot")
    assert [(one["count"], one["totalValue"]) for one in hot if one["count"]] == [(1, "5.00"), (1, "0.00")]
    assert names(full, query="search=cold&city=pune") == ["cold"]
    [won] = kanban(full, f"statusId={status_id(tenant, 'Won')}")
    assert [lead["lastName"] for lead in won["leads"]] == ["won"]
    assert kanban(full, f"statusId={new_id()}") == []
    assert sum(one["count"] for one in kanban(full, "assignedTo=unassigned")) == 0
    assert sum(one["count"] for one in kanban(full, f"sourceId={new_id()}")) == 0


def test_a_board_costs_the_same_for_few_and_many(full, tenant, queries):
    counts = []
    for _ in range(2):
        for name in ("New", "Won", "Lost", "Qualified"):
            for _ in range(3):
                colleague = make_seat(tenant)
                make(
                    full, statusId=status_id(tenant, name), lostReason="x", company=str(new_id()),
                    assignedToId=str(colleague.id),
                )  # fmt: skip
        with queries() as seen:
            kanban(full)
        counts.append(len(seen))
    assert counts == [6, 6]  # who, statuses, cards, figures, tags, names


def test_a_board_shows_and_counts_what_the_scope_reaches(member, full, tenant):
    make(full, estimatedValue=10)
    own = member(leads=EVERYTHING, scope="own")
    mine = make(own, estimatedValue=3)
    board = kanban(own)
    assert [(one["count"], one["totalValue"]) for one in board if one["count"]] == [(1, "3.00")]
    assert [lead["id"] for one in board for lead in one["leads"]] == [mine["id"]]
    nobody = member(leads=EVERYTHING, scope="team")
    assert sum(one["count"] for one in kanban(nobody)) == 0


def test_a_card_goes_to_another_column_on_top(full, tenant, five):
    won = status_id(tenant, "Won")
    make(full, statusId=won, lastName="earlier")
    moved = move(full, five[2], statusId=won)
    assert (moved["statusId"], moved["status"]["name"], moved["version"]) == (won, "Won", 2)
    assert names(full, "Won") == ["c", "earlier"]
    assert names(full) == ["a", "b", "d", "e"]
    new = status_id(tenant, "New")
    assert history_of(tenant, five[2]["id"])[-1] == ("updated", {"statusId": [new, won]})


@pytest.mark.parametrize(
    ("card", "values", "expected"),
    [
        (4, {"afterId": 0}, "aebcd"),
        (0, {"afterId": 4}, "bcdea"),
        (0, {"afterId": 0 + 1}, "bacde"),
        (3, {"beforeId": 0}, "dabce"),
        (1, {"beforeId": 4}, "acdbe"),
        (2, {"afterId": 1}, "abcde"),
        (2, {"beforeId": 3}, "abcde"),
        (2, {}, "abcde"),
    ],
)
def test_a_card_moves_within_its_column(full, tenant, five, card, values, expected):
    before = {one["lastName"]: one for one in column(full, "New")["leads"]}
    anchors = {name: five[index]["id"] for name, index in values.items()}
    moved = move(full, five[card], statusId=status_id(tenant, "New"), **anchors)
    assert names(full) == list(expected)
    assert moved["version"] == 1
    after = {one["lastName"]: one for one in column(full, "New")["leads"]}
    others = set("abcde") - {five[card]["lastName"]}
    assert [after[one] for one in others] == [before[one] for one in others], "one row is touched"
    assert len(history_of(tenant, five[card]["id"])) == 1


def test_a_card_is_put_beside_one_of_another_column(full, tenant, five):
    won = status_id(tenant, "Won")
    there = [make(full, statusId=won, lastName=name) for name in "zyx"][::-1]
    move(full, five[0], statusId=won, afterId=there[1]["id"])
    move(full, five[1], statusId=won, beforeId=there[0]["id"])
    move(full, five[2], statusId=won, afterId=there[2]["id"])
    assert names(full, "Won") == ["b", "x", "y", "a", "z", "c"]
    assert names(full) == ["d", "e"]


def test_a_place_counts_cards_the_caller_does_not_see(member, full, tenant):
    """The order is one for all: whoever sees few cards puts theirs among all."""
    own = member(leads=EVERYTHING, scope="own")
    low = make(own, lastName="low")
    make(full, lastName="hidden")
    high = make(own, lastName="high")
    move(own, low, statusId=status_id(tenant, "New"), afterId=high["id"])
    assert names(own) == ["high", "low"]
    assert names(full) == ["high", "low", "hidden"]


def test_a_card_that_is_elsewhere_by_now_is_a_conflict(full, tenant, five):
    new, won, contacted = (status_id(tenant, name) for name in ("New", "Won", "Contacted"))
    move(full, five[0], statusId=won, fromStatusId=new)
    before = column(full, "Won")["leads"]
    refused = move(full, five[0], 409, statusId=contacted, fromStatusId=new)
    assert (refused["code"], refused["lead"]) == ("status_changed", before[0])
    refused = move(full, five[1], 409, statusId=contacted, afterId=five[0]["id"])
    assert (refused["code"], refused["lead"]["statusId"]) == ("status_changed", new)
    assert names(full) == ["b", "c", "d", "e"]
    assert names(full, "Contacted") == []


def test_a_lost_lead_needs_a_reason(full, tenant, five):
    lost, new = status_id(tenant, "Lost"), status_id(tenant, "New")
    refused = full.patch(f"/leads/{five[0]['id']}/status", {"statusId": lost})
    assert field_errors(refused) == {("lostReason", "required")}
    assert names(full, "Lost") == []
    moved = move(full, five[0], statusId=lost, lostReason="Too dear")
    assert moved["lostReason"] == "Too dear"
    with tenant_context(tenant):
        assert Lead.objects.get(pk=five[0]["id"]).lost_at is not None
    move(full, five[0], statusId=lost, lostReason="Much too dear")
    back = move(full, five[0], statusId=new)
    assert (back["lostReason"], back["version"]) == ("", 4)
    with tenant_context(tenant):
        assert Lead.objects.get(pk=five[0]["id"]).lost_at is None


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"statusId": None}, ("statusId", "null")),
        ({"statusId": str(new_id())}, ("statusId", "does_not_exist")),
        ({"afterId": str(new_id())}, ("afterId", "does_not_exist")),
        ({"beforeId": "x"}, ("beforeId", "does_not_exist")),
        ({"fromStatusId": "x"}, ("fromStatusId", "invalid")),
        ({"afterId": 1, "beforeId": 2}, ("beforeId", "invalid")),
        ({"afterId": 0}, ("afterId", "invalid")),
        ({"beforeId": 0}, ("beforeId", "invalid")),
        ({"lostReason": "x" * 501}, ("lostReason", "max_length")),
        ({"position": "a"}, ("position", "unknown_field")),
    ],
)
def test_moves_that_make_no_sense(full, tenant, five, values, expected):
    body = {"statusId": status_id(tenant, "Won")} | values
    body = {name: five[value]["id"] if isinstance(value, int) else value for name, value in body.items()}
    assert field_errors(full.patch(f"/leads/{five[0]['id']}/status", body)) == {expected}
    assert names(full) == list("abcde")


def test_a_card_out_of_scope_is_nobodys(member, full, tenant, five):
    own = member(leads=EVERYTHING, scope="own")
    mine = make(own)
    new = status_id(tenant, "New")
    assert own.patch(f"/leads/{five[0]['id']}/status", {"statusId": new}).status_code == 404
    hidden = own.patch(f"/leads/{mine['id']}/status", {"statusId": new, "afterId": five[0]["id"]})
    assert field_errors(hidden) == {("afterId", "does_not_exist")}


def test_a_move_takes_can_edit(member, tenant, five):
    viewer = member(leads=["view", "create"])
    refused = viewer.patch(f"/leads/{five[0]['id']}/status", {"statusId": status_id(tenant, "Won")})
    assert (refused.status_code, refused.json()["action"]) == (403, "canEdit")
    assert viewer.get("/leads/kanban").status_code == 200


def test_if_match_holds_a_move(full, tenant, five):
    path, won = f"/leads/{five[0]['id']}/status", status_id(tenant, "Won")
    assert full.patch(path, {"statusId": won}, headers={"If-Match": '"2"'}).status_code == 412
    assert full.patch(path, {}, headers={"If-Match": '"2"'}).status_code == 412
    moved = full.patch(path, {"statusId": won}, headers={"If-Match": '"1"'})
    assert (moved.status_code, moved["ETag"]) == (200, '"2"')


def test_a_move_costs_so_many_queries(full, tenant, five, queries):
    """Who, the lead, status and card of the body; the column's lock, the lead's, the card, the one below it, UPDATE,
    history; for the answer tags. Without a card three less."""
    won = status_id(tenant, "Won")
    make(full, statusId=won)
    with queries() as seen:
        move(full, five[0], statusId=won)
    with queries() as seen_beside:
        move(full, five[1], statusId=won, afterId=five[0]["id"])
    assert (len(seen), len(seen_beside)) == (8, 11)


def places(tenant):
    with tenant_context(tenant):
        return list(Lead.objects.order_by("position", "id").values_list("last_name", "position", "version"))


def test_where_places_would_grow_long_the_cards_around_move_apart(full, tenant, five, monkeypatch):
    """Cards put into the same gap again and again, with few characters to spare."""
    monkeypatch.setattr(board_service, "LONGEST", 12)
    monkeypatch.setattr(board_service, "AROUND", 2)
    new, cards = status_id(tenant, "New"), five[1:]
    random.seed(3)
    expected = list("abcde")
    for number in range(80):
        card = cards[number % 2]
        move(full, card, statusId=new, afterId=five[0]["id"])
        expected.remove(card["lastName"])
        expected.insert(1, card["lastName"])
        assert [name for name, _, _ in places(tenant)] == expected
    assert max(len(place) for _, place, _ in places(tenant)) <= 12
    assert {version for _, _, version in places(tenant)} == {1}


@pytest.mark.parametrize("anchor", range(5))
@pytest.mark.parametrize("side", ["afterId", "beforeId"])
def test_cards_that_share_a_place_move_apart(full, tenant, five, anchor, side):
    """Imports make cards so fast that two may get one place; their ids order them until a card comes between."""
    with tenant_context(tenant):
        Lead.objects.update(position="V" * 11)
        before = [str(pk) for pk in Lead.objects.order_by("id").values_list("id", flat=True)]
    late = make(full, lastName="late")
    with tenant_context(tenant):
        Lead.objects.filter(pk=UUID(late["id"])).update(position="a")
    move(full, late, statusId=status_id(tenant, "New"), **{side: before[anchor]})
    expected = list(before)
    expected.insert(anchor + (side == "afterId"), late["id"])
    assert [lead["id"] for lead in column(full, "New")["leads"]] == expected
    assert max(len(place) for _, place, _ in places(tenant)) <= LONGEST


def test_random_moves_against_a_plain_list(full, tenant):
    """Thirty moves between three columns, each checked against lists of Python."""
    chance = random.Random(11)
    columns = {name: [] for name in ("New", "Contacted", "Won")}
    cards = {}
    for number in range(9):
        made = make(full, lastName=f"card {number}", estimatedValue=number)
        cards[made["id"]] = made
        columns["New"].insert(0, made["id"])
    for _ in range(30):
        card, target = chance.choice(list(cards)), chance.choice(list(columns))
        others = [one for one in columns[target] if one != card]
        source = next(name for name in columns if card in columns[name])
        anchor, side = (chance.choice(others), chance.choice(["afterId", "beforeId"])) if others else ("", "")
        move(
            full, cards[card], statusId=status_id(tenant, target), fromStatusId=status_id(tenant, source),
            **({side: anchor} if anchor else {}),
        )  # fmt: skip
        if anchor or source != target:
            columns[source].remove(card)
            index = columns[target].index(anchor) + (side == "afterId") if anchor else 0
            columns[target].insert(index, card)
        board = {one["status"]["name"]: one for one in kanban(full)}
        for name, expected in columns.items():
            assert [lead["id"] for lead in board[name]["leads"]] == expected
            assert board[name]["count"] == len(expected)
            assert Decimal(board[name]["totalValue"]) == sum(
                Decimal(cards[one]["estimatedValue"]) for one in expected
            )


def test_another_tenants_columns_and_cards_do_not_exist(member, full, tenant, other_tenant, five):
    theirs = make(Client(make_seat(other_tenant, permissions=grants(leads=EVERYTHING))))
    path = f"/leads/{five[0]['id']}/status"
    refused = full.patch(path, {"statusId": theirs["statusId"]})
    assert field_errors(refused) == {("statusId", "does_not_exist")}
    refused = full.patch(path, {"statusId": status_id(tenant, "New"), "afterId": theirs["id"]})
    assert field_errors(refused) == {("afterId", "does_not_exist")}
    assert kanban(full, f"statusId={theirs['statusId']}") == []
