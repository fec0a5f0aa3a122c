"""/users/me: who one is, and what one changes about oneself."""

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Membership, User
from nextgenerp.core import entitlements
from nextgenerp.core.entitlements import Entitlements
from nextgenerp.core.models import HistoryEntry, StoredFile
from nextgenerp.core.tenancy import tenant_context
from nextgenerp.testing.factories import make_seat

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
JPEG = b"\xff\xd8\xff\xe0" + bytes(40)


def problem(response):
    return response.status_code, response.json()["code"]


def error(response):
    return response.status_code, response.json()["errors"][0]["field"], response.json()["errors"][0]["code"]


def upload(content, name="me.png", content_type="image/png"):
    return SimpleUploadedFile(name, content, content_type)


def stored_files(tenant):
    with tenant_context(tenant):
        return list(StoredFile.objects.order_by("created_at"))


def test_who_one_is(member, tenant, queries):
    client = member("manager")
    Membership.objects.filter(id=client.seat.id).update(designation="Head of sales")
    with queries() as seen:
        response = client.get("/users/me")
    body = response.json()
    assert set(body) == {"user", "tenant", "seat", "role", "permissions", "features", "subscription"}
    assert body["user"]["email"] == client.user.email
    assert body["user"]["isSuperAdmin"] is False
    assert body["tenant"] == {
        "id": str(tenant.id), "name": tenant.name, "slug": tenant.slug, "status": "active", "isRoot": True,
        "parentId": None, "organizationId": str(tenant.organization_id), "gstin": "", "stateCode": "", "country": "IN",
        "timeZone": "Asia/Kolkata",
    }  # fmt: skip
    assert body["seat"]["id"] == str(client.seat.id)
    assert body["seat"]["designation"] == "Head of sales"
    assert body["seat"]["avatarUrl"] is None
    assert body["role"] == "manager"
    assert body["permissions"]["Leads"]["scope"] == "team"
    assert body["features"] == {"inventory": True}
    assert body["subscription"] == {"readOnly": False, "limits": {}}
    assert response["ETag"] == '"1"'
    assert len(seen) == 2


def test_a_super_admin_without_a_seat(super_admin):
    body = super_admin.get("/users/me").json()
    assert (body["role"], body["tenant"], body["seat"], body["permissions"]) == (
        "super_admin",
        None,
        None,
        {},
    )
    assert body["user"]["isSuperAdmin"] is True
    assert super_admin.patch("/users/me", {"locale": "hi-IN"}).json()["user"]["locale"] == "hi-IN"
    assert problem(super_admin.patch("/users/me", {"firstName": "Demo"})) == (403, "tenant_required")
    assert super_admin.get("/auth/tenants").json() == {"data": [], "pagination": None}


def test_nobody_is_not_told_anything(anonymous, db):
    assert problem(anonymous.get("/users/me")) == (401, "not_authenticated")
    assert problem(anonymous.patch("/users/me", {"firstName": "X"})) == (401, "not_authenticated")


def test_own_names_phone_and_language(member, tenant, other_tenant):
    client = member("staff")
    elsewhere = make_seat(other_tenant, user=client.user, first_name="Elsewhere")
    body = {"firstName": "  New ", "lastName": "", "phone": "98765 43210", "locale": "hi-IN"}
    response = client.patch("/users/me", body)
    assert response.status_code == 200
    seat = response.json()["seat"]
    assert (seat["firstName"], seat["lastName"], seat["name"], seat["phone"]) == (
        "New",
        "",
        "New",
        "+919876543210",
    )
    assert response.json()["user"]["locale"] == "hi-IN"
    assert response["ETag"] == '"2"'
    elsewhere.refresh_from_db()
    assert elsewhere.first_name == "Elsewhere"
    with tenant_context(tenant):
        entries = HistoryEntry.objects.filter(record_id=client.seat.id).order_by("id")
        assert [sorted(entry.changes) for entry in entries] == [
            ["firstName", "lastName", "phone"],
            ["locale"],
        ]
        assert {entry.seat_id for entry in entries} == {client.seat.id}


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"firstName": ""}, "firstName", "blank"),
        ({"firstName": "x" * 101}, "firstName", "max_length"),
        ({"phone": "12"}, "phone", "invalid_phone"),
        ({"locale": "english"}, "locale", "invalid"),
        ({"role": "tenant_admin"}, "role", "unknown_field"),
        ({"email": "other@example.com"}, "email", "unknown_field"),
        ({"isSuperAdmin": True}, "isSuperAdmin", "unknown_field"),
        ({"permissions": {}}, "permissions", "unknown_field"),
        ({"avatar": "text"}, "avatar", "invalid"),
    ],
)
def test_what_is_refused_changes_nothing(member, body, field, code):
    client = member("staff")
    before = Membership.objects.values().get(id=client.seat.id)
    assert error(client.patch("/users/me", {"lastName": "Changed", **body})) == (400, field, code)
    assert Membership.objects.values().get(id=client.seat.id) == before


