"""New tenants' schemas: spare ones kept ready by the worker, claimed by one row, and what apps put into each.

Apps register a provisioner with ``@provisioner``; it runs inside every new schema and must be safe to run again.
"""

from collections.abc import Callable

from django.conf import settings
from django.db import connection, transaction
from django_tenants.postgresql_backend.base import FakeTenant
from django_tenants.utils import get_tenant_model

from nextgenerp.core.tenancy import tenant_context
from nextgenerp.database.models import SchemaTemplate, SpareSchema
from nextgenerp.database.schemas import new_schema_name, replay_schema

_provisioners: list[Callable[[], None]] = []
CLAIM_SPARE = """
    DELETE FROM public.spare_schema WHERE id = (
        SELECT id FROM public.spare_schema ORDER BY made_at FOR UPDATE SKIP LOCKED LIMIT 1
    ) RETURNING schema_name
"""


def provisioner(function: Callable[[], None]) -> Callable[[], None]:
    """Register a function that creates an app's default rows in a new schema, idempotently."""
    _provisioners.append(function)
    return function


@transaction.atomic
def make_schema() -> str:
    """Make a schema from the template with every app's default rows in it, and return its name.

    Raises SchemaTemplate.DoesNotExist before the first ``migrate_tenants``.
    """
    name = new_schema_name()
    replay_schema(template_sql(), name)
    with tenant_context(FakeTenant(name)):
        for provision in _provisioners:
            provision()
    return name


def template_sql() -> str:
    """The template, locked against change until the transaction ends: migrating then finds the schema made of it.

    Raises SchemaTemplate.DoesNotExist.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT sql FROM public.schema_template FOR SHARE")
        row = cursor.fetchone()
    if row is None:
        raise SchemaTemplate.DoesNotExist
    return row[0]


@transaction.atomic
def claim_schema() -> str:
    """Take a spare schema for a new tenant in the caller's transaction, or make one when none is left."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM_SPARE)
        row = cursor.fetchone()
    return row[0] if row else make_schema()


def fill_spares() -> int:
    """Make spare schemas until there are SPARE_SCHEMAS of them; returns how many were made."""
    missing = settings.SPARE_SCHEMAS - SpareSchema.objects.count()
    for _ in range(missing):
        with transaction.atomic():
            SpareSchema.objects.create(schema_name=make_schema())
    return max(0, missing)


def tenant_schemas() -> list[str]:
    """The names of every schema that must be kept migrated, spares included."""
    spares = list(
        SpareSchema.objects.values_list("schema_name", flat=True)
    )  # first: one may become a tenant's now
    tenants = get_tenant_model().objects.values_list("schema_name", flat=True)
    return sorted({*spares, *tenants})
