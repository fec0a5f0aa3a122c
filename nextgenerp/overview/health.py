"""Whether the product is alive (/health) and whether it is ready for work (/health/ready)."""

from collections.abc import Callable
from functools import cache
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.loader import MigrationLoader
from rest_framework.response import Response

from nextgenerp.core.api.answers import Answer
from nextgenerp.core.api.permissions import PUBLIC
from nextgenerp.core.api.views import ApiView
from nextgenerp.core.tasks import worker_is_alive
from nextgenerp.overview.private import is_operator

STATUS = Answer(
    {
        "type": "object",
        "required": ["status"],
        "properties": {"status": {"type": "string", "enum": ["ok", "error"]}},
    },
    also=(503,),
)
PUBLIC_MIGRATIONS = "SELECT app, name FROM public.django_migrations"
TEMPLATE_MIGRATIONS = f'SELECT app, name FROM "{settings.TENANT_TEMPLATE_SCHEMA}".django_migrations'  # noqa: S608
logger = structlog.get_logger(__name__)


def database_answers() -> bool:
    """Whether PostgreSQL runs a statement for us."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


@cache
def newest_migrations() -> frozenset[tuple[str, str]]:
    """The last migration of each app, as the code has them."""
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).graph.leaf_nodes())


def migrations_are_applied() -> bool:
    """Whether public and the template of the tenants have every migration of the code."""
    tenant_apps = {name.rsplit(".", 1)[-1] for name in settings.TENANT_APPS}
    wanted = newest_migrations()
    of_tenants = {node for node in wanted if node[0] in tenant_apps}
    with connection.cursor() as cursor:
        cursor.execute(PUBLIC_MIGRATIONS)
        missing = wanted - set(cursor.fetchall())
        cursor.execute(TEMPLATE_MIGRATIONS)
        return not missing and not of_tenants - set(cursor.fetchall())


CHECKS: dict[str, Callable[[], bool]] = {
    "database": database_answers,
    "migrations": migrations_are_applied,
    "worker": worker_is_alive,
}


def passes(name: str) -> bool:
    """Run one check; a database that does not answer fails it."""
    try:
        return CHECKS[name]()
    except (DatabaseError, InterfaceError) as error:
        logger.warning("check_failed", check=name, error=str(error)[:300])
        return False


def answer(results: dict[str, bool], *, details: bool) -> Response:
    fine = all(results.values())
    body: dict[str, Any] = {"status": "ok" if fine else "error"}
    if details:
        body["checks"] = {name: "ok" if passed else "error" for name, passed in results.items()}
    return Response(body, status=200 if fine else 503)


class HealthView(ApiView):
    """Alive: the process runs and PostgreSQL answers."""

    permission_actions = {"show": PUBLIC}
    answers = {"show": STATUS}
    accepts_any_parameter = True

    def show(self, request: Any) -> Response:
        return answer({"database": passes("database")}, details=False)


class ReadinessView(ApiView):
    """Ready: PostgreSQL answers, every migration is applied, a worker is at work; details for operators only."""

    permission_actions = {"show": PUBLIC}
    answers = {"show": STATUS}

    def show(self, request: Any) -> Response:
        return answer({name: passes(name) for name in CHECKS}, details=is_operator(request))
