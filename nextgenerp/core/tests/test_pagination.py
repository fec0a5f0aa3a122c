"""Pages and cursors: every row once, in one order, whatever the keys are."""

import base64
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nextgenerp.core.api.pagination import order_of, page_of
from nextgenerp.core.tests.probes import TaskViewSet
from nextgenerp.database.ids import new_id
from nextgenerp.database.models import DeferredTask

TICK, DAY = timedelta(microseconds=1), timedelta(days=1)
START = datetime(2026, 11, 23, tzinfo=UTC)
moments = st.integers(0, 3).map(lambda days: START + timedelta(days=days, microseconds=days))
rows = st.lists(
    st.fixed_dictionaries({
        "function": st.text("aAbB_ é", max_size=3),
        "attempts": st.integers(0, 2),
        "failed_at": st.none() | moments,
        "claim": st.none() | st.integers(1, 3).map(lambda number: UUID(int=number)),
        "created_at": moments,
    }),
    max_size=25,
)  # fmt: skip


def make(values):
    made = [DeferredTask(schema_name="public", due_at=START, **value) for value in values]
    DeferredTask.objects.bulk_create(made)
    for one, value in zip(made, values, strict=True):
        DeferredTask.objects.filter(pk=one.pk).update(created_at=value["created_at"])


def page(**query):
    given = QueryDict(mutable=True)
    given.update({name: str(value) for name, value in query.items()})
    order = order_of(given, TaskViewSet.sort_fields, TaskViewSet.default_sort)

    return page_of(
        DeferredTask.objects.all(),
        given,
        order,
        fetch=lambda queryset, *columns: list(queryset.values_list(*columns)),
        build=lambda rows: [row[-1] for row in rows],
        count=lambda queryset: queryset.count(),
    )


@pytest.mark.parametrize("name", TaskViewSet.sort_fields)
@pytest.mark.parametrize("direction", ["asc", "desc"])
@given(values=rows, limit=st.integers(1, 7))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pages_and_cursors_walk_every_row_once_in_the_order_of_the_list(db, name, direction, values, limit):
    DeferredTask.objects.all().delete()
    make(values)
    query = {"sortBy": name, "sortOrder": direction}
    whole = page(limit=100, **query)["data"]
    assert len(set(whole)) == len(whole) == len(values)

    walked, answer = [], page(limit=limit, **query)
    assert answer["pagination"]["total"] == len(values)
    assert answer["pagination"]["totalPages"] == -(-len(values) // limit)
    walked += answer["data"]
    while cursor := answer["pagination"]["nextCursor"]:
        answer = page(limit=limit, cursor=cursor, **query)
        assert answer["data"]
        assert answer["pagination"] | {"nextCursor": None} == {
            "page": None, "limit": limit, "total": None, "totalPages": None, "nextCursor": None
        }  # fmt: skip
        walked += answer["data"]
        assert len(walked) <= len(values)
    assert walked == whole

    paged = [page(limit=limit, page=number, **query)["data"] for number in range(1, len(values) // limit + 3)]
    assert [one for some in paged for one in some] == whole


@pytest.mark.parametrize("name", TaskViewSet.sort_fields)
def test_rows_without_a_value_come_last_either_way(db, name):
    column = TaskViewSet.sort_fields[name]
    make([
        {"function": text, "attempts": number, "failed_at": when, "claim": claim,
         "created_at": START + timedelta(number)}
        for number, (text, when, claim) in enumerate([("b", None, None), ("a", START, new_id()), ("c", None, None)])
    ])  # fmt: skip
    for direction in ("asc", "desc"):
        found = [DeferredTask.objects.get(pk=pk) for pk in page(sortBy=name, sortOrder=direction)["data"]]
        values = [getattr(one, column) for one in found]
        filled = [value for value in values if value is not None]
        assert values == sorted(filled, reverse=direction == "desc") + [None] * (3 - len(filled))


def test_the_shape_of_a_list(full):
    make([{"function": "a", "attempts": 1, "created_at": START}] * 3)
    body = full.get("/tasks?limit=2").json()
    assert list(body) == ["data", "pagination"]
    assert list(body["data"][0]) == ["id", "function", "attempts", "createdAt", "failedAt", "claim"]
    cursor = body["pagination"].pop("nextCursor")
    assert body["pagination"] == {"page": 1, "limit": 2, "total": 3, "totalPages": 2}
    rest = full.get(f"/tasks?limit=2&cursor={cursor}").json()
    assert len(rest["data"]) == 1
    assert rest["pagination"]["nextCursor"] is None


def test_a_list_costs_a_fixed_number_of_queries(full, queries):
    counts = []
    for more in (1, 19):
        make([{"function": "a", "attempts": 1, "created_at": START}] * more)
        with queries() as seen:
            assert full.get("/tasks").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 3


def test_counting_is_left_out_where_the_page_says_it_all(full, queries):
    make([{"function": "a", "attempts": 1, "created_at": START}] * 3)
    with queries() as seen:
        full.get("/tasks?limit=3")
    assert not [sql for sql in seen if "COUNT(" in sql]
    with queries() as seen:
        full.get("/tasks?limit=2")
    assert len([sql for sql in seen if "COUNT(" in sql]) == 1


def test_a_page_past_the_end_is_empty(full):
    body = full.get("/tasks?page=4000").json()
    assert body["data"] == []
    assert body["pagination"] == {"page": 4000, "limit": 25, "total": 0, "totalPages": 0, "nextCursor": None}


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=101", "limit=-1", "limit=1.0", "limit=", "limit=1e1", "limit=१", "limit=9999999999",
        "page=0", "page=-1", "page=x", "page=", "page=999999999", "sortBy=schemaName", "sortBy=failed_at",
        "sortOrder=up", "sortBy=id;drop", "cursor=x&page=1", "createdFrom=23.11.2026", "createdFrom=11/23/2026",
        "createdTo=2026-02-30", "createdTo=9999-12-31", "createdFrom=x", "attempts=NaN", "attempts=x",
        "function=c", "before=05/06/2026", "urgent=tru", "urgent=yes", "urgent=1",
    ],
)  # fmt: skip
def test_what_a_list_does_not_understand_it_refuses(full, query):
    response = full.get(f"/tasks?{query}")
    assert (response.status_code, response.json()["code"]) == (400, "invalid")


def test_flags(full):
    make(
        [
            {"function": letter, "attempts": 1, "created_at": START, "urgent": letter == "b"}
            for letter in "abc"
        ]
    )
    found = {
        value: full.get(f"/tasks?urgent={value}").json()["data"]
        for value in ("true", "false", "true,false", "")
    }
    assert {value: [row["function"] for row in rows] for value, rows in found.items()} == {
        "true": ["b"], "false": ["a", "c"], "true,false": ["a", "b", "c"], "": ["a", "b", "c"]
    }  # fmt: skip


@pytest.mark.parametrize(
    "query", ["createdFrom=0001-01-01", "createdFrom=9999-12-31", "createdTo=0001-01-01"]
)
def test_the_ends_of_time(full, query):
    assert full.get(f"/tasks?{query}").status_code == 200


def test_days_are_the_tenants(full, tenant):
    """23 November begins in Kolkata at 18:30 of the 22nd, UTC."""
    first = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)
    make([
        {"function": str(number), "attempts": 1, "created_at": moment}
        for number, moment in enumerate([first - TICK, first, first + DAY - TICK, first + DAY])
    ])  # fmt: skip
    day = full.get("/tasks?createdFrom=2026-11-23&createdTo=2026-11-23&sortBy=createdAt").json()["data"]
    assert [one["function"] for one in day] == ["1", "2"]


