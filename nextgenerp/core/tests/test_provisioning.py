"""New schemas: what migrations make, whole or not at all, one for each tenant, history append-only in all."""

import threading
import time

import psycopg
import pytest
from django.conf import settings
from django.db import DatabaseError, ProgrammingError, connection, transaction

from nextgenerp.core import provisioning
from nextgenerp.core.models import HistoryEntry
from nextgenerp.core.tenancy import current_schema, tenant_context
from nextgenerp.database.models import SchemaTemplate, SpareSchema
from nextgenerp.database.schemas import drop_schema, dump_schema, replay_schema
from nextgenerp.testing.schemas import catalog, schemas_like


def test_a_replayed_schema_is_the_migrated_one(tenants, db):
    made = provisioning.make_schema()
    template = catalog(settings.TENANT_TEMPLATE_SCHEMA)
    assert catalog(made) == template
    assert all(len(template[kind]) > 50 for kind in ("columns", "constraints", "privileges"))
    assert ("history", "UPDATE") not in {row[:2] for row in template["privileges"]}
    assert ("history", "INSERT") in {row[:2] for row in template["privileges"]}


def test_the_stored_template_is_that_of_the_template(tenants, db):
    """The stored template is what the template is now."""
    template = SchemaTemplate.objects.get().sql
    assert sorted(dump_schema(settings.TENANT_TEMPLATE_SCHEMA).splitlines()) == sorted(template.splitlines())


@transaction.atomic
def run_in(schema, sql):
    with connection.cursor() as cursor:
        cursor.execute(f'SET LOCAL search_path = "{schema}"')
        cursor.execute(sql)


@pytest.mark.parametrize(
    "sql",
    ["UPDATE history SET action = 'x'", "DELETE FROM history", "TRUNCATE history"],
    ids=lambda sql: sql.split()[0],
)
def test_history_is_append_only_everywhere(tenants, db, sql):
    spare = provisioning.make_schema()
    schemas = [settings.TENANT_TEMPLATE_SCHEMA, spare, *provisioning.tenant_schemas()]
    assert len(schemas) >= 4
    for schema in schemas:
        with pytest.raises(ProgrammingError, match="permission denied"):
            run_in(schema, sql)


def test_history_can_be_written_and_read(tenant):
    with tenant_context(tenant):
        entry = HistoryEntry.objects.create(record_type="x", record_id=tenant.pk, action="created")
        assert HistoryEntry.objects.get(pk=entry.pk).action == "created"
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            entry.delete()


def test_a_spare_is_claimed_by_one_row(committing, queries):
    name = provisioning.make_schema()
    SpareSchema.objects.create(schema_name=name)
    with transaction.atomic(), queries() as seen:
        assert provisioning.claim_schema() == name
    assert len(seen) == 1
    assert not SpareSchema.objects.exists()
    drop_schema(name)


def test_a_claim_that_is_rolled_back_gives_the_spare_back(committing):
    SpareSchema.objects.create(schema_name=provisioning.make_schema())
    with transaction.atomic():
        provisioning.claim_schema()
        transaction.set_rollback(True)
    assert SpareSchema.objects.count() == 1


def test_without_spares_the_template_is_replayed(committing):
    name = provisioning.claim_schema()
    assert catalog(name)["columns"] == catalog(settings.TENANT_TEMPLATE_SCHEMA)["columns"]
    drop_schema(name)


def test_claims_at_once_get_schemas_of_their_own(committing):
    spares = {provisioning.make_schema() for _ in range(3)}
    SpareSchema.objects.bulk_create(SpareSchema(schema_name=name) for name in spares)
    barrier, claimed = threading.Barrier(6), []

    def claim():
        barrier.wait(timeout=30)
        claimed.append(provisioning.claim_schema())
        connection.close()

    threads = [threading.Thread(target=claim) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(claimed)) == 6
    assert spares < set(claimed)
    assert schemas_like("t_%") >= set(claimed)
    for name in claimed:
        drop_schema(name)


def test_a_claim_does_not_wait_for_another(committing):
    spares = {provisioning.make_schema() for _ in range(2)}
    SpareSchema.objects.bulk_create(SpareSchema(schema_name=name) for name in spares)
    claimed = []

    def claim():
        claimed.append(provisioning.claim_schema())
        connection.close()

    with transaction.atomic():
        claimed.append(provisioning.claim_schema())
        thread = threading.Thread(target=claim)
        thread.start()
        thread.join()
    assert set(claimed) == spares
    for name in spares:
        drop_schema(name)


