"""Pages and cursors of every list: an order that always ends in the id, and a keyset that never counts or skips."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import DateTimeField, DecimalField, F, Field, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan

from nextgenerp.core.api.parsers import FORBIDDEN
from nextgenerp.core.api.renderers import dump
from nextgenerp.core.exceptions import Invalid
from nextgenerp.database.ids import parse_id

DEFAULT_LIMIT = 25
MAX_LIMIT = 100
LIST_PARAMETERS = ("page", "limit", "cursor", "sortBy", "sortOrder")
# A page further than this by number reads everything before it; cursors do not.
MAX_OFFSET = 10_000_000


@dataclass(frozen=True, slots=True)
class Order:
    """The order of a list: the name spoken, the column, its direction. Rows without a value come last."""

    name: str
    column: str
    descending: bool

    def parts(self, queryset: QuerySet) -> list[QuerySet]:
        """The querysets whose rows make the list, one after the other, each in the order of an index.

        PostgreSQL walks an index upwards with empty values last and downwards with empty values first: down a
        column that may be empty, the rows without a value are a list of their own.
        """
        ordered = queryset.order_by(
            *(f"-{name}" if self.descending else name for name in (self.column, "id"))
        )
        if self.descending and queryset.model._meta.get_field(self.column).null:
            return [ordered.filter(**{f"{self.column}__isnull": empty}) for empty in (False, True)]
        return [ordered]


def order_of(query: Any, sort_fields: dict[str, str], default: str) -> Order:
    """Read sortBy and sortOrder; ``default`` is a name with ``-`` for descending. Raises Invalid."""
    name = query.get("sortBy") or default.lstrip("-")
    if name not in sort_fields:
        raise Invalid.field("sortBy", "invalid_choice", f"One of: {', '.join(sort_fields)}.")
    fallback = "desc" if default == f"-{name}" else "asc"
    direction = query.get("sortOrder") or fallback
    if direction not in {"asc", "desc"}:
        raise Invalid.field("sortOrder", "invalid_choice", "asc or desc.")
    return Order(name, sort_fields[name], direction == "desc")


def whole_number(query: Any, name: str, default: int, highest: int) -> int:
    """Read a whole number from 1 to ``highest`` of the query. Raises Invalid."""
    text = query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and 1 <= int(text) <= highest):
        raise Invalid.field(name, "out_of_range", f"A whole number from 1 to {highest}.")
    return int(text)


def page_of(
    queryset: QuerySet,
    query: Any,
    order: Order,
    fetch: Callable[..., list[tuple[Any, ...]]],
    build: Callable[[list[tuple[Any, ...]]], list[Any]],
    count: Callable[[QuerySet], int],
) -> dict[str, Any]:
    """One page as ``{"data", "pagination"}``.

    ``fetch(queryset, *columns)`` returns tuples that end in these columns, ``build`` makes the items of tuples;
    ``count`` the exact total, asked only when no cursor is given. Raises Invalid.
    """
    limit = whole_number(query, "limit", DEFAULT_LIMIT, MAX_LIMIT)
    cursor = query.get("cursor")
    if cursor and query.get("page"):
        raise Invalid.field("cursor", "invalid", "Give a page or a cursor, not both.")
    if cursor:
        rows = after_cursor(queryset, order, read_cursor(cursor, order, queryset), limit + 1, fetch)
        page = total = pages = None
    else:
        page = whole_number(query, "page", 1, MAX_OFFSET // limit)
        offset = (page - 1) * limit
        rows = from_offset(queryset, order, offset, limit + 1, fetch)
        total = len(rows) if page == 1 and len(rows) <= limit else count(queryset)
        pages = -(-total // limit)
    more = len(rows) > limit
    rows = rows[:limit]
    return {
        "data": build(rows),
        "pagination": {
            "page": page,
            "limit": limit,
            "total": total,
            "totalPages": pages,
            "nextCursor": write_cursor(order, *rows[-1][-2:]) if more else None,
        },
    }


def after_cursor(
    queryset: QuerySet, order: Order, position: tuple[Any, Any], n: int, fetch: Callable[..., list[Any]]
) -> list[Any]:
    """The next ``n`` rows after a position: those with a value by index range, then those without one."""
    value, identifier = position
    parts = order.parts(queryset)
    nullable = queryset.model._meta.get_field(order.column).null
    beyond = TupleLessThan if order.descending else TupleGreaterThan
    rows: list[Any] = []
    if value is not None:
        keys = Tuple(F(order.column), F("id"))
        rows = fetch(parts[0].filter(beyond(keys, (value, identifier)))[:n], order.column, "id")
    if nullable and len(rows) < n:
        empty = parts[-1].filter(**{f"{order.column}__isnull": True})
        if value is None:
            empty = empty.filter(**{"id__lt" if order.descending else "id__gt": identifier})
        rows += fetch(empty[: n - len(rows)], order.column, "id")
    return rows


def from_offset(
    queryset: QuerySet, order: Order, offset: int, n: int, fetch: Callable[..., list[Any]]
) -> list[Any]:
    """The next ``n`` rows after the first ``offset``."""
    first, *rest = order.parts(queryset)
    rows = fetch(first[offset : offset + n], order.column, "id")
    for empty in rest:
        if len(rows) < n:
            skipped = 0 if rows or not offset else max(0, offset - first.count())
            rows += fetch(empty[skipped : skipped + n - len(rows)], order.column, "id")
    return rows


def write_cursor(order: Order, value: Any, identifier: Any) -> str:
    content = dump([order.name, order.descending, value, identifier])
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def read_cursor(cursor: str, order: Order, queryset: QuerySet) -> tuple[Any, Any]:
    """The position a cursor stands for, in the order it was made for. Raises Invalid."""
    wrong = Invalid.field("cursor", "invalid", "Not a cursor of this list in this order.")
    try:
        content = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        name, descending, value, identifier = json.loads(content)
    except (ValueError, TypeError, RecursionError):
        raise wrong from None
    position = parse_id(identifier)
    if name != order.name or descending is not order.descending or position is None:
        raise wrong
    try:
        return (
            None if value is None else typed(queryset.model._meta.get_field(order.column), value)
        ), position
    except (ValueError, TypeError, InvalidOperation, ValidationError):
        raise wrong from None


def typed(field: Field, value: Any) -> Any:
    """A cursor's JSON value as a value of the column. Raises ValueError."""
    if isinstance(field, DateTimeField):
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError(value)
        return moment
    if isinstance(field, DecimalField):
        number = Decimal(value)
        if not number.is_finite() or abs(number) >= 10**30:
            raise ValueError(value)
        return number
    if not isinstance(value, str | int) or isinstance(value, bool) or FORBIDDEN.search(str(value)):
        raise ValueError(value)
    return field.to_python(value)
