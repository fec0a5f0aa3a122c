"""The rules every app of the house keeps, looked up in models, tables and files rather than trusted."""

import ast
import re
from pathlib import Path

import django_filters
import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction
from django.test.utils import isolate_apps
from rest_framework import serializers

from nextgenerp.core.api.fields import DecimalField
from nextgenerp.core.api.filters import ApiFilterSet
from nextgenerp.core.api.serializers import ApiModelSerializer, ApiSerializer
from nextgenerp.core.tenancy import tenant_context
from nextgenerp.database.fields import OwnerKey
from nextgenerp.database.ids import new_id
from nextgenerp.testing.schemas import catalog

BASE = settings.BASE_DIR
LABELS = [
    app.label for app in apps.get_app_configs() if BASE in Path(app.path).parents and ".venv" not in app.path
]
OURS = [
    model for label in LABELS for model in apps.get_app_config(label).get_models(include_auto_created=True)
    if model._meta.managed and not model._meta.proxy
]  # fmt: skip
TENANT_LABELS = {name.rpartition(".")[2] for name in settings.TENANT_APPS}
TENANT_MODELS = [model for model in OURS if model._meta.app_label in TENANT_LABELS]
SHARED_MODELS = [model for model in OURS if model._meta.app_label not in TENANT_LABELS]
SKIPPED = {
    ".venv",
    "var",
    ".git",
    "__pycache__",
    ".hypothesis",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
}
FILES = [
    path for path in BASE.rglob("*")
    if path.is_file() and not SKIPPED & set(path.relative_to(BASE).parts) and path.suffix not in {".pyc", ".png"}
    and not path.relative_to(BASE).parts[0].startswith(".import")
]  # fmt: skip
MODULES = [path for path in FILES if path.suffix == ".py"]
CODE = [
    path for path in MODULES if not {"tests", "migrations", "testing"} & set(path.relative_to(BASE).parts)
]


def name_of(model_or_path):
    if isinstance(model_or_path, Path):
        return str(model_or_path.relative_to(BASE))
    return model_or_path._meta.label


@pytest.fixture
def template(tenants, db):
    return catalog(settings.TENANT_TEMPLATE_SCHEMA)


@pytest.fixture
def public(tenants, db):
    return catalog("public")


def tables(found):
    return {row[0] for row in found["columns"]} - {"django_migrations"}


def test_an_app_is_shared_or_a_tenants():
    assert not set(settings.SHARED_APPS) & set(settings.TENANT_APPS)
    assert len(OURS) > 20


def test_each_table_is_in_one_place(public, template):
    assert {model._meta.db_table for model in TENANT_MODELS} == tables(template)
    assert {model._meta.db_table for model in SHARED_MODELS} <= tables(public)
    assert not tables(public) & tables(template)


def test_a_tenant_has_what_the_template_has(template, tenant):
    for kind in ("columns", "constraints", "indexes", "privileges"):
        assert catalog(tenant.schema_name)[kind] == template[kind]


@pytest.mark.parametrize("model", TENANT_MODELS, ids=name_of)
def test_no_tenant_model_is_bound_to_a_shared_table(model):
    bound = [
        field.name for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey) and field.db_constraint
        and field.related_model._meta.app_label not in TENANT_LABELS
    ]  # fmt: skip
    assert bound == []