def test_spares_are_filled_up_once(committing, settings):
    settings.SPARE_SCHEMAS = 2
    assert [provisioning.fill_spares(), provisioning.fill_spares()] == [2, 0]
    assert SpareSchema.objects.count() == 2


def refuse():
    raise LookupError("a provisioner that fails")


def break_template():
    SchemaTemplate.objects.update(
        sql=SchemaTemplate.objects.get().sql + "\nINSERT INTO __schema__.history VALUES (1);"
    )


@pytest.mark.parametrize("failure", ["provisioner", "template"])
def test_a_failure_leaves_no_schema_and_no_row(committing, monkeypatch, failure):
    before = schemas_like("%")
    good = SchemaTemplate.objects.get().sql
    if failure == "provisioner":
        monkeypatch.setattr(provisioning, "_provisioners", [*provisioning._provisioners, refuse])
    else:
        break_template()
    try:
        with pytest.raises((LookupError, DatabaseError)):
            provisioning.make_schema()
        with pytest.raises((LookupError, DatabaseError)):
            provisioning.fill_spares() or provisioning.claim_schema()
    finally:
        SchemaTemplate.objects.update(sql=good)
    assert current_schema() == "public"
    assert schemas_like("%") == before
    assert not SpareSchema.objects.exists()


def test_provisioners_may_run_again(tenant):
    def rows():
        with tenant_context(tenant), connection.cursor() as cursor:
            counts = {}
            for table in {row[0] for row in catalog(tenant.schema_name)["columns"]}:
                cursor.execute(f'SELECT count(*) FROM "{table}"')
                counts[table] = cursor.fetchone()[0]
        return counts

    before = rows()
    with tenant_context(tenant):
        for provision in provisioning._provisioners:
            provision()
    assert rows() == before


def test_a_schema_in_the_making_holds_the_template(committing):
    """Otherwise a schema of the old template could be committed unseen, after migrating looked who is behind."""
    with transaction.atomic():
        name = provisioning.make_schema()
        parameters = connection.get_connection_params()
        names = {"dbname", "user", "password", "host", "port"} & set(parameters)
        with (
            psycopg.connect(**{name: parameters[name] for name in names}) as other,
            pytest.raises(psycopg.errors.LockNotAvailable),
        ):
            other.execute("SELECT 1 FROM schema_template FOR UPDATE NOWAIT")
    drop_schema(name)


@pytest.mark.parametrize(
    "name", ["public", "tenant_template", 't_"; DROP SCHEMA public; --', "t_short", "T_" + "a" * 20]
)
def test_only_generated_names_are_made_or_dropped(db, name):
    with pytest.raises(ValueError, match="not the name"):
        replay_schema("", name)
    with pytest.raises(ValueError, match="not the name"):
        drop_schema(name)


def test_a_hundred_more_tables(committing, record_property):
    """What a full-grown product costs: the template with a hundred further tables, made and then claimed."""
    good = SchemaTemplate.objects.get().sql
    table = (
        "CREATE TABLE __schema__.demo_{0} (id uuid PRIMARY KEY, a text, b numeric(14,2), c timestamptz, d uuid);"
        "CREATE INDEX demo_{0}_a ON __schema__.demo_{0} (a); CREATE INDEX demo_{0}_c ON __schema__.demo_{0} (c, id);"
        "CREATE INDEX demo_{0}_d ON __schema__.demo_{0} (d);"
    )
    SchemaTemplate.objects.update(sql=good + "".join("\n" + table.format(number) for number in range(100)))
    try:
        started = time.perf_counter()
        name = provisioning.make_schema()
        replayed = time.perf_counter()
        SpareSchema.objects.create(schema_name=name)
        began = time.perf_counter()
        assert provisioning.claim_schema() == name
        record_property("claim_ms", round((time.perf_counter() - began) * 1000, 1))
        record_property("replay_ms", round((replayed - started) * 1000, 1))
        assert len({row[0] for row in catalog(name)["columns"] if row[0].startswith("demo_")}) == 100
    finally:
        SchemaTemplate.objects.update(sql=good)
    drop_schema(name)
