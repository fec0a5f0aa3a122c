"""Bring public, the template and every tenant's schema up to date: in parallel, past failures, re-runnable.

A migration that is plain SQL is collected once and run in every schema that lacks it; one with Python runs schema by
schema. A schema that fails keeps its place in the ledger and takes no requests until a later run succeeds.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.core.management.commands import migrate
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.migration import Migration
from django.db.migrations.operations.base import Operation
from django_tenants.postgresql_backend.base import FakeTenant
from django_tenants.utils import get_tenant_model
from psycopg import sql

from nextgenerp.core.provisioning import tenant_schemas
from nextgenerp.core.tenancy import tenant_context
from nextgenerp.database.models import SchemaMigration, SchemaTemplate, SpareSchema
from nextgenerp.database.schemas import drop_schema, dump_schema

Key = tuple[str, str]
ONE_RUN = 7_236_451  # the advisory lock of migrating
BATCH = 500  # schemas asked for their state at once: each is a lock on a table
# What connections of ours have that one for migrations does not: Django's own, and the timeouts of requests.
OF_REQUESTS = {"context", "cursor_factory", "options", "prepare_threshold"}
STATES = """
    SELECT string_agg(format('SELECT %%L, (SELECT array_agg(app || ''.'' || name) FROM %%I.django_migrations)',
                             name, name), ' UNION ALL ')
    FROM unnest(%s::text[]) AS name
"""


@dataclass
class Report:
    """What a run did: the schemas brought up to date and those that failed, with their errors."""

    migrated: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def migrate_everything(workers: int = 4, progress: Callable[[str], None] = lambda line: None) -> Report:
    """Migrate public, the template, then tenants and spares with ``workers`` connections at a time."""
    with one_run():
        migrate_public(progress)
        migrate_template(progress)
        return migrate_tenants(workers, progress)


@contextmanager
def one_run() -> Iterator[None]:
    """Let one migrating run at a time; statements may take as long as they need."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("SET lock_timeout = 0")
        cursor.execute("SELECT pg_advisory_lock(%s)", [ONE_RUN])
        cursor.execute("SET lock_timeout = '10s'")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ONE_RUN])
            cursor.execute("RESET statement_timeout")
            cursor.execute("RESET lock_timeout")


def migrate_public(progress: Callable[[str], None]) -> None:
    progress("public: migrating")
    # Django's own: django-tenants' would go through every tenant, and closes the connection that holds the lock.
    call_command(migrate.Command(), verbosity=0, interactive=False)


def tenant_targets(executor: MigrationExecutor) -> list[Key]:
    """The newest migrations of the tenant apps."""
    labels = {name.rsplit(".", 1)[-1] for name in settings.TENANT_APPS}
    return [node for node in executor.loader.graph.leaf_nodes() if node[0] in labels]


def migrate_template(progress: Callable[[str], None]) -> None:
    """Migrate the schema all others are made from, and store its SQL anew when it changed."""
    name = settings.TENANT_TEMPLATE_SCHEMA
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE SCHEMA IF NOT EXISTS "{name}"')
    with tenant_context(FakeTenant(name)):
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(tenant_targets(executor))
        if plan:
            progress(f"template: {len(plan)} migrations")
            executor.migrate(tenant_targets(executor))
    if plan or not SchemaTemplate.objects.exists():
        SchemaTemplate.objects.update_or_create(defaults={"sql": dump_schema(name)})


def migrate_tenants(workers: int, progress: Callable[[str], None]) -> Report:
    """Bring every schema that is behind the template up to date."""
    report = Report()
    schemas = tenant_schemas()
    template = settings.TENANT_TEMPLATE_SCHEMA
    states = applied([*schemas, template])
    behind: dict[frozenset[str], list[str]] = defaultdict(list)
    for schema in schemas:
        if schema not in states:
            report.failed[schema] = "The schema, or its table of migrations, does not exist."
        elif states[schema] != states[template]:
            behind[states[schema]].append(schema)
    for state, group in behind.items():
        progress(f"{len(group)} schemas are behind")
        migrate_group(group, state, workers, report)
    remember(report)
    return report


