"""Tenants with leads for the bench: made as the product makes tenants, filled by set-based SQL.

A tenant is found again by its slug and name, which holds what is in it.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
from django.db import connection
from django.utils import timezone
from psycopg import sql

from accounts.models import Membership, Organization, Tenant, User
from nextgenerp.core.provisioning import make_schema
from nextgenerp.core.tenancy import tenant_context
from nextgenerp.database.schemas import drop_schema
from nextgenerp.development import say
from nextgenerp.testing.client import Client

SYLLABLES = [
    "ka", "re", "mi", "so", "ta", "du", "ve", "lo", "na", "pi", "shu", "gha", "bo", "ti", "ro", "ju", "he", "ma", "ky",
    "za",
]  # fmt: skip
# First and last names are three syllables each; every company has about fifty leads. Statuses and cities are uneven.
FILL = """
    WITH words AS (SELECT %(syllables)s::text[] AS s),
    places AS (
        SELECT (SELECT array_agg(id ORDER BY "order") FROM lead_status) AS statuses,
               (SELECT array_agg(id ORDER BY "order") FROM lead_source) AS sources,
               (SELECT array_agg(id ORDER BY name) FROM lead_company) AS companies
    ),
    raw AS (
        SELECT i, hashint4(i) & 2147483647 AS h, hashint4(i + 500000000) & 2147483647 AS k,
               %(now)s::timestamptz - make_interval(secs => (%(n)s - i) * 30.0) AS made
        FROM generate_series(1, %(n)s) AS i
    ),
    named AS (
        SELECT raw.*, 1 + h %% cardinality(companies) AS c,
               initcap(s[1 + h %% 20] || s[1 + h / 20 %% 20] || s[1 + h / 400 %% 20]) AS first_name,
               initcap(s[1 + k %% 20] || s[1 + k / 20 %% 20] || s[1 + k / 400 %% 20]) AS last_name,
               'demo-lead-' || i || '@example.com' AS email,
               '9' || lpad((i::bigint * 7919 %% 1000000000)::text, 9, '0') AS digits
        FROM raw, words, places
    )
    INSERT INTO lead (
        id, created_at, updated_at, version, lead_number, first_name, last_name, company_id, designation, email, phone,
        alternate_phone, website, source_id, status_id, priority, rating, estimated_value, requirement, address, city,
        state, pincode, country, assigned_to_id, created_by_id, next_follow_up_at, first_contacted_at, converted_at,
        lost_at, lost_reason, position, email_key, name_key, search_text
    )
    SELECT (lpad(to_hex((extract(epoch FROM made) * 1000)::bigint), 12, '0') || '7' || substr(md5(i::text), 1, 3)
               || '8' || substr(md5(i::text), 4, 15))::uuid,
           made, made + make_interval(secs => k %% 1000000), 1,
           'LD-' || lpad(i::text, greatest(5, length(i::text)), '0'), first_name, last_name,
           companies[c], 'Demo buyer', email, '+91' || digits, '', '', sources[1 + h %% cardinality(sources)],
           statuses[1 + (k %% 100 > 25)::int + (k %% 100 > 50)::int + (k %% 100 > 65)::int + (k %% 100 > 75)::int
                      + (k %% 100 > 85)::int + (k %% 100 > 93)::int],
           (ARRAY['low', 'medium', 'medium', 'high', 'urgent'])[1 + h %% 5],
           (ARRAY['hot', 'warm', 'cold', NULL])[1 + h / 5 %% 4],
           CASE WHEN h %% 3 > 0 THEN (k %% 50000000) / 100.0 END, 'Demo requirement of lead ' || i, 'Demo street ' || c,
           (ARRAY['Pune', 'Jaipur', 'Kochi', 'Indore', 'Surat'])[1 + (k / 100 %% 100 > 40)::int
               + (k / 100 %% 100 > 70)::int + (k / 100 %% 100 > 90)::int + (k / 100 %% 100 > 98)::int],
           'Demo state', '411001', 'India', CASE WHEN h %% 10 < 7 THEN %(seat)s::uuid END, %(seat)s::uuid,
           CASE WHEN k %% 4 = 0 THEN %(now)s::timestamptz + make_interval(hours => k %% 400 - 200) END,
           CASE WHEN k %% 100 > 25 THEN made + make_interval(mins => h %% 3000) END,
           CASE WHEN k %% 100 BETWEEN 86 AND 93 THEN made + make_interval(hours => h %% 600) END,
           CASE WHEN k %% 100 > 93 THEN made + make_interval(hours => h %% 600) END,
           CASE WHEN k %% 100 > 93 THEN 'Demo: too dear' ELSE '' END,
           'z' || lpad(to_hex(%(n)s - i), 8, '0') || 'V', email,
           lower(first_name || ' ' || last_name),
           lower(' ' || first_name || ' ' || last_name || E'\\n demo company ' || c || E'\\n ' || email || E'\\n 91'
               || digits || E'\\n')
    FROM named, places
