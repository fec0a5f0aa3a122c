"""What the house tests know of the CRM (nextgenerp/testing/house.py says what each name is)."""

from nextgenerp.testing.factories import make_seat

BODIES = {
    "/leads": {"firstName": "Probe", "email": "probe@example.com"},
    "/leads/meta/tags": {"name": "probe"},
    "/leads/meta/companies": {"name": "probe"},
    "/leads/:id/tags": {"name": "probe"},
    "/leads/:id/merge": {"leadIds": []},
    "/leads/:id/activities": {"type": "task", "subject": "probe"},
    "/customers": {"name": "Probe"},
    "/deals": {"title": "Probe"},
}
OWN = {
    "/leads/:id": "/leads", "/leads/:id/activities": "/leads", "/leads/:id/tags": "/leads",
    "/leads/:id/merge": "/leads",
    "/customers/:id": "/customers", "/deals/:id": "/deals",
}  # fmt: skip
EMPTY_BODY = {("POST", "/leads/import"): 415, ("POST", "/customers/import"): 415}  # no multipart body


def fill(client, mark):
    tag = client.post("/leads/meta/tags", {"name": f"{mark} tag"}).json()
    lead = client.post("/leads", {
        "firstName": mark, "lastName": f"{mark} last", "company": f"{mark} Traders", "designation": mark,
        "email": f"{mark}@example.com", "phone": "9876543210", "city": mark, "state": mark, "address": mark,
        "requirement": mark, "tagIds": [tag["id"]], "website": f"https://{mark}.example",
    })  # fmt: skip
    assert lead.status_code == 201, lead.content
    rows = [
        {"firstName": mark, "email": f"{mark}2@example.com"},
        {"firstName": mark, "email": f"{mark} is no address"},
    ]
    imported = client.post("/leads/import/rows", {"rows": rows})
    assert imported.json()["created"] == 1, imported.content
    changed = client.patch(f"/leads/{lead.json()['id']}", {"lastName": f"{mark} changed"})
    assert changed.status_code == 200
    fill_activities(client, mark, lead.json())
    fill_customers(client, mark, tag["id"])


def fill_customers(client, mark, tag_id):
    address = {
        "line1": mark,
        "line2": mark,
        "city": mark,
        "state": mark,
        "pincode": mark[:12],
        "country": mark,
    }
    customer = client.post("/customers", {
        "name": f"{mark} Traders", "contactPerson": mark, "email": f"{mark}-buys@example.com", "phone": "9876543211",
        "billingAddress": address, "shippingAddresses": [address], "notes": mark, "tagIds": [tag_id],
    })  # fmt: skip
    assert customer.status_code == 201, customer.content
    changed = client.patch(f"/customers/{customer.json()['id']}", {"notes": f"{mark} changed"})
    assert changed.status_code == 200, changed.content
    deal = client.post("/deals", {
        "title": f"{mark} deal", "customerId": customer.json()["id"], "value": "1000", "stage": "lost",
        "lostReason": mark, "notes": mark, "tagIds": [tag_id],
    })  # fmt: skip
    assert deal.status_code == 201, deal.content


def fill_activities(client, mark, lead):
    activity = client.post(f"/leads/{lead['id']}/activities", {
        "type": "call", "subject": mark, "description": mark, "scheduledAt": "2099-01-01T10:00:00Z",
        "reminderMinutes": 30,
    })  # fmt: skip
    assert activity.status_code == 201, activity.content
    done = {"status": "completed", "outcome": mark}
    assert client.patch(activity["Location"], done).status_code == 200


def add(client, tenant, number):
    colleague = make_seat(tenant, first_name=f"Demo {number}")
    tags = [
        client.post("/leads/meta/tags", {"name": f"tag {number}.{extra}"}).json()["id"] for extra in range(2)
    ]
    lead = client.post("/leads", {
        "firstName": f"Lead {number}", "company": f"Company {number}", "email": f"lead-{number}@example.com",
        "tagIds": tags, "assignedToId": str(colleague.id),
    })  # fmt: skip
    assert lead.status_code == 201, lead.content
    activity = {"type": "call", "subject": "Demo", "scheduledAt": "2099-01-01T10:00:00Z"}
    assert client.post(f"{lead['Location']}/activities", activity).status_code == 201
    customer = client.post("/customers", {
        "name": f"Customer {number}", "email": f"customer-{number}@example.com", "tagIds": tags,
        "ownerId": str(colleague.id),
    })  # fmt: skip
    assert customer.status_code == 201, customer.content
    deal = client.post("/deals", {
        "title": f"Deal {number}", "leadId": lead.json()["id"], "tagIds": tags, "ownerId": str(colleague.id),
    })  # fmt: skip
    assert deal.status_code == 201, deal.content
