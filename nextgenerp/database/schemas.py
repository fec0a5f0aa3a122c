"""Schemas of tenants as PostgreSQL sees them: dump the template, replay it under another name, drop one."""

import os
import re
import secrets
import subprocess

from django.conf import settings
from django.db import connection

from nextgenerp.database.postgres_programs import find_bin

PLACEHOLDER = "__schema__"
NAME = re.compile(r"^t_[a-z0-9]{20}$")
NOISE = ("--", "SET ", "SELECT pg_catalog.set_config", "\\restrict", "\\unrestrict")
ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"


def new_schema_name() -> str:
    """Generate the name of a tenant's schema; never made from anything a user wrote."""
    return "t_" + "".join(secrets.choice(ALPHABET) for _ in range(20))


def dump_schema(schema: str) -> str:
    """Return the SQL that makes ``schema``, privileges and django_migrations rows included, with a placeholder
    for its name.

    Raises subprocess.CalledProcessError when pg_dump fails.
    """
    database = settings.DATABASES["default"] | {"NAME": connection.settings_dict["NAME"]}
    environment = os.environ | {
        "PGHOST": str(database["HOST"]),
        "PGPORT": str(database["PORT"]),
        "PGUSER": str(database["USER"]),
        "PGPASSWORD": str(database["PASSWORD"]),
        "PGDATABASE": str(database["NAME"]),
    }
    arguments = ["-n", schema, "--no-owner", "--no-comments", "--column-inserts", "--rows-per-insert=1000"]
    dumped = subprocess.run(
        [str(find_bin() / "pg_dump"), *arguments],
        capture_output=True, text=True, check=True, env={k: v for k, v in environment.items() if v},
    ).stdout  # fmt: skip
    lines = (line for line in dumped.splitlines() if line and not line.startswith(NOISE))
    sql = "\n".join(lines)
    sql = re.sub(rf"\b{schema}\.", f"{PLACEHOLDER}.", sql)
    return sql.replace(f"CREATE SCHEMA {schema}", f"CREATE SCHEMA {PLACEHOLDER}")


def replay_schema(sql: str, schema: str) -> None:
    """Make ``schema`` from a dump of dump_schema in one round trip, in the caller's transaction."""
    if not NAME.match(schema):
        raise ValueError(f"{schema!r} is not the name of a tenant's schema.")
    with connection.cursor() as cursor:
        cursor.execute(sql.replace(PLACEHOLDER, schema), None)


def drop_schema(schema: str) -> None:
    """Drop a tenant's schema with all it holds."""
    if not NAME.match(schema):
        raise ValueError(f"{schema!r} is not the name of a tenant's schema.")
    with connection.cursor() as cursor:
        cursor.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE')
