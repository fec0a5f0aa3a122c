"""Groups of leads that are likely one: the same e-mail address or phone number."""

from typing import Any

from django.db import connection
from django.db.models import Count, QuerySet

from crm.models import Lead
from nextgenerp.core.scope import visible
from nextgenerp.core.tenancy import Actor

KEYS = {"email": "email_key", "phone": "phone"}
MOST_SHOWN = 20  # leads of one group
Place = tuple[str, str]


def group_queries(actor: Actor) -> dict[str, QuerySet]:
    """By kind of key: the values that several leads have, at least one of which the actor sees, and how many."""
    seen = visible(Lead.objects.all(), actor)
    queries = {}
    for kind, column in KEYS.items():
        leads = Lead.objects.exclude(**{column: ""})
        if actor.scope(Lead.scope.module) != "all":
            leads = leads.filter(**{f"{column}__in": seen.exclude(**{column: ""}).values(column)})
        queries[kind] = leads.order_by().values_list(column).annotate(n=Count("id")).filter(n__gt=1)
    return queries


def count_groups(actor: Actor) -> int:
    """How many groups there are."""
    sql, parameters = united(actor)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({sql}) g", parameters)  # noqa: S608 - the ORM wrote it
        return cursor.fetchone()[0]


def duplicate_groups(
    actor: Actor, n: int, *, skip: int = 0, after: Place | None = None
) -> list[dict[str, Any]]:
    """Up to ``n`` groups in the order of kind and value, with the leads of each the actor sees: two queries.

    ``outOfScope`` says how many more there are. At most 20 leads of a group are shown, the oldest first.
    """
    sql, parameters = united(actor)
    where = "WHERE (kind, value) > (%s, %s)" if after else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT kind, value, n FROM ({sql}) g {where} "  # noqa: S608 - the ORM wrote it
            'ORDER BY kind COLLATE "C", value COLLATE "C" LIMIT %s OFFSET %s',
            [*parameters, *(after or ()), n, skip],
        )
        found = cursor.fetchall()
    return with_leads(found, actor)


def united(actor: Actor) -> tuple[str, list[Any]]:
    """The statement of all groups: kind, value, how many leads."""
    parts, parameters = [], []
    for kind, query in group_queries(actor).items():
        sql, own = query.query.sql_with_params()
        parts.append(
            f"SELECT '{kind}'::text AS kind, e.value COLLATE \"C\" AS value, e.n FROM ({sql}) e(value, n)"  # noqa: S608 - the ORM wrote it
        )
        parameters += own
    return " UNION ALL ".join(parts), parameters


def with_leads(found: list[tuple[str, str, int]], actor: Actor) -> list[dict[str, Any]]:
    """Groups with the leads the actor sees."""
    if not found:
        return []
    leads = visible(Lead.objects.select_related("status", "company"), actor)
    emails = [value for kind, value, _ in found if kind == "email"]
    phones = [value for kind, value, _ in found if kind == "phone"]
    members: dict[Place, list[Lead]] = {}
    same = leads.filter(email_key__in=emails) | leads.filter(phone__in=phones)
    for lead in same.order_by("id"):
        for kind, column in KEYS.items():
            members.setdefault((kind, getattr(lead, column)), []).append(lead)
    return [
        {
            "matched_on": kind,
            "value": value,
            "count": n,
            "out_of_scope": n - len(members.get((kind, value), ())),
            "leads": members.get((kind, value), [])[:MOST_SHOWN],
        }
        for kind, value, n in found
    ]
