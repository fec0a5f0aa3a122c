"""Invitations: who may be invited by whom to what, what the mail holds, what becomes of them while they wait."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import Invitation
from accounts.tasks import purge_expired
from accounts.tests.team import (
    count_users,
    field_errors,
    history_of,
    invited,
    pending,
    problem,
    rows,
    token_in,
    used,
)
from nextgenerp.database.models import DeferredTask
from nextgenerp.testing.factories import make_seat

NEW = {"email": "demo.new@example.com", "role": "staff"}


@pytest.fixture
def admin(member):
    return member("tenant_admin")


def test_an_invitation_is_mailed_and_its_token_is_nowhere_else(admin, tenant, mailbox):
    count_users(tenant)
    body = {
        **NEW,
        "firstName": " Demo ",
        "lastName": "Person",
        "phone": "98765 43210",
        "managerId": str(admin.seat.id),
    }
    response = admin.post("/users/invite", body)
    assert response.status_code == 201
    answer = response.json()
    assert response["Location"] == f"/users/invites/{answer['id']}"
    assert {name: answer[name] for name in ("email", "firstName", "lastName", "phone", "role", "managerId")} == {
        "email": "demo.new@example.com", "firstName": "Demo", "lastName": "Person", "phone": "+919876543210",
        "role": "staff", "managerId": str(admin.seat.id),
    }  # fmt: skip
    assert answer["invitedBy"] == {"id": str(admin.seat.id), "name": admin.seat.name}
    stored = Invitation.objects.get(id=answer["id"])
    assert timedelta(days=7) - timedelta(minutes=1) < stored.expires_at - timezone.now() <= timedelta(days=7)
    [message] = mailbox.to("demo.new@example.com")
    assert message.subject == f"{admin.seat.name} invites you to {tenant.name} on NextGenERP"
    token = token_in(message)
    assert len(token) > 40
    assert token not in response.content.decode()
    assert token not in str(vars(stored))
    assert history_of(tenant, stored.id) == [("accounts.Invitation", "created", {})]
    assert used(tenant) == 2


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, {("email", "required"), ("role", "required")}),
        ({**NEW, "email": "no address"}, {("email", "invalid_email")}),
        ({**NEW, "role": "super_admin"}, {("role", "invalid_choice")}),
        ({**NEW, "role": "staff", "shoe": 9}, {("shoe", "unknown_field")}),
        ({**NEW, "permissions": {"Ledgers": {"canView": True}}}, {("permissions.Ledgers", "unknown_field")}),
        (
            {**NEW, "permissions": {"Leads": {"canFly": True}}},
            {("permissions.Leads.canFly", "unknown_field")},
        ),
        ({**NEW, "managerId": "01927f4e-7c1a-7b60-8f3a-5d2e9c0b4a17"}, {("managerId", "does_not_exist")}),
    ],
)
def test_what_is_not_an_invitation(admin, tenant, body, errors):
    count_users(tenant)
    assert field_errors(admin.post("/users/invite", body)) == errors
    assert (pending(tenant), used(tenant), DeferredTask.objects.count()) == ([], 1, 0)


def test_managers_of_other_tenants_and_inactive_ones_are_none(admin, tenant, other_tenant):
    for seat in (make_seat(other_tenant), make_seat(tenant, is_active=False)):
        assert field_errors(admin.post("/users/invite", {**NEW, "managerId": str(seat.id)})) == {
            ("managerId", "does_not_exist")
        }
    assert pending(tenant) == []


def test_an_address_is_invited_once(admin, tenant, other_tenant, mailbox):
    here, left = make_seat(tenant), make_seat(tenant, is_active=False)
    elsewhere = make_seat(other_tenant)
    before = count_users(tenant)
    invited(admin, mailbox)
    again = admin.post("/users/invite", {**NEW, "email": "DEMO.NEW@example.com"})
    assert problem(again) == (409, "duplicate")
    assert problem(admin.post("/users/invite", {**NEW, "email": here.user.email.upper()})) == (
        409,
        "duplicate",
    )
    response = admin.post("/users/invite", {**NEW, "email": left.user.email})
    assert problem(response) == (409, "deactivated_member")
    assert "reactivate" in response.json()["detail"]
    assert pending(tenant) == ["demo.new@example.com"]
    assert used(tenant) == before + 1
    # whoever has an account somewhere else is answered like anybody
    assert admin.post("/users/invite", {**NEW, "email": elsewhere.user.email}).status_code == 201


def test_pending_invitations_count_against_the_limit(admin, tenant, limited, mailbox):
    count_users(tenant)
    limited(2)
    answer, _ = invited(admin, mailbox)
    before = len(mail.outbox)
    response = admin.post("/users/invite", {**NEW, "email": "demo.second@example.com"})
    assert problem(response) == (403, "plan_limit_reached")
    assert response.json()["limit"] == {"key": "users", "used": 2, "limit": 2}
    assert pending(tenant) == ["demo.new@example.com"]
    assert len(mailbox.to("demo.second@example.com")) == 0
    assert len(mail.outbox) == before
    assert admin.delete(f"/users/invites/{answer['id']}").status_code == 204
    assert used(tenant) == 1
    assert admin.post("/users/invite", {**NEW, "email": "demo.second@example.com"}).status_code == 201


def test_nobody_invites_above_themselves_or_beyond_what_they_hold(member, tenant):
    everything = member("admin")
    assert problem(everything.post("/users/invite", {**NEW, "role": "tenant_admin"})) == (
        403,
        "permission_denied",
    )
    clerk = member(user_management=["view", "create"], leads=["view", "edit"], scope="team")
    count_users(tenant)
    for body in (
        NEW,  # the defaults of staff are more
        {**NEW, "permissions": {"Leads": {"canDelete": True, "scope": "own"}}},
        {**NEW, "permissions": {"Leads": {"canEdit": True, "scope": "all"}}},
        {**NEW, "permissions": {"Quotations": {"canView": True, "scope": "own"}}},
        {**NEW, "role": "manager"},
    ):
        assert problem(clerk.post("/users/invite", body)) == (403, "permission_denied"), body
    response = clerk.post(
        "/users/invite", {**NEW, "permissions": {"Leads": {"canDelete": True, "scope": "all"}}}
    )
    assert response.json()["beyond"] == ["Leads: canDelete", "Leads: scope all"]
    assert (pending(tenant), used(tenant)) == ([], 2)
    narrow = {**NEW, "permissions": {"Leads": {"canEdit": True, "scope": "team"}}}
    assert clerk.post("/users/invite", narrow).status_code == 201
    stored = Invitation.objects.get().permissions
    assert stored["Leads"] == {
        "canView": True, "canCreate": False, "canEdit": True, "canDelete": False, "canExport": False, "scope": "team",
    }  # fmt: skip
    assert stored["Quotations"]["canView"] is False


def test_what_a_tenant_admin_may_do_is_fixed(admin, tenant):
    body = {**NEW, "role": "tenant_admin", "permissions": {"Leads": {"canView": True}}}
    assert problem(admin.post("/users/invite", body)) == (409, "fixed_permissions")
    assert pending(tenant) == []


def test_a_tenants_day_has_so_many_invitations(admin, tenant, settings, mailbox):
    settings.MAIL_DAILY_CAPS = {"invite": 2}
    count_users(tenant)
    answer, _ = invited(admin, mailbox)
    assert admin.post(f"/users/invites/{answer['id']}/resend").status_code == 200
    response = admin.post("/users/invite", {**NEW, "email": "demo.third@example.com"})
    assert problem(response) == (429, "mail_cap_reached")
    assert int(response["Retry-After"]) > 0
    assert problem(admin.post(f"/users/invites/{answer['id']}/resend")) == (429, "mail_cap_reached")
    assert (pending(tenant), used(tenant)) == (["demo.new@example.com"], 2)


def test_sent_again_only_the_new_link_works(admin, anonymous, tenant, mailbox):
    answer, first = invited(admin, mailbox)
    Invitation.objects.update(expires_at=timezone.now() + timedelta(minutes=1))
    response = admin.post(f"/users/invites/{answer['id']}/resend")
    assert response.status_code == 200
    assert response.json()["version"] == 2
    assert Invitation.objects.get().expires_at > timezone.now() + timedelta(days=6)
    second = token_in(mailbox.to("demo.new@example.com")[-1])
    body = {"token": first, "password": "the-new-persons-password"}
    assert problem(anonymous.post("/users/invites/accept", body)) == (410, "expired")
    assert anonymous.post("/users/invites/accept", {**body, "token": second}).status_code == 200
    assert [action for _, action, _ in history_of(tenant, answer["id"])] == ["created", "resent", "accepted"]


def test_taken_back_it_is_gone(admin, anonymous, tenant, mailbox):
    count_users(tenant)
    answer, token = invited(admin, mailbox)
    assert admin.delete(f"/users/invites/{answer['id']}").status_code == 204
    assert used(tenant) == 1
    body = {"token": token, "password": "the-new-persons-password"}
    assert problem(anonymous.post("/users/invites/accept", body)) == (410, "expired")
    for response in (
        admin.delete(f"/users/invites/{answer['id']}"),
        admin.post(f"/users/invites/{answer['id']}/resend"),
    ):
        assert problem(response) == (404, "not_found")
    assert [action for _, action, _ in history_of(tenant, answer["id"])] == ["created", "deleted"]


def test_invitations_above_ones_role_and_of_other_tenants_are_left_alone(
    member, tenant, other_tenant, mailbox
):
    answer, _ = invited(member("tenant_admin"), mailbox, role="tenant_admin")
    path, count = f"/users/invites/{answer['id']}", len(mail.outbox)
    below, stranger = member("admin"), member("tenant_admin", tenant=other_tenant)
    assert problem(below.delete(path)) == (403, "permission_denied")
    assert problem(below.post(f"{path}/resend")) == (403, "permission_denied")
    assert problem(stranger.delete(path)) == (404, "not_found")
    assert problem(stranger.post(f"{path}/resend")) == (404, "not_found")
    assert stranger.get("/users/invites").json()["data"] == []
    assert len(mailbox.to("demo.new@example.com")) == count
    assert pending(tenant) == ["demo.new@example.com"]


def test_the_list_of_invitations(admin, member, mailbox, queries):
    for number in range(3):
        invited(admin, mailbox, email=f"demo.{number}@example.com", managerId=str(admin.seat.id))
    with queries() as seen:
        body = admin.get("/users/invites?limit=2").json()
    assert len(seen) == 5  # the caller, the page, the count, the names of managers and of inviters
    assert [row["email"] for row in body["data"]] == ["demo.2@example.com", "demo.1@example.com"]
    assert body["data"][0]["manager"] == {"id": str(admin.seat.id), "name": admin.seat.name}
    assert body["pagination"]["total"] == 3
    assert "token" not in str(body).lower()
    # under a narrower scope one's own are there
    clerk = member(user_management=["view", "create"], scope="own")
    assert clerk.get("/users/invites").json()["data"] == []


def test_a_lapsed_invitation_counts_for_nothing(admin, anonymous, tenant, limited, mailbox):
    count_users(tenant)
    limited(2)
    answer, token = invited(admin, mailbox)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    body = {"token": token, "password": "the-new-persons-password"}
    assert problem(anonymous.post("/users/invites/accept", body)) == (410, "expired")
    assert admin.get("/users/invites").json()["data"] == []
    assert rows(admin, "status=pending") == []
    assert problem(admin.post(f"/users/invites/{answer['id']}/resend")) == (404, "not_found")
    again, _ = invited(admin, mailbox)
    assert (pending(tenant), used(tenant)) == (["demo.new@example.com"], 2)
    assert [action for _, action, _ in history_of(tenant, answer["id"])] == ["created", "expired"]
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    purge_expired()
    assert (pending(tenant), used(tenant)) == ([], 1)
    assert [action for _, action, _ in history_of(tenant, again["id"])] == ["created", "expired"]


def test_a_key_makes_one_invitation_and_one_mail(admin, tenant, mailbox):
    headers = {"Idempotency-Key": "demo-invite"}
    first, second = (admin.post("/users/invite", NEW, headers=headers) for _ in range(2))
    assert (first.status_code, second.status_code, first.json()["id"]) == (201, 201, second.json()["id"])
    assert second["Idempotency-Replayed"] == "true"
    assert len(mailbox.to("demo.new@example.com")) == 1