def cursor_of(content):
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


ID = "01890000-0000-7000-8000-000000000001"


@pytest.mark.parametrize(
    ("sort", "content"),
    [
        ("function", ["function", False, "\ud800", ID]),
        ("function", ["function", False, "\0", ID]),
        ("function", ["function", False, {"a": 1}, ID]),
        ("function", ["function", False, "a", "nothing"]),
        ("function", ["function", True, "a", ID]),
        ("function", ["attempts", False, "a", ID]),
        ("function", ["function", 0, "a", ID]),
        ("function", {"a": 1, "b": 2, "c": 3, "d": 4}),
        ("function", 5),
        ("function", [[[[]]]]),
        ("attempts", ["attempts", False, "x", ID]),
        ("attempts", ["attempts", False, 1.5, ID]),
        ("attempts", ["attempts", False, True, ID]),
        ("failedAt", ["failedAt", False, "yesterday", ID]),
        ("failedAt", ["failedAt", False, "2026-11-23T00:00:00", ID]),
        ("failedAt", ["failedAt", False, 5, ID]),
        ("claim", ["claim", False, "x", ID]),
    ],
)
def test_made_up_cursors_are_refused(full, sort, content):
    response = full.get(f"/tasks?sortBy={sort}&cursor={cursor_of(content)}")
    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "cursor"


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_cursor_breaks_anything(full, cursor):
    assert full.get("/tasks", {"cursor": cursor}).status_code in {200, 400}


def test_a_cursor_of_a_huge_number_is_answered(full):
    response = full.get(f"/tasks?sortBy=attempts&cursor={cursor_of(['attempts', False, 10**18, ID])}")
    assert response.status_code in {200, 400}


def test_a_cursor_survives_the_row_it_points_at(full):
    make([{"function": letter, "attempts": 1, "created_at": START} for letter in "abcd"])
    cursor = full.get("/tasks?limit=2").json()["pagination"]["nextCursor"]
    DeferredTask.objects.filter(function="b").delete()
    assert [one["function"] for one in full.get(f"/tasks?limit=2&cursor={cursor}").json()["data"]] == [
        "c",
        "d",
    ]


def test_ids_that_are_nobodys_match_nothing(full):
    for value in (ID, "nothing", "1,2", ID.replace("-", ""), ","):
        assert full.get("/notes", {"id": value}).json()["data"] == []