"""
COMPANIES = """
    INSERT INTO lead_company (id, name, name_key, created_at)
    SELECT gen_random_uuid(), 'Demo Company ' || i, 'demo company ' || i, now()
    FROM generate_series(1, %(companies)s) AS i
"""
TAGS = """
    INSERT INTO lead_tag (id, name, name_key, color)
    SELECT gen_random_uuid(), 'Demo tag ' || i, 'demo tag ' || i, '#6B7280' FROM generate_series(1, 5) AS i
"""
TAGGINGS = """
    INSERT INTO lead_tagging (id, lead_id, tag_id)
    SELECT gen_random_uuid(), lead.id, tags[1 + (hashtext(lead_number) & 3)]
    FROM lead, (SELECT array_agg(id) AS tags FROM lead_tag) AS t WHERE hashtext(lead_number) %% 3 = 0
"""
HISTORY = """
    INSERT INTO history (id, record_type, record_id, action, changes, seat_id, impersonated, request_id, created_at)
    SELECT gen_random_uuid(), 'crm.Lead', id, 'created', '{}', %(seat)s::uuid, false, 'demo', created_at FROM lead
"""
COUNTER = """
    INSERT INTO usage_counter (id, key, used, issued) VALUES (gen_random_uuid(), 'leads', %(n)s, %(n)s)
"""
FILLING = (COMPANIES, TAGS, FILL, TAGGINGS, HISTORY, COUNTER)
INDEXES = """
    SELECT indexname, indexdef FROM pg_indexes
    WHERE schemaname = %s AND tablename = ANY(%s) AND indexname NOT IN (SELECT conname FROM pg_constraint)
