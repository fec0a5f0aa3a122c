"""What PostgreSQL knows about a schema, in a form two schemas can be compared by."""

import re
from typing import Any

from django.db import connection

QUERIES = {
    "columns": """
        SELECT table_name, column_name, data_type, character_maximum_length, numeric_precision, numeric_scale,
               is_nullable, column_default, collation_name, is_identity
        FROM information_schema.columns WHERE table_schema = %s""",
    "constraints": """
        SELECT c.conrelid::regclass::text, c.conname, c.contype, c.condeferrable, c.condeferred, c.convalidated,
               pg_get_constraintdef(c.oid)
        FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace WHERE n.nspname = %s""",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = %s",
    "privileges": """
        SELECT table_name, privilege_type, grantee FROM information_schema.table_privileges WHERE table_schema = %s""",
    "sequences": "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = %s",
    "triggers": """
        SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %s AND NOT t.tgisinternal""",
    "inheritance": """
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %s AND NOT c.relispartition""",
}


def catalog(schema: str) -> dict[str, list[Any]]:
    """Everything a schema is made of by kind, sorted, with the schema's own name left out."""
    found: dict[str, list[Any]] = {}
    with connection.cursor() as cursor:
        for kind, query in QUERIES.items():
            cursor.execute(query, [schema])
            rows = [tuple(plain(value, schema) for value in row) for row in cursor.fetchall()]
            found[kind] = sorted(rows, key=str)
        cursor.execute(f'SELECT app, name FROM "{schema}".django_migrations')  # noqa: S608 - a schema of a test
        found["migrations"] = sorted(cursor.fetchall())
    return found


def plain(value: Any, schema: str) -> Any:
    """A value without the schema's name, and without the casts and brackets PostgreSQL shifts when it reads its own
    output again."""
    if not isinstance(value, str):
        return value
    return re.sub(rf'"?{schema}"?\.|::[a-z ]+(\[\])?|[()]', "", value)


def schemas_like(pattern: str) -> set[str]:
    """The names of schemas that match a LIKE pattern, PostgreSQL's own left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname LIKE %s AND nspname NOT LIKE 'pg\\_%%'", [pattern]
        )
        return {row[0] for row in cursor.fetchall()}
