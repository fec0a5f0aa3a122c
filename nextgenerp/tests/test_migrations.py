"""Migrating many tenants: past those that fail, never into a half state, mended by running again.

Each test has a database of its own and a copy of the kernel's migrations with throw-away ones added.
"""

import os
import threading
from pathlib import Path
from textwrap import dedent

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import Tenant
from nextgenerp.core import migrating, provisioning
from nextgenerp.core import migrations as kernel_migrations
from nextgenerp.core.migrating import migrate_everything
from nextgenerp.core.models import UsageCounter
from nextgenerp.core.tenancy import leave_tenant, tenant_context
from nextgenerp.database.models import SchemaMigration, SchemaTemplate, SpareSchema
from nextgenerp.testing.client import Client
from nextgenerp.testing.databases import copy_migrated
from nextgenerp.testing.factories import make_seat, make_tenant
from nextgenerp.testing.schemas import catalog, schemas_like

COLUMN = "migrations.AddField('usagecounter', 'note', models.CharField(max_length=20, db_default='new'))"
PLAIN = f"""
    {COLUMN},
    migrations.AddIndex('usagecounter', models.Index(fields=['note'], name='usage_counter_note')),
    migrations.RunSQL(["INSERT INTO usage_counter (id, key, used, issued, note) VALUES"
                       " (gen_random_uuid(), '50% of ''it''', 1, 1, 'sql')"], []),
"""

CODE = """
from django.db import migrations, models
{before}
class Migration(migrations.Migration):
    atomic = {atomic}
    dependencies = [("core", "{dependency}")]
    operations = [{operations}]
"""


@pytest.fixture(scope="module")
def base(django_db_setup, django_db_blocker):
    """The name of a freshly migrated database that holds three tenants and a spare schema."""
    name = connection.settings_dict["NAME"]
    with django_db_blocker.unblock():
        connection.close()
        copy_migrated(name + "_migrations")
        connection.settings_dict["NAME"] = name + "_migrations"
        for number in range(3):
            make_tenant(f"Migrating Demo {number}")
        SpareSchema.objects.create(schema_name=provisioning.make_schema())
        yield connection.settings_dict["NAME"]
        drop(name + "_migrations", name)


@pytest.fixture
def database(base, django_db_blocker, settings):
    """The tests' own copy of it; connections go there for the length of the test."""
    with django_db_blocker.unblock():
        use(base + "_copy", template=base)
        settings.SPARE_SCHEMAS = 1
        yield
        leave_tenant()
        drop(base + "_copy", base)


def use(name: str, template: str) -> None:
    """Make a database as a copy of another and let Django connect there."""
    connection.close()
    with maintenance() as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}"')
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    connection.settings_dict["NAME"] = name