"""
DROP_INDEXES_ABOVE, SETTLE_ABOVE = 50_000, 1_000


@dataclass(frozen=True, slots=True)
class Seeded:
    """A tenant of the bench and the seat that acts in it; ``documents`` quotations, and as many invoices."""

    seat: Membership
    leads: int
    documents: int = 0

    @property
    def schema(self) -> str:
        return self.seat.tenant.schema_name


def tenant_with(slug: str, leads: int) -> Seeded:
    """Find or make the tenant of a slug with so many leads."""
    return Seeded(seat_of(slug, f"{leads:,} leads", lambda seat: fill(seat, leads)), leads)


def seat_of(slug: str, content: str, fill_tenant: Callable[[Membership], None]) -> Membership:
    """Find the seat in the tenant of a slug with some content, or make both and have the tenant filled."""
    name = f"Demo bench with {content}"
    seat = Membership.objects.filter(tenant__slug=slug).select_related("tenant", "user").first()
    if seat is not None and seat.tenant.name == name:
        return seat
    remove(slug)
    tenant = Tenant.objects.create(
        organization=Organization.objects.create(name=slug),
        name=f"{name}, unfinished",
        slug=slug,
        schema_name=make_schema(),
    )
    email = f"{slug}@example.com"
    user = User.objects.create(email=email, email_key=email, email_verified_at=timezone.now())
    seat = Membership.objects.create(
        tenant=tenant, user=user, role="tenant_admin", first_name="Demo", last_name=slug
    )
    started = time.monotonic()
    fill_tenant(seat)
    taken = time.monotonic() - started
    if taken > 1:
        say(f"{slug}: {content} in {taken:.0f} s")
    tenant.name = name
    tenant.save(update_fields=["name"])
    return seat


def remove(slug: str) -> None:
    """Remove the tenant of a slug with its schema, seat and user, if there is one."""
    for tenant in Tenant.objects.filter(slug=slug):
        users = list(tenant.seats.values_list("user_id", flat=True))
        tenant.seats.all().delete()
        User.objects.filter(id__in=users).delete()
        drop_schema(tenant.schema_name)
        tenant.delete()
        tenant.organization.delete()


def fill(seat: Membership, n: int) -> None:
    """Put ``n`` leads with companies, tags and history into a seat's empty tenant; big ones without indexes first."""
    if not n:
        return
    schema = seat.tenant.schema_name
    values: dict[str, Any] = {
        "n": n, "companies": max(1, n // 50), "seat": seat.id, "syllables": SYLLABLES,
        "now": timezone.now() - timedelta(minutes=1),
    }  # fmt: skip
    with (
        admin_connection(schema) as link,
        without_indexes(link, schema, n, "lead", "lead_tagging", "history"),
    ):
        for statement in FILLING:
            link.execute(statement, values)
    if n > SETTLE_ABOVE:
        settle(schema)


@contextmanager
def without_indexes(link: psycopg.Connection, schema: str, rows: int, *tables: str) -> Iterator[None]:
    """Take the indexes off some tables while many rows go in; those of constraints stay."""
    indexes = link.execute(INDEXES, [schema, list(tables)]).fetchall() if rows > DROP_INDEXES_ABOVE else []
    for name, _ in indexes:
        link.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    yield
    for _, definition in indexes:
        link.execute(definition)


def settle(schema: str) -> None:
    """Leave a tenant's tables, and public's, as autovacuum would in time."""
    with admin_connection(schema) as link:
        tables = link.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN (%s, 'public')", [schema]
        )
        for names in tables.fetchall():
            link.execute(sql.SQL("VACUUM (ANALYZE) {}").format(sql.Identifier(*names)))


def admin_connection(schema: str) -> psycopg.Connection:
    """A connection in a tenant's schema without the limits of requests."""
    parameters = connection.get_connection_params()
    names = ("host", "port", "user", "password", "dbname")
    link = psycopg.connect(
        **{name: parameters[name] for name in names if parameters.get(name)}, autocommit=True
    )
    link.execute("SET synchronous_commit = off; SET maintenance_work_mem = '512MB'; SET work_mem = '64MB'")
    link.execute(sql.SQL("SET search_path = {}, public").format(sql.Identifier(schema)))
    return link


def ask(seat: Membership, method: str, path: str, body: Any = None) -> Any:
    """What the product in this process answers a seat. Raises RuntimeError for anything but success."""
    client = Client(seat, SERVER_NAME="127.0.0.1")
    response = client.generic(method, path, "" if body is None else json.dumps(body), "application/json")
    if response.status_code not in {200, 201}:
        raise RuntimeError(f"{method} {path}: {response.status_code} {response.content[:1000]!r}")
    return response.json()


def first_leads(tenant: Seeded, offset: int, n: int) -> list[tuple[Any, ...]]:
    """``(created_at, id, first name, last name, e-mail, phone)`` of leads from a place in the list, newest first."""
    with tenant_context(tenant.seat.tenant), connection.cursor() as cursor:
        cursor.execute(
            "SELECT created_at, id, first_name, last_name, email, phone FROM lead ORDER BY created_at DESC, id DESC"
            " OFFSET %s LIMIT %s",
            [offset, n],
        )
        return cursor.fetchall()