def test_no_foreign_key_leaves_its_schema(tenants, db):
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT conname FROM pg_constraint c
            JOIN pg_class a ON a.oid = c.conrelid JOIN pg_class b ON b.oid = c.confrelid
            WHERE contype = 'f' AND a.relnamespace <> b.relnamespace""")
        assert cursor.fetchall() == []


@pytest.mark.parametrize("model", OURS, ids=name_of)
def test_every_table_has_an_id_of_128_bits(model):
    assert isinstance(model._meta.pk, models.UUIDField)


@pytest.mark.parametrize("model", OURS, ids=name_of)
def test_nothing_is_counted_in_floating_point(model):
    assert not [field.name for field in model._meta.get_fields() if isinstance(field, models.FloatField)]


@pytest.mark.parametrize("where", ["public", "template"])
def test_foreign_keys_are_checked_at_the_statement(request, where):
    """DEFERRABLE INITIALLY IMMEDIATE: a violation is raised where a service can answer it, not at COMMIT."""
    keys = [row for row in request.getfixturevalue(where)["constraints"] if row[2] == "f"]
    assert len(keys) > 3
    assert {row[3] for row in keys} == {True}
    owned = {
        (model._meta.db_table, field.column) for model in OURS for field in model._meta.fields
        if isinstance(field, OwnerKey)
    }  # fmt: skip
    at_commit = {(row[0], row[6].split()[2]) for row in keys if row[4]}
    assert at_commit == (owned if where == "template" else set())


def test_tenants_have_no_triggers_no_inheritance_and_no_identity_columns(template):
    assert template["triggers"] == template["inheritance"] == []
    assert {row[0] for row in template["columns"] if row[9] == "YES"} == {"django_migrations"}
    assert [row[0] for row in template["sequences"]] == ["django_migrations_id_seq"]


@pytest.mark.parametrize("where", ["public", "template"])
def test_every_numeric_column_refuses_not_a_number(request, where):
    found = request.getfixturevalue(where)
    columns = {row[:2] for row in found["columns"] if row[2] == "numeric"}
    checks = {(row[0], re.search(r"(\w+) <> 'NaN'", row[6])) for row in found["constraints"] if row[2] == "c"}
    checked = {(table, column.group(1)) for table, column in checks if column}
    assert columns - checked == set()
    assert columns == {
        (model._meta.db_table, field.column)
        for model in (SHARED_MODELS if where == "public" else TENANT_MODELS)
        for field in model._meta.fields
        if isinstance(field, models.DecimalField)
    }


@isolate_apps("nextgenerp.core")
def test_not_a_number_is_refused(tenant):
    class Sum(models.Model):
        id = models.UUIDField(primary_key=True, default=new_id)
        amount = models.DecimalField(max_digits=5, decimal_places=2, null=True)

        class Meta:
            app_label = "core"

    with tenant_context(tenant):
        with connection.schema_editor() as editor:
            editor.create_model(Sum)
        Sum.objects.create(amount=None)
        Sum.objects.create(amount="-999.99")
        with (
            pytest.raises(IntegrityError, match="core_sum_amount_check"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute("UPDATE core_sum SET amount = 'NaN'")


def test_constraints_have_names_of_their_own():
    """Problems are answered by a constraint's name, whatever the model."""
    names = [constraint.name for model in OURS for constraint in model._meta.constraints]
    assert sorted(set(names)) == sorted(names)
    assert not [name for name in names if re.search(r"_\d+$", name)], "sharding adds such a number"
    assert not [name for name in names if len(name) > 50], "and needs room for it"


def test_migrations_are_complete(db):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def imports_of(path):
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


BELOW_THE_API = [
    path for path in CODE
    if {"services", "selectors", "models"} & set(path.relative_to(BASE).with_suffix("").parts)
]  # fmt: skip


@pytest.mark.parametrize("path", BELOW_THE_API, ids=name_of)
def test_services_selectors_and_models_do_not_know_how_they_are_spoken(path):
    spoken = ("rest_framework", "django_filters", "django.http", "nextgenerp.core.api")
    assert [name for name in imports_of(path) if name.startswith(spoken)] == []


def test_the_kernel_imports_no_app(db):
    apps_above = (
        "accounts",
        "crm",
        "billing",
        "inventory",
        "finance",
        "sales",
        "nextgenerp.mail",
        "nextgenerp.overview",
    )
    kernel = [path for path in CODE if "core" in path.relative_to(BASE).parts[:2]]
    assert len(kernel) > 30
    assert [
        (name_of(path), name) for path in kernel for name in imports_of(path) if name.startswith(apps_above)
    ] == []


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_modules_and_functions_are_of_a_size_to_read(path):
    text = path.read_text()
    assert text.count("\n") <= 360
    long = [
        node.name for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno > 60
    ]  # fmt: skip
    assert long == []


def test_modules_say_what_they_are():
    silent = [
        name_of(path)
        for path in CODE
        if path.stat().st_size and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert [name for name in silent if not name.endswith(("apps.py", "__main__.py", "manage.py"))] == []


def test_files_name_no_machine():
    """Nobody's folders, and no marks of unfinished work."""
    machine = re.compile(
        "/" + "work/|/" + "root/|/" + "home/\\w|C:" + r"\\Users|\b(FIX" + "ME|TO" + r"DO|X{3})\b"
    )
    found = {}
    for path in FILES:
        try:
            text = path.read_text()
        except (UnicodeDecodeError, FileNotFoundError):  # not text; gone since the list was made
            continue
        if match := machine.search(text):
            found[name_of(path)] = match.group()
    assert found == {}


def all_subclasses(cls):
    for one in cls.__subclasses__():
        yield one
        yield from all_subclasses(one)


def test_numbers_are_read_by_the_strict_field():
    for serializer in all_subclasses(ApiSerializer):
        if issubclass(serializer, ApiModelSerializer) and not hasattr(
            getattr(serializer, "Meta", 0), "model"
        ):
            continue  # what serializers of several models have in common
        if hasattr(serializer, "Meta") or serializer._declared_fields:
            for name, field in serializer().fields.items():
                assert not isinstance(field, serializers.FloatField), (serializer, name)
                assert not isinstance(field, serializers.DecimalField) or isinstance(field, DecimalField), (
                    serializer,
                    name,
                )


def test_no_filter_ignores_what_it_does_not_understand():
    """django-filter's BooleanFilter takes a misspelt value for none at all, and everything is listed."""
    for filterset in all_subclasses(ApiFilterSet):
        for name, one in filterset.base_filters.items():
            assert not isinstance(one, django_filters.BooleanFilter), (filterset, name)
            if isinstance(one, django_filters.DateFilter):
                assert one.extra["input_formats"] == ["%Y-%m-%d"], (filterset, name)