def test_if_match(member):
    client = member("staff")
    assert problem(client.patch("/users/me", {"firstName": "A"}, HTTP_IF_MATCH='"7"')) == (
        412,
        "version_mismatch",
    )
    assert client.patch("/users/me", {"firstName": "A"}, HTTP_IF_MATCH='"1"').status_code == 200


def test_the_same_key_changes_once(member, tenant):
    client = member("staff")
    for _ in range(2):
        response = client.patch("/users/me", {"firstName": "Once"}, HTTP_IDEMPOTENCY_KEY="k-1")
    assert response["Idempotency-Replayed"] == "true"
    assert Membership.objects.get(id=client.seat.id).version == 2


def test_an_unpaid_tenant_still_reaches_its_profile(member, monkeypatch):
    client = member("staff")
    monkeypatch.setattr(entitlements, "_provider", lambda tenant: Entitlements({"users": 3}, read_only=True))
    assert client.get("/users/me").json()["subscription"] == {"readOnly": True, "limits": {"users": 3}}
    assert client.patch("/users/me", {"firstName": "Unpaid"}).status_code == 200


@pytest.mark.parametrize(("content", "kind"), [(PNG, "image/png"), (JPEG, "image/jpeg")])
def test_an_avatar_is_known_by_its_content_and_replaces_the_one_before(member, tenant, content, kind):
    client = member("staff")
    body = {"avatar": upload(content, "lies.exe", "text/html"), "firstName": "With"}
    response = client.patch("/users/me", body, format="multipart")
    assert response.status_code == 200
    [stored] = stored_files(tenant)
    seat = response.json()["seat"]
    assert seat["avatarUrl"] == f"/files/{stored.id}"
    assert seat["firstName"] == "With"
    assert (stored.content_type, stored.record_type, stored.record_id) == (kind, "seat", client.seat.id)
    served = client.get(seat["avatarUrl"])
    assert b"".join(served.streaming_content) == content
    assert served["Content-Type"] == kind
    client.patch("/users/me", {"avatar": upload(PNG + b"2")}, format="multipart")
    [second] = stored_files(tenant)
    assert second.id != stored.id
    assert client.patch("/users/me", {"avatar": None}).json()["seat"]["avatarUrl"] is None
    assert stored_files(tenant) == []
    assert Membership.objects.get(id=client.seat.id).avatar_id is None


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"<svg onload=alert(1)>", (400, "invalid")),
        (b"", (400, "invalid")),
        (PNG + bytes(2_000_000), (413, "too_large")),
    ],
)
def test_what_is_no_avatar(member, tenant, content, expected):
    client = member("staff")
    body = {"avatar": upload(content), "firstName": "Changed"}
    assert problem(client.patch("/users/me", body, format="multipart")) == expected
    assert stored_files(tenant) == []
    seat = Membership.objects.get(id=client.seat.id)
    assert (seat.first_name, seat.avatar_id, seat.version) == ("Staff", None, 1)


def test_an_upload_of_nobody_is_not_read(anonymous, db, monkeypatch):
    def fail(*args, **kwargs):
        raise AssertionError("read")

    monkeypatch.setattr(default_storage, "save", fail)
    monkeypatch.setattr("rest_framework.parsers.MultiPartParser.parse", fail)
    response = anonymous.patch("/users/me", {"avatar": upload(PNG)}, format="multipart")
    assert problem(response) == (401, "not_authenticated")


def test_another_tenants_seat_keeps_its_own_avatar(member, tenant, other_tenant):
    client = member("staff")
    client.patch("/users/me", {"avatar": upload(PNG)}, format="multipart")
    stranger = member("staff", tenant=other_tenant)
    url = client.get("/users/me").json()["seat"]["avatarUrl"]
    assert problem(stranger.get(url)) == (404, "not_found")
    assert User.objects.filter(id=stranger.user.id).exists()
