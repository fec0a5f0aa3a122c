"""Rows into tables, many at a time: COPY for new ones, one UPDATE from arrays for changed ones."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import Model
from psycopg import sql

from nextgenerp.core.models import HistoryEntry
from nextgenerp.core.tenancy import Actor
from nextgenerp.database.ids import new_id

HISTORY = (
    "id", "record_type", "record_id", "action", "changes", "seat_id", "user_id", "import_id", "impersonated",
    "request_id", "created_at",
)  # fmt: skip


def copy_rows(model: type[Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Append rows to a model's table; ``names`` are field names, JSON values are texts already."""
    columns = [column_of(model._meta.get_field(name)) for name in names]
    table = sql.Identifier(model._meta.db_table)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(table, sql.SQL(", ").join(columns))
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as copy:
        write = copy.write_row
        for row in rows:
            write(row)


def update_rows(model: type[Model], names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Overwrite columns of rows, each given as its id and the values of ``names``; raises their version."""
    fields = [model._meta.pk, *(model._meta.get_field(name) for name in names)]
    columns = [column_of(field) for field in fields]
    arrays = [sql.SQL(f"%s::{field.db_type(connection)}[]") for field in fields]
    statement = sql.SQL(
        "UPDATE {} AS old SET {}, version = old.version + 1, updated_at = now() FROM unnest({}) AS new ({}) "
        "WHERE old.id = new.id"
    ).format(
        sql.Identifier(model._meta.db_table),
        sql.SQL(", ").join(sql.SQL("{} = new.{}").format(column, column) for column in columns[1:]),
        sql.SQL(", ").join(arrays),
        sql.SQL(", ").join(columns),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(values) for values in zip(*rows, strict=True)])


def column_of(field: Any) -> sql.Identifier:
    return sql.Identifier(field.column)


def copy_history(
    model: type[Model],
    action: str,
    changes: Iterable[tuple[Any, str]],
    *,
    actor: Actor,
    import_id: Any,
    now: Any,
) -> None:
    """Write history rows of many records; ``changes`` are pairs of a record's id and its changes as JSON."""
    label = model._meta.label
    # As texts, which are written faster than ids and instants.
    ids = (str(one) if one else None for one in (actor.seat_id, actor.user_id, import_id))
    same = (*ids, actor.impersonated, actor.request_id, now.isoformat())
    rows = ((new_id(), label, record_id, action, json, *same) for record_id, json in changes)
    copy_rows(HistoryEntry, HISTORY, rows)
