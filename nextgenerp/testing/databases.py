"""The tests' databases: copies of one that was migrated once and is kept for as long as no migration changes.

Migrating takes longer than most runs' tests; copying takes a blink.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import distributions
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.test.utils import setup_databases
from psycopg import sql

from nextgenerp.core.migrating import migrate_everything

PREFIX = "nextgenerp_migrated_"


@contextmanager
def copied_database() -> Iterator[None]:
    """Connect to a database of this process's own, with every migration applied, and drop it in the end."""
    original = connection.settings_dict["NAME"]
    name = connection.creation._get_test_db_name()
    copy_migrated(name)
    use(name)
    yield
    connection.creation.destroy_test_db(original, verbosity=0)


def copy_migrated(name: str) -> None:
    """Make a database in which every migration is applied, in the place of one of that name."""
    with connection._nodb_cursor() as cursor:  # type: ignore[attr-defined] - as Django's own creation does
        cursor.execute("SET statement_timeout = 0; SET lock_timeout = 0")  # others wait for the first one
        cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [PREFIX])
        template = ready_template(cursor)
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
        cursor.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        )


def ready_template(cursor: object) -> str:
    """The migrated database's name; it is made when there is none of today's migrations, and older ones dropped."""
    template = PREFIX + fingerprint()
    cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [PREFIX + "%"])
    there = {row[0] for row in cursor.fetchall()}
    for old in there - {template}:
        cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(old)))
    if template not in there:
        build(template + "_unfinished")
        cursor.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                sql.Identifier(template + "_unfinished"), sql.Identifier(template)
            )
        )
    return template


def build(name: str) -> None:
    test, original = connection.settings_dict["TEST"], connection.settings_dict["NAME"]
    own, test["NAME"] = test["NAME"], name
    setup_databases(verbosity=0, interactive=False)
    migrate_everything(workers=1)
    connection.close()
    test["NAME"] = own
    use(original)


def use(name: str) -> None:
    """Let the connection be to another database from now on."""
    connection.close()
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name


def fingerprint() -> str:
    """A digest of what migrating depends on: the migrations, the packages with theirs, the settings."""
    digest = hashlib.sha256(repr(sorted(f"{one.name} {one.version}" for one in distributions())).encode())
    files = [
        path for app in apps.get_app_configs() if settings.BASE_DIR in Path(app.path).parents
        for path in Path(app.path).glob("migrations/*.py")
    ]  # fmt: skip
    for path in sorted({*files, *(settings.BASE_DIR / "nextgenerp").glob("settings/*.py")}):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