def drop(name: str, back_to: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = back_to
    with maintenance() as server:
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def maintenance() -> psycopg.Connection:
    names = {"user", "password", "host", "port"}
    parameters = {name: value for name, value in connection.get_connection_params().items() if name in names}
    return psycopg.connect(dbname="postgres", autocommit=True, **parameters)


@pytest.fixture
def adding(tmp_path, monkeypatch, settings):
    """``adding(operations, …)``: add a migration to those of the kernel, as the code of its operations."""
    package = tmp_path / f"throwaway_{os.getpid()}_{abs(hash(tmp_path))}"
    package.mkdir()
    source = Path(kernel_migrations.__file__).parent
    for file in source.glob("*.py"):
        (package / file.name).write_text(file.read_text())
    last = max(file.stem for file in source.glob("0*.py"))
    monkeypatch.syspath_prepend(tmp_path)
    settings.MIGRATION_MODULES = {"core": package.name}
    names = [last]

    def add(operations: str, before: str = "", atomic: bool = True) -> str:
        name = f"09{len(names):02}_throwaway"
        code = CODE.format(before=dedent(before), atomic=atomic, dependency=names[-1], operations=operations)
        (package / f"{name}.py").write_text(code)
        names.append(name)
        return name

    return add


def schemas() -> list[str]:
    return list(Tenant.objects.order_by("schema_name").values_list("schema_name", flat=True))


def run(statement: str, schema: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f'SET LOCAL search_path = "{schema}", public' if connection.in_atomic_block else "SELECT 1"
        )
        cursor.execute(statement.format(schema=f'"{schema}"'))


def has_note(schema: str) -> bool:
    return ("usage_counter", "note") in {row[:2] for row in catalog(schema)["columns"]}


def ready() -> dict[str, bool]:
    return dict(Tenant.objects.values_list("schema_name", "schema_ready"))


def errors() -> dict[str, str]:
    return dict(SchemaMigration.objects.exclude(error="").values_list("schema_name", "error"))


def test_nothing_to_do_is_nothing_done(database, queries):
    made_at = SchemaTemplate.objects.get().made_at
    with queries() as seen:
        report = migrate_everything()
    assert (report.migrated, report.failed) == ([], {})
    assert SchemaTemplate.objects.get().made_at == made_at
    assert not [
        sql
        for sql in seen
        if sql.startswith(("CREATE TABLE", "ALTER", "DROP")) or "django_migrations (" in sql
    ]


def test_plain_sql_goes_everywhere(database, adding):
    name = adding(PLAIN)
    report = migrate_everything()
    everyone = [*schemas(), *SpareSchema.objects.values_list("schema_name", flat=True)]
    assert sorted(report.migrated) == sorted(everyone)
    assert report.failed == {}
    template = catalog("tenant_template")
    made = provisioning.make_schema()
    for schema in [*everyone, made]:
        found = catalog(schema)
        assert has_note(schema)
        assert found["migrations"].count(("core", name)) == 1
        for kind in ("columns", "constraints", "indexes", "privileges"):
            assert found[kind] == template[kind]
    for schema in everyone:
        with tenant_context(Tenant(schema_name=schema)):
            assert UsageCounter.objects.filter(key="50% of 'it'", used=1).count() == 1
    assert migrate_everything().migrated == []


def test_several_migrations_at_once(database, adding):
    adding(COLUMN)
    adding(
        "migrations.AlterField('usagecounter', 'note', models.CharField(max_length=40, default='new', unique=True))"
    )
    adding("migrations.RenameField('usagecounter', 'note', 'remark')")
    assert len(migrate_everything(workers=3).migrated) == 4
    template = catalog("tenant_template")
    assert all(catalog(schema)["columns"] == template["columns"] for schema in schemas())
    assert all(catalog(schema)["constraints"] == template["constraints"] for schema in schemas())


def test_a_tenant_that_fails_is_kept_out_and_the_others_go_on_until_it_is_mended(database, adding):
    broken, *others = schemas()
    run("ALTER TABLE {schema}.usage_counter ADD COLUMN note int", broken)
    adding(PLAIN)
    report = migrate_everything()
    assert list(report.failed) == [broken]
    assert "already exists" in report.failed[broken]
    assert ready() == {broken: False} | dict.fromkeys(others, True)
    assert list(errors()) == [broken]
    assert all(has_note(schema) for schema in others)

    down = Client(make_seat(Tenant.objects.get(schema_name=broken))).get("/leads/meta/statuses")
    assert (down.status_code, down.json()["code"], down["Retry-After"]) == (503, "unavailable", "60")
    up = Client(make_seat(Tenant.objects.get(schema_name=others[0]))).get("/leads/meta/statuses")
    assert up.status_code == 200

    again = migrate_everything()
    assert (list(again.failed), again.migrated) == ([broken], [])
    run("ALTER TABLE {schema}.usage_counter DROP COLUMN note", broken)
    mended = migrate_everything()
    assert (mended.failed, mended.migrated) == ({}, [broken])
    assert ready() == dict.fromkeys([broken, *others], True)
    assert errors() == {}
    assert catalog(broken)["columns"] == catalog("tenant_template")["columns"]


def test_what_failed_half_way_left_nothing_of_the_failing_migration(database, adding):
    broken, *_ = schemas()
    run("CREATE INDEX usage_counter_note ON {schema}.usage_counter (used)", broken)
    adding(PLAIN)
    assert list(migrate_everything().failed) == [broken]
    assert not has_note(broken)


def test_python_runs_tenant_by_tenant_past_one_that_fails(database, adding):
    broken, *others = schemas()
    with tenant_context(Tenant(schema_name=broken)):
        UsageCounter.objects.create(key="stop")
    fill = """
        def fill(apps, editor):
            counters = apps.get_model("core", "UsageCounter").objects
            if counters.filter(key="stop").exists():
                raise RuntimeError("asked to stop")
            counters.create(key="filled")
    """
    adding("migrations.RunPython(fill, migrations.RunPython.noop)", before=fill)
    adding(COLUMN)
    report = migrate_everything()
    assert list(report.failed) == [broken]
    assert "asked to stop" in report.failed[broken]
    for schema in others:
        with tenant_context(Tenant(schema_name=schema)):
            assert UsageCounter.objects.filter(key="filled").count() == 1
        assert has_note(schema)
    assert not has_note(broken)
    with tenant_context(Tenant(schema_name=broken)):
        UsageCounter.objects.filter(key="stop").delete()
    assert migrate_everything().migrated == [broken]
    assert has_note(broken)


def test_python_inside_a_separated_migration_runs_everywhere(database, adding):
    fill = """
        def fill(apps, editor):
            apps.get_model("core", "UsageCounter").objects.create(key="filled")
    """
    adding("migrations.SeparateDatabaseAndState([migrations.RunPython(fill)], [])", before=fill)
    assert len(migrate_everything().migrated) == 4
    for schema in schemas():
        with tenant_context(Tenant(schema_name=schema)):
            assert UsageCounter.objects.filter(key="filled").count() == 1


def test_a_migration_without_a_transaction(database, adding):
    adding(
        "AddIndexConcurrently('usagecounter', models.Index(fields=['used'], name='usage_counter_used'))",
        before="from django.contrib.postgres.operations import AddIndexConcurrently", atomic=False,
    )  # fmt: skip
    assert len(migrate_everything().migrated) == 4
    assert all("usage_counter_used" in {row[1] for row in catalog(schema)["indexes"]} for schema in schemas())


@pytest.mark.parametrize("damage", ["DROP SCHEMA {schema} CASCADE", "DROP TABLE {schema}.django_migrations"])
def test_a_schema_that_is_not_there_stops_nobody(database, adding, damage):
    gone, *others = schemas()
    run(damage, gone)
    adding(COLUMN)
    report = migrate_everything()
    assert list(report.failed) == [gone]
    assert "does not exist" in report.failed[gone]
    assert ready() == {gone: False} | dict.fromkeys(others, True)
    assert all(has_note(schema) for schema in others)


def test_a_schema_whose_sql_cannot_even_be_made_stops_nobody(database, adding):
    """Some operations look into the schema for what they are to drop; in the first one it is not there."""
    SpareSchema.objects.all().delete()
    broken, *others = schemas()
    run("ALTER TABLE {schema}.usage_counter RENAME TO gone", broken)
    looking = """
        class Look(migrations.operations.base.Operation):
            reduces_to_sql = True

            def state_forwards(self, app_label, state):
                pass

            def database_forwards(self, app_label, editor, before, after):
                if editor.connection.schema_name == "public":
                    return
                with editor.connection.cursor() as cursor:
                    if "usage_counter" not in editor.connection.introspection.table_names(cursor):
                        raise ValueError("found nothing")
                editor.execute("COMMENT ON TABLE usage_counter IS 'seen'")
    """
    adding("Look()", before="import django.db.migrations.operations.base\n" + dedent(looking))
    report = migrate_everything()
    assert report.failed == {broken: "core.0901_throwaway: found nothing"}
    assert sorted(report.migrated) == others


def test_a_spare_that_fails_is_nobodys(database, adding):
    spare = SpareSchema.objects.get().schema_name
    run("ALTER TABLE {schema}.usage_counter ADD COLUMN note int", spare)
    adding(COLUMN)
    assert list(migrate_everything().failed) == [spare]
    assert not SpareSchema.objects.exists()
    assert spare not in schemas_like("t_%")
    assert has_note(provisioning.claim_schema())


def test_a_tenant_that_is_up_to_date_is_let_in_again(database):
    """A run may be killed after a schema was mended and before that was written down."""
    one = schemas()[0]
    Tenant.objects.filter(schema_name=one).update(schema_ready=False)
    SchemaMigration.objects.create(schema_name=one, error="of an earlier run")
    migrate_everything()
    assert ready()[one]
    assert errors() == {}


def test_two_runs_at_once_are_one_after_the_other(database, adding):
    adding(PLAIN)
    barrier, reports = threading.Barrier(2), []

    def migrate():
        barrier.wait(timeout=30)
        reports.append(migrate_everything(workers=2))
        connection.close()

    threads = [threading.Thread(target=migrate) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(len(report.migrated) for report in reports) == [0, 4]
    assert [report.failed for report in reports] == [{}, {}]
    assert SchemaTemplate.objects.count() == 1


def test_the_command_says_what_failed_and_ends_with_an_error(database, adding, capsys):
    broken, *_ = schemas()
    run("ALTER TABLE {schema}.usage_counter ADD COLUMN note int", broken)
    adding(COLUMN)
    with pytest.raises(
        CommandError, match=f"1 schemas failed.*\n  {broken}: core.0901_throwaway: .*already exists"
    ):
        call_command("migrate_tenants")
    assert "3 schemas migrated" in capsys.readouterr().out


def test_many_schemas_are_asked_in_batches(database, monkeypatch):
    monkeypatch.setattr(migrating, "BATCH", 2)
    states = migrating.applied([*schemas(), "tenant_template", "t_00000000000000000000"])
    assert set(states) == {*schemas(), "tenant_template"}
    assert len(set(states.values())) == 1


def test_the_lock_is_let_go_of_when_migrating_fails(database, adding):
    adding("migrations.RunSQL(['SELECT 1 / 0'], [])")
    with pytest.raises(Exception, match="division by zero"):
        migrate_everything()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            [migrating.ONE_RUN],
        )
        assert cursor.fetchone() == (0,)