def applied(schemas: list[str]) -> dict[str, frozenset[str]]:
    """The migrations each existing schema has, as ``app.name``, by one statement over many of them."""
    found: dict[str, frozenset[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT schemaname FROM pg_tables WHERE tablename = 'django_migrations'")
        existing = sorted({row[0] for row in cursor.fetchall()} & set(schemas))
        for start in range(0, len(existing), BATCH):
            cursor.execute(STATES, [existing[start : start + BATCH]])
            cursor.execute(cursor.fetchone()[0])
            found |= {schema: frozenset(names or []) for schema, names in cursor.fetchall()}
    return found


def migrate_group(group: list[str], state: frozenset[str], workers: int, report: Report) -> None:
    """Run what schemas of one state lack, migration by migration, dropping those that fail on the way."""
    with tenant_context(FakeTenant(group[0])):
        executor = MigrationExecutor(connection)
        plan = [migration for migration, _ in executor.migration_plan(tenant_targets(executor))]
        project = cast(Any, executor)._create_project_state(with_applied_migrations=True)
    healthy = list(group)
    for migration in plan:
        if not healthy:
            break
        if all(is_plain_sql(operation) for operation in migration.operations) and migration.atomic:
            statements, outcomes = collect_sql(healthy, migration, project)
            outcomes |= fan_out(
                [one for one in healthy if one not in outcomes], statements, migration, workers
            )
        else:
            outcomes = {schema: run_ordinarily(schema, migration) for schema in healthy}
        project = migration.mutate_state(project, preserve=True)
        report.failed.update({schema: error for schema, error in outcomes.items() if error})
        healthy = [schema for schema in healthy if not outcomes[schema]]
    report.migrated += healthy


def is_plain_sql(operation: Operation) -> bool:
    inner = getattr(operation, "database_operations", [])  # of SeparateDatabaseAndState
    return operation.reduces_to_sql and all(is_plain_sql(one) for one in inner)


def collect_sql(schemas: list[str], migration: Migration, project: Any) -> tuple[str, dict[str, str]]:
    """The SQL of a migration, made on the first schema where that works, and the errors of those before it."""
    failed: dict[str, str] = {}
    for schema in schemas:
        try:
            with tenant_context(FakeTenant(schema)), connection.schema_editor(collect_sql=True) as editor:
                migration.apply(project.clone(), editor, collect_sql=True)
        except Exception as error:  # the schema is not what its migrations say: that tenant's failure
            failed[schema] = f"{migration}: {error}"
        else:
            return "\n".join(line for line in editor.collected_sql if not line.startswith("--")), failed
    return "", failed


def fan_out(schemas: list[str], statements: str, migration: Migration, workers: int) -> dict[str, str]:
    """Run SQL in every schema, each in its own transaction; returns the error of each, empty when it went well."""
    if not schemas:
        return {}
    parameters = connection.get_connection_params()
    parameters = {name: value for name, value in parameters.items() if name not in OF_REQUESTS}
    shares = [schemas[start::workers] for start in range(min(workers, len(schemas)))]
    with ThreadPoolExecutor(len(shares)) as pool:
        results = pool.map(lambda share: run_share(parameters, share, statements, migration), shares)
        return {schema: error for share in results for schema, error in share.items()}


def run_share(
    parameters: dict[str, Any], schemas: list[str], statements: str, migration: Migration
) -> dict[str, str]:
    outcomes = {}
    with psycopg.connect(**parameters, autocommit=True) as own:
        for schema in schemas:
            try:
                with own.transaction():
                    path = sql.Identifier(schema)
                    own.execute(sql.SQL("SET LOCAL search_path = {}, public").format(path))
                    own.execute("SET LOCAL lock_timeout = '10s'")
                    if statements:
                        own.execute(statements.encode())
                    own.execute(
                        "INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, now())",
                        [migration.app_label, migration.name],
                    )
                outcomes[schema] = ""
            except psycopg.Error as error:
                outcomes[schema] = f"{migration}: {error}"
    return outcomes


def run_ordinarily(schema: str, migration: Migration) -> str:
    """Run one migration with Django's executor in one schema; the error, empty when it went well."""
    try:
        with tenant_context(FakeTenant(schema)):
            MigrationExecutor(connection).migrate([(migration.app_label, migration.name)])
    except (
        Exception
    ) as error:  # whatever a migration's own code raises is that tenant's failure, in the ledger
        return f"{migration}: {error}"
    return ""


def remember(report: Report) -> None:
    """Write the ledger, let a tenant in or keep it out accordingly, and drop spares that failed."""
    for schema, error in [*((name, "") for name in report.migrated), *report.failed.items()]:
        SchemaMigration.objects.update_or_create(schema_name=schema, defaults={"error": error[:4000]})
    failed = list(report.failed)
    tenants = get_tenant_model().objects
    tenants.filter(schema_name__in=failed).update(schema_ready=False)
    # All others are up to date, also those an earlier run was killed over before it came here.
    tenants.filter(schema_ready=False).exclude(schema_name__in=failed).update(schema_ready=True)
    SchemaMigration.objects.exclude(error="").exclude(schema_name__in=failed).update(error="")
    for spare in SpareSchema.objects.filter(schema_name__in=failed):
        drop_schema(spare.schema_name)
        spare.delete()
