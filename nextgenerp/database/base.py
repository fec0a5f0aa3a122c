"""The database wrapper every connection goes through: django-tenants' own, made to fail closed.

django-tenants swallows an error of ``SET search_path`` (a cancelled query, say), after which the next statement
runs on the *previous* tenant's path. Here no statement runs unless the path was set.
"""

import select
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg
from django.db.backends.ddl_references import Statement
from django.db.backends.postgresql.base import Cursor
from django.db.backends.postgresql.features import DatabaseFeatures as PostgresFeatures
from django.db.backends.postgresql.introspection import TableInfo
from django.db.backends.postgresql.operations import DatabaseOperations as PostgresOperations
from django.db.backends.postgresql.schema import DatabaseSchemaEditor as PostgresSchemaEditor
from django.db.backends.utils import CursorWrapper
from django.db.transaction import TransactionManagementError
from django.db.utils import OperationalError
from django_tenants.postgresql_backend import base
from django_tenants.postgresql_backend.introspection import DatabaseSchemaIntrospection
from psycopg.pq import TransactionStatus
from psycopg.types.datetime import TimestamptzLoader

from nextgenerp.database.fields import OwnerKey

# Every relation has a pg_depend row on its schema, and that is indexed; pg_class by schema is not.
TABLES_OF_SCHEMA = """
    SELECT c.relname,
           CASE WHEN c.relispartition THEN 'p' WHEN c.relkind IN ('m', 'v') THEN 'v' ELSE 't' END,
           obj_description(c.oid, 'pg_class')
    FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class c ON c.oid = d.objid
    WHERE d.refclassid = 'pg_namespace'::regclass
      AND d.refobjid = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = %s)
      AND d.classid = 'pg_class'::regclass AND c.relkind IN ('f', 'm', 'p', 'r', 'v')
"""


def has_input(descriptor: int) -> bool:
    """Whether a socket has something to read, or was closed by the other side."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))


class InstantLoader(TimestamptzLoader):
    """Reads instants by Python's own C function: psycopg's takes ten times as long, and every row has several."""

    timezone = UTC  # what Django's own loader says of itself

    def load(self, data: Any) -> datetime:
        try:
            return datetime.fromisoformat(bytes(data).decode())
        except ValueError:  # infinity, a year after 9999: psycopg has the words for them
            return super().load(data)


class PreparedCursor(psycopg.Cursor[Any]):
    """Has the server keep each statement it runs. Kept ones follow the search path: another one plans them anew."""

    def execute(self, *args: Any, **options: Any) -> "PreparedCursor":
        self.connection.prepare_threshold = 0  # else None: others' are not kept
        try:
            return super().execute(*args, **options)
        finally:
            self.connection.prepare_threshold = None


class SchemaIntrospection(DatabaseSchemaIntrospection):
    """Lists the tables of one schema without scanning those of all the others."""

    def get_table_list(self, cursor: Any) -> list[TableInfo]:
        cursor.execute(TABLES_OF_SCHEMA, [self.connection.schema_name])
        return [TableInfo(*row) for row in cursor.fetchall() if row[0] not in self.ignored_tables]


class DatabaseOperations(PostgresOperations):
    """Foreign keys that are checked at the statement, where a service can still answer the violation."""

    def deferrable_sql(self) -> str:
        return " DEFERRABLE INITIALLY IMMEDIATE"

    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> str:
        """The statement with its values; psycopg keeps no text of a prepared one."""
        if isinstance(cursor, PreparedCursor):
            return self.compose_sql(sql, params)
        return super().last_executed_query(cursor, sql, params)


class SchemaEditor(PostgresSchemaEditor):
    """Makes the foreign keys that are checked at COMMIT such ones."""

    def _create_fk_sql(self, model: Any, field: Any, suffix: str) -> Statement:
        statement = super()._create_fk_sql(model, field, suffix)  # type: ignore[misc] # the stubs lack it
        if isinstance(field, OwnerKey):
            statement.parts["deferrable"] = " DEFERRABLE INITIALLY DEFERRED"
        return statement


class DatabaseFeatures(PostgresFeatures):
    """Says what follows from that: whoever deletes in cascades must not leave the order to the commit."""

    can_defer_constraint_checks = False


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that runs nothing outside the schema it was put into, and stores no NaN."""

    features_class = DatabaseFeatures
    ops_class = DatabaseOperations
    SchemaEditorClass = SchemaEditor
    data_type_check_constraints = {
        **base.DatabaseWrapper.data_type_check_constraints,
        # numeric takes NaN, which is greater than every number and so passes most other checks.
        "DecimalField": "\"%(column)s\" <> 'NaN'",
    }

    search_path_set_schemas: list[str] | None  # django-tenants': what this tenant's path was set to
    path_on_server: list[str] | None = None  # as far as we know; None where we do not

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.introspection = SchemaIntrospection(self)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        link = super().get_new_connection(conn_params)
        if self.timezone is UTC:
            link.adapters.register_loader("timestamptz", InstantLoader)
        return link

    def is_usable(self) -> bool:
        """Whether the connection is alive. A server that has gone has closed it, which is seen without a round trip."""
        if self.connection is None:
            return False
        if (
            not self.errors_occurred
            and not self.connection.closed
            and not has_input(self.connection.fileno())
        ):
            return True
        self.path_on_server = None
        return super().is_usable()

    @contextmanager
    def cursor_on_any_path(self) -> Iterator[CursorWrapper]:
        """A cursor for a statement that names the schema of each table and may set the path: it runs on any.

        Afterwards the path is unknown, until somebody who knows says so in ``path_on_server``.
        """
        self._setting_search_path = True  # django-tenants' own mark that it must not do so
        try:
            cursor = self.cursor()
        finally:
            self._setting_search_path = False
        self.path_on_server = self.search_path_set_schemas = None
        with cursor:
            yield cursor

    def prepared_cursor(self) -> CursorWrapper:
        """A cursor for one of the few statements that cost more to plan than to run, and run often."""
        self.ensure_connection()
        self.connection.cursor_factory = PreparedCursor
        try:
            return self.cursor()
        finally:
            self.connection.cursor_factory = Cursor

    def close(self) -> None:
        self.path_on_server = None
        super().close()

    def rollback(self) -> None:
        self.path_on_server = None
        super().rollback()

    def savepoint_rollback(self, sid: str) -> None:
        try:
            super().savepoint_rollback(sid)
        finally:
            self.path_on_server = None

    def _handle_search_path(self, cursor: Any = None) -> None:
        if self.search_path_set_schemas is not None or self._setting_search_path:
            return
        if self.path_on_server is not None and self.path_on_server == self._get_cursor_search_paths():
            self.search_path_set_schemas = self.path_on_server
            return
        with self.wrap_database_errors:  # for server-side cursors the path is set past Django's own cursor
            super()._handle_search_path(cursor)
        self.path_on_server = self.search_path_set_schemas
        if self.path_on_server is None and not self._is_aborted():
            # In an aborted transaction every statement but ROLLBACK fails by itself.
            raise OperationalError("The search path could not be set; nothing runs on an unknown schema.")

    def _commit(self) -> None:
        """PostgreSQL answers COMMIT in an aborted transaction with a silent ROLLBACK, of the path too."""
        if self._is_aborted():
            raise TransactionManagementError("An error was passed over; this transaction stores nothing.")
        super()._commit()

    def _is_aborted(self) -> bool:
        link = self.connection
        return link is not None and link.info.transaction_status == TransactionStatus.INERROR
