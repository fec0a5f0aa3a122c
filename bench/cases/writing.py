"""Creating leads: with history, limit and number, and an Idempotency-Key; what was made is removed afterwards."""

import json

from bench.bench import Bench, Goal
from bench.measure import NUMBER, Request
from bench.seeding import Seeded, admin_connection, settle
from crm.models import Lead
from nextgenerp.core.entitlements import CLAIM

CREATE = Goal(450, 4)
MADE = "bench-made-"
CLEAN = """
    DELETE FROM lead_tagging WHERE lead_id IN (SELECT id FROM lead WHERE email_key LIKE 'bench-made-%');
    DELETE FROM lead WHERE email_key LIKE 'bench-made-%';
    DELETE FROM idempotency_record WHERE key LIKE 'bench-%';
    UPDATE usage_counter SET used = (SELECT count(*) FROM lead) WHERE key = 'leads';
"""
BODY = {
    "firstName": "Demo", "lastName": f"Bench {NUMBER}", "company": "Demo Company 7",
    "email": f"{MADE}{NUMBER}@example.com", "phone": f"+91{NUMBER}",
    "estimatedValue": "123456.50", "city": "Pune", "priority": "high",
}  # fmt: skip


def create(bench: Bench) -> None:
    """POST /leads, with a key each: in both sizes of tenant, and from all clients in tenants of their own."""
    names = []
    for tenant in (bench.mediums[0], bench.large):
        names.append(f"with key, {tenant.leads:,}")
        bench.rate(
            "create", names[-1], [post(tenant, keyed=True)], goal=CREATE, raw=[raw_create(tenant)], status=201
        )
        clean(tenant)
    bench.flat("create", names[1], names[0])
    tenant = bench.mediums[0]
    bench.rate(
        "create", f"without key, {tenant.leads:,}", [post(tenant)], raw=[raw_create(tenant)], status=201
    )
    clean(tenant)
    several = bench.smalls[:16]
    requests = [post(one, keyed=True) for one in several]
    raw = [raw_create(several[0])]
    bench.rate("create", f"with key, {len(several)} tenants in turns", requests, raw=raw, status=201)
    for one in several:
        clean(one)


def post(tenant: Seeded, *, keyed: bool = False) -> Request:
    return Request(tenant, "/leads", "POST", json.dumps(BODY), keyed=keyed)


def raw_create(tenant: Seeded) -> list[str]:
    """A lead, its number and its history in one transaction, and nothing else."""
    columns = [field.column for field in Lead._meta.concrete_fields]
    new = {
        "id": "gen_random_uuid()", "lead_number": f"'RAW-{NUMBER}'", "email": f"'{MADE}{NUMBER}@example.com'",
        "email_key": f"'{MADE}{NUMBER}@example.com'", "phone": f"'+91{NUMBER}'", "created_at": "now()",
        "search_text": f"' demo bench {NUMBER}\n demo company 7\n {MADE}{NUMBER}@example.com\n 91{NUMBER}\n'",
    }  # fmt: skip
    values = ", ".join(new.get(column, f'"{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    insert = f"INSERT INTO lead ({names}) SELECT {values} FROM lead WHERE lead_number = 'LD-00001'"  # noqa: S608
    claim = CLAIM.replace("%(n)s", "1").replace("%(key)s", "'leads'").replace("%(limit)s", "NULL")
    history = f"""
        INSERT INTO history (id, record_type, record_id, action, changes, seat_id, impersonated, request_id, created_at)
        VALUES (gen_random_uuid(), 'crm.Lead', gen_random_uuid(), 'created', '{{}}', '{tenant.seat.id}', false, 'raw',
                now())
    """  # noqa: S608 - our own values
    return ["BEGIN", claim, insert, history, "COMMIT"]


def clean(tenant: Seeded) -> None:
    with admin_connection(tenant.schema) as link:
        link.execute(CLEAN)
    settle(tenant.schema)
