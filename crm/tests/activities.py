"""What tests of activities begin with."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from crm.models import Lead
from nextgenerp.core.tenancy import tenant_context
from nextgenerp.testing.client import Client


def instant(hours: float) -> str:
    """An instant so many hours from now, as the API speaks it."""
    moment = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=hours)
    return moment.isoformat().replace("+00:00", "Z")


def plan(client: Client, lead: dict[str, Any], **values: Any) -> dict[str, Any]:
    """Plan a call in a day."""
    body = {"type": "call", "subject": "Ask again", "scheduledAt": instant(24)} | values
    response = client.post(f"/leads/{lead['id']}/activities", body)
    assert response.status_code == 201, response.content
    return response.json()


def change(client: Client, activity: dict[str, Any], expected: int = 200, **values: Any) -> dict[str, Any]:
    response = client.patch(f"/leads/{activity['leadId']}/activities/{activity['id']}", values)
    assert response.status_code == expected, response.content
    return response.json()


def lead_of(tenant: Any, lead: dict[str, Any]) -> Lead:
    with tenant_context(tenant):
        return Lead.objects.get(pk=UUID(lead["id"]))
