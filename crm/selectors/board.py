"""The kanban board: exact figures of its columns and the first cards of each, by as many queries as there are kinds."""

from collections import defaultdict
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Count, F, QuerySet, Sum
from django.db.models.expressions import RawSQL
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan

CARDS = """
    SELECT card.* FROM lead_status AS board_column CROSS JOIN LATERAL ({cards}) AS card
    WHERE board_column.id = ANY(%s)
"""
PLACE = ("status_id", "position", "id")


def figures_of(leads: QuerySet) -> dict[UUID, tuple[int, str]]:
    """How many of some leads are in each status and what they are worth together; (0, 0.00) where there are none."""
    found = leads.order_by().values_list("status_id").annotate(n=Count("*"), value=Sum("estimated_value"))
    none: dict[UUID, tuple[int, str]] = defaultdict(lambda: (0, "0.00"))
    return none | {status: (count, f"{value or 0:.2f}") for status, count, value in found}


def cards_of(
    leads: QuerySet, statuses: list[UUID], columns: list[str], n: int, after: tuple[str, UUID] | None = None
) -> dict[UUID, list[tuple[Any, ...]]]:
    """The first ``n`` of some leads in each status, from the top or below a place: one query for all statuses.

    Rows are ``columns`` and, at their end, status, position and id.
    """
    if after is not None:
        leads = leads.filter(TupleGreaterThan(Tuple(F("position"), F("id")), after))
    in_column = leads.filter(status_id=RawSQL("board_column.id", ()))
    cards = in_column.order_by("position", "id").values_list(*columns, *PLACE)[:n]
    found: dict[UUID, list[tuple[Any, ...]]] = {status: [] for status in statuses}
    try:
        sql, parameters = cards.query.sql_with_params()
    except EmptyResultSet:
        return found
    with connection.cursor() as cursor:
        cursor.execute(CARDS.format(cards=sql), [*parameters, statuses])
        for row in cursor.fetchall():
            found[row[-3]].append(row)
    for rows in found.values():
        rows.sort(key=lambda row: row[-2:])
    return found
