"""Accepting invitations: new users, known ones, unproved ones; each token once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Invitation, Membership, PendingRegistration, Session, Tenant, User
from accounts.tests.team import count_users, field_errors, history_of, invited, problem, used
from nextgenerp.core import entitlements
from nextgenerp.core.entitlements import Entitlements
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import PASSWORD, make_seat, make_user

ADDRESS = "demo.new@example.com"
NEW_PASSWORD = "the-new-persons-password"
PATH = "/users/invites/accept"


@pytest.fixture
def admin(member):
    return member("tenant_admin")


@pytest.fixture
def token(admin, tenant, mailbox):
    count_users(tenant)
    return invited(admin, mailbox, firstName="Invited", lastName="Name", phone="98765 43210")[1]


def seats_of(address):
    return Membership.objects.filter(user__email_key=address)


def test_a_new_user_chooses_a_password_and_is_signed_in(admin, anonymous, tenant, token):
    before = used(tenant)
    body = {"token": token, "firstName": "Chosen", "password": NEW_PASSWORD}
    response = anonymous.post(PATH, body)
    assert response.status_code == 200
    answer = response.json()
    seat = seats_of(ADDRESS).get()
    assert (seat.role, seat.first_name, seat.last_name, seat.phone) == (
        "staff",
        "Chosen",
        "Name",
        "+919876543210",
    )
    assert answer["seat"]["id"] == str(seat.id)
    assert answer["tenant"]["id"] == str(tenant.id)
    assert answer["user"]["emailVerified"] is True
    assert used(tenant) == before  # the place of the invitation is the seat's
    assert not Invitation.objects.exists()
    assert [row[:2] for row in history_of(tenant, seat.id)] == [("accounts.Membership", "created")]
    client = Client()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {answer['accessToken']}")
    assert client.get("/users/me").json()["seat"]["id"] == str(seat.id)
    login = {"email": ADDRESS, "password": NEW_PASSWORD}
    assert Client().post("/auth/login", login).status_code == 200
    assert problem(anonymous.post(PATH, body)) == (410, "expired")
    assert seats_of(ADDRESS).count() == 1


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, {("password", "required")}),
        ({"password": "short"}, {("password", "password_too_short")}),
        ({"password": ADDRESS}, {("password", "password_too_similar")}),
        ({"password": NEW_PASSWORD, "role": "tenant_admin"}, {("role", "unknown_field")}),
    ],
)
def test_a_new_user_needs_a_good_password(anonymous, token, body, errors):
    assert field_errors(anonymous.post(PATH, {"token": token, **body})) == errors
    assert Invitation.objects.count() == 1
    assert not User.objects.filter(email_key=ADDRESS).exists()


@pytest.mark.parametrize("wrong", ["", "x" * 200, "nothing"])
def test_a_token_that_is_none(anonymous, db, wrong):
    response = anonymous.post(PATH, {"token": wrong, "password": NEW_PASSWORD})
    assert response.status_code == (410 if wrong else 400)


def test_what_was_granted_and_who_is_the_manager_come_with_the_seat(admin, anonymous, tenant, mailbox):
    boss = make_seat(tenant, "manager")
    permissions = {"Leads": {"canExport": True, "scope": "team"}}
    _, token = invited(admin, mailbox, managerId=str(boss.id), permissions=permissions)
    answer = anonymous.post(PATH, {"token": token, "password": NEW_PASSWORD}).json()
    assert answer["seat"]["managerId"] == str(boss.id)
    assert answer["permissions"]["Leads"] == {
        "canView": True, "canCreate": False, "canEdit": False, "canDelete": False, "canExport": True, "scope": "team",
    }  # fmt: skip
    assert answer["permissions"]["Finance"]["canView"] is False


def test_without_a_name_the_address_is_one(admin, anonymous, mailbox):
    _, token = invited(admin, mailbox)
    assert (
        anonymous.post(PATH, {"token": token, "password": NEW_PASSWORD}).json()["seat"]["name"] == "demo.new"
    )


def test_a_known_user_gives_their_password(token, anonymous, tenant, other_tenant):
    user = make_user(ADDRESS)
    make_seat(other_tenant, user=user)
    version = user.token_version
    for given, refusal in (("", "not_authenticated"), ("not-the-password", "invalid_credentials")):
        assert problem(anonymous.post(PATH, {"token": token, "password": given})) == (401, refusal)
    assert not tenant.seats.filter(user=user).exists()
    answer = anonymous.post(PATH, {"token": token, "password": PASSWORD})
    assert answer.status_code == 200
    assert [row["id"] for row in answer.json()["tenants"]] == [str(other_tenant.id), str(tenant.id)]
    user.refresh_from_db()
    assert user.token_version == version  # their other sessions go on
    assert user.check_password(PASSWORD)


def test_wrong_passwords_are_counted_as_at_signing_in(token, anonymous):
    make_user(ADDRESS)
    wrong = {"token": token, "password": "not-the-password"}
    assert {anonymous.post(PATH, wrong).status_code for _ in range(10)} == {401}
    assert problem(anonymous.post(PATH, {**wrong, "password": PASSWORD})) == (429, "rate_limited")
    assert not seats_of(ADDRESS).exists()


def test_a_known_user_is_signed_in(token, tenant, other_tenant):
    user = make_user(ADDRESS)
    client = Client(make_seat(other_tenant, user=user))
    assert client.post(PATH, {"token": token}).status_code == 200
    assert tenant.seats.filter(user=user).count() == 1


def test_somebody_else_does_not_accept_it(token, admin, member):
    make_user(ADDRESS)
    assert problem(admin.post(PATH, {"token": token})) == (403, "permission_denied")
    assert problem(member("staff").post(PATH, {"token": token})) == (403, "permission_denied")
    assert not seats_of(ADDRESS).exists()
    assert Invitation.objects.count() == 1


def test_a_bad_access_token_does_not_hinder_a_password(token, other_tenant):
    user = make_user(ADDRESS)
    client = Client(make_seat(other_tenant, user=user))
    user.token_version += 1
    user.save()
    assert problem(client.post(PATH, {"token": token})) == (401, "token_revoked")
    assert client.post(PATH, {"token": token, "password": PASSWORD}).status_code == 200


def test_whoever_has_a_second_factor_signs_in_first(token, anonymous, settings):
    settings.SUPER_ADMIN_TOTP = True
    make_user(ADDRESS, is_super_admin=True)
    body = {"token": token, "password": PASSWORD}
    assert problem(anonymous.post(PATH, body)) == (401, "totp_required")
    assert not seats_of(ADDRESS).exists()


def test_a_platforms_deactivated_user_stays_out(token, anonymous):
    make_user(ADDRESS, is_active=False)
    assert problem(anonymous.post(PATH, {"token": token, "password": PASSWORD})) == (
        403,
        "account_deactivated",
    )
    assert not seats_of(ADDRESS).exists()


def test_whoever_registered_the_address_before_loses_everything(
    token, tenant, other_tenant, anonymous, registered
):
    """No pre-hijack: the invitation proves the address, and ends what came before the proof."""
    hijacker = make_user(ADDRESS)
    seat = make_seat(other_tenant, user=hijacker)
    answer = Client().post("/auth/login", {"email": ADDRESS, "password": PASSWORD}).json()
    User.objects.filter(id=hijacker.id).update(email_verified_at=None)
    registered(email=ADDRESS, password="the-hijackers-password")
    # their own password is no proof of the address, it is the new one
    assert anonymous.post(PATH, {"token": token, "password": NEW_PASSWORD}).status_code == 200
    early = Client()
    early.credentials(HTTP_AUTHORIZATION=f"Bearer {answer['accessToken']}")
    assert problem(early.get("/users/me")) == (401, "token_revoked")
    assert problem(Client(seat).get("/users/me")) == (401, "token_revoked")
    refresh = Client().post("/auth/refresh", {"refreshToken": answer["refreshToken"]})
    assert problem(refresh) == (401, "token_revoked")
    assert not PendingRegistration.objects.exists()
    for password, status in ((PASSWORD, 401), ("the-hijackers-password", 401), (NEW_PASSWORD, 200)):
        assert Client().post("/auth/login", {"email": ADDRESS, "password": password}).status_code == status
    assert Session.objects.filter(user=hijacker).count() == 3


def test_being_signed_in_proves_no_address(token, other_tenant):
    user = make_user(ADDRESS)
    client = Client(make_seat(other_tenant, user=user))
    User.objects.filter(id=user.id).update(email_verified_at=None)
    assert field_errors(client.post(PATH, {"token": token})) == {("password", "required")}
    assert seats_of(ADDRESS).count() == 1


def test_the_limit_is_checked_again(token, anonymous, tenant, limited):
    body = {"token": token, "password": NEW_PASSWORD}
    limited(1)  # the plan has come down since
    assert problem(anonymous.post(PATH, body)) == (403, "plan_limit_reached")
    assert used(tenant) == 2
    assert not User.objects.filter(email_key=ADDRESS).exists()
    limited(2)
    assert anonymous.post(PATH, body).status_code == 200
    assert used(tenant) == 2


def test_closed_tenants_take_nobody(token, anonymous, tenant, limited):
    body = {"token": token, "password": NEW_PASSWORD}
    Tenant.objects.filter(id=tenant.id).update(status="suspended")
    assert problem(anonymous.post(PATH, body)) == (403, "tenant_suspended")
    Tenant.objects.filter(id=tenant.id).update(status="active", schema_ready=False)
    assert problem(anonymous.post(PATH, body)) == (503, "unavailable")
    Tenant.objects.filter(id=tenant.id).update(schema_ready=True)
    entitlements.answer_with(lambda one: Entitlements({}, read_only=True))
    assert problem(anonymous.post(PATH, body)) == (402, "subscription_required")
    assert Invitation.objects.count() == 1
    assert not User.objects.filter(email_key=ADDRESS).exists()


def test_seven_days_and_not_longer(token, anonymous):
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert problem(anonymous.post(PATH, {"token": token, "password": NEW_PASSWORD})) == (410, "expired")
