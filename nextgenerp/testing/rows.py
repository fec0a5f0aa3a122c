"""Every row of a schema as text in one statement, for tests that say nothing was written."""

from django.db import connection


def rows_of(*schemas: str) -> dict[tuple[str, str], list[str]]:
    """The rows of all tables of some schemas, sorted, by schema and table."""
    with connection.cursor() as cursor:
        tables = tables_of(cursor, schemas)
        found: dict[tuple[str, str], list[str]] = {(schema, table): [] for schema, table, _ in tables}
        cursor.execute(
            " UNION ALL ".join(
                f"SELECT {number}, t::text FROM {qualified} t"  # noqa: S608 - names of the catalog
                for number, (_, _, qualified) in enumerate(tables)
            )
        )
        by_number = list(found.values())
        for number, row in cursor.fetchall():
            by_number[number].append(row)
    for rows in by_number:
        rows.sort()
    return found


def counts_of(*schemas: str) -> dict[tuple[str, str], int]:
    """How many rows each table of some schemas has, by schema and table."""
    with connection.cursor() as cursor:
        tables = tables_of(cursor, schemas)
        counts = ", ".join(f"(SELECT count(*) FROM {qualified})" for _, _, qualified in tables)  # noqa: S608
        cursor.execute(f"SELECT {counts}")
        return {
            (schema, table): count
            for (schema, table, _), count in zip(tables, cursor.fetchone(), strict=True)
        }


def tables_of(cursor: object, schemas: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """``(schema, table, both as SQL)`` of every table."""
    cursor.execute(
        "SELECT schemaname, tablename, format('%%I.%%I', schemaname, tablename) FROM pg_tables"
        " WHERE schemaname = ANY(%s) ORDER BY 1, 2",
        [list(schemas)],
    )
    return cursor.fetchall()
