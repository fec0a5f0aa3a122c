"""Schemas: a new tenant by a spare and by replay, and migrating every tenant."""

import os
import re
import statistics
import subprocess
import sys

from django.db import connection, transaction
from django.utils import timezone
from psycopg import sql

from accounts.models import User
from accounts.services.tenants import open_organization
from bench.bench import Bench
from bench.measure import stopwatch
from bench.seeding import admin_connection, remove
from nextgenerp.core.migrating import Report, migrate_tenants
from nextgenerp.core.provisioning import make_schema, tenant_schemas
from nextgenerp.database.models import SchemaMigration, SchemaTemplate, SpareSchema
from nextgenerp.database.schemas import drop_schema, dump_schema
from nextgenerp.development import ROOT

SIGN_UPS, REPLAYS, EXTRA_TABLES = 20, 10, 100
PROBE, PROBE_APP = "bench_probe", "probe"
MIGRATE_SECONDS = 900
TABLE = """
CREATE TABLE __schema__.extra_{0} (id uuid PRIMARY KEY, name text NOT NULL, amount numeric(14, 2), status_id uuid,
    created_at timestamptz NOT NULL);
CREATE INDEX extra_{0}_created ON __schema__.extra_{0} (created_at, id);
ALTER TABLE __schema__.extra_{0} ADD CONSTRAINT extra_{0}_status FOREIGN KEY (status_id)
    REFERENCES __schema__.lead_status (id) DEFERRABLE;
"""


def provisioning(bench: Bench) -> None:
    """An organization with tenant, seat and schema, as a sign-up makes it: with spares, without, and with a template
    of a hundred more tables."""
    _ = bench.smalls  # so many tenants there are beside
    template = SchemaTemplate.objects.get()
    tables = len(re.findall("^CREATE TABLE", template.sql, re.MULTILINE))
    for _ in range(SIGN_UPS):
        with transaction.atomic():
            SpareSchema.objects.create(schema_name=make_schema())
    figure = bench.report.add_figure
    beside = f"beside {bench.tenants:,} tenants"
    figure("provisioning", f"sign-up with a spare, {beside}", sign_up(SIGN_UPS), "ms", at_most=100)
    figure("provisioning", f"sign-up by replay of {tables} tables", sign_up(REPLAYS), "ms", at_most=500)
    original = template.sql
    try:
        template.sql += "".join(TABLE.format(number) for number in range(EXTRA_TABLES))
        template.save()
        name = f"sign-up by replay of {tables + EXTRA_TABLES} tables"
        figure("provisioning", name, sign_up(REPLAYS), "ms", at_most=500)
    finally:
        template.sql = original
        template.save()


def sign_up(times: int) -> float:
    """The median milliseconds of so many new organizations, which are removed again."""
    taken: list[float] = []
    for number in range(times):
        email = f"demo-sign-up-{number}@example.com"
        user = User.objects.create(email=email, email_key=email, email_verified_at=timezone.now())
        with stopwatch() as one:
            seat = open_organization(f"Demo Sign-up {number}", user, first_name="Demo", last_name="Owner")
        taken += one
        remove(seat.tenant.slug)
    return statistics.median(taken)


def migrate(bench: Bench) -> None:
    """migrate_tenants with nothing to do, and with one migration (a table and its index) in every tenant."""
    number = len(bench.smalls)
    undo_probe()
    figure = bench.report.add_figure
    with stopwatch() as inside:
        report = migrate_tenants(4, lambda line: None)
    if report != Report():
        raise RuntimeError(f"There should be nothing to migrate: {report}")
    with stopwatch() as command:
        run_migrations()
    figure("migrate", f"nothing to do, {number:,} tenants and more", command[0] / 1000, "s", at_most=2)
    figure("migrate", "of that, looking at the tenants", inside[0] / 1000, "s")
    try:
        with stopwatch() as taken:
            run_migrations(BENCH_PROBE="1")
        done = len(schemas_with_probe()) - 1  # the template
        if done != len(tenant_schemas()):
            raise RuntimeError(f"The migration ran in {done} tenants.")
        figure("migrate", "one migration, each tenant", (taken[0] - command[0]) / done, "ms", at_most=15)
    finally:
        undo_probe()


def run_migrations(**environment: str) -> None:
    """Run the command as an operator does. Raises CalledProcessError."""
    command = [sys.executable, "manage.py", "migrate_tenants", "--no-spares"]
    subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | environment,
        check=True,
        capture_output=True,
        timeout=MIGRATE_SECONDS,
    )


def schemas_with_probe() -> set[str]:
    """The schemas that have the table of the bench's own migration."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT schemaname FROM pg_tables WHERE tablename = %s", [PROBE])
        return {row[0] for row in cursor.fetchall()}


def undo_probe() -> None:
    """Take the bench's own migration out of every schema that has it."""
    template = "tenant_template"
    schemas = [template, *tenant_schemas()]
    having = schemas_with_probe()
    for schema in schemas:
        if schema in having:
            with admin_connection(schema) as link, link.transaction():
                link.execute(
                    sql.SQL("DROP TABLE {}.{}").format(sql.Identifier(schema), sql.Identifier(PROBE))
                )
                link.execute("DELETE FROM django_migrations WHERE app = %s", [PROBE_APP])
    if template in having:
        SchemaTemplate.objects.update(sql=dump_schema(template))
        SchemaMigration.objects.all().delete()
    for spare in SpareSchema.objects.all():
        drop_schema(spare.schema_name)
        spare.delete()
