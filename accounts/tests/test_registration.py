"""Signing up: pending until the address is proved, then user, organization and tenant at once."""

from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.utils import timezone

from accounts.models import Membership, OneTimeCode, Organization, PendingRegistration, Tenant, User
from accounts.services import registration
from accounts.tests.conftest import REGISTRATION
from nextgenerp.core.models import HistoryEntry, UsageCounter
from nextgenerp.core.tenancy import tenant_context
from nextgenerp.database.models import DeferredTask
from nextgenerp.testing.factories import PASSWORD, make_user

EMAIL = REGISTRATION["email"]


def verify(client, code, email=EMAIL):
    return client.post("/auth/verify-otp", {"email": email, "otp": code})


def problem(response):
    return response.status_code, response.json()["code"]


def counts():
    return [model.objects.count() for model in (User, Organization, Tenant, Membership)]


def move_codes(**ago):
    """Let time pass for every code."""
    for row in OneTimeCode.objects.all():
        row.expires_at -= timedelta(**ago)
        row.asked_at = [moment - timedelta(**ago) for moment in row.asked_at]
        row.save()


def test_registering_makes_nothing_but_a_pending_registration(anonymous, tenants, db):
    before = counts()
    response = anonymous.post("/auth/register", REGISTRATION)
    assert response.status_code == 201
    assert response.json() == {"email": EMAIL, "requiresVerification": True}
    assert counts() == before
    pending = PendingRegistration.objects.get()
    assert pending.email_key == EMAIL
    assert pending.password.startswith("argon2$argon2id$")
    assert PASSWORD not in str(pending.details)


def test_the_code_opens_user_organization_and_tenant(anonymous, tenants, registered):
    code = registered(
        lastName="Person", phone="98765 43210", companyName="Demo Works & Söhne", gstin="27aapfu0939f1zv"
    )
    before = counts()
    response = verify(anonymous, code)
    body = response.json()
    assert response.status_code == 200
    assert counts() == [count + 1 for count in before]
    seat = Membership.objects.select_related("tenant__organization", "user").get(id=body["seat"]["id"])
    tenant = seat.tenant
    assert (tenant.name, tenant.organization.name, tenant.slug) == (
        "Demo Works & Söhne", "Demo Works & Söhne", "demo-works-sohne",
    )  # fmt: skip
    assert (tenant.gstin, tenant.state_code, tenant.parent_id, tenant.status) == (
        "27AAPFU0939F1ZV",
        "27",
        None,
        "active",
    )
    assert (seat.role, seat.first_name, seat.last_name, seat.phone) == (
        "tenant_admin", "Demo", "Person", "+919876543210",
    )  # fmt: skip
    assert seat.user.email_verified_at is not None
    assert seat.user.check_password(PASSWORD)
    assert body["tenant"]["id"] == str(tenant.id)
    assert body["role"] == "tenant_admin"
    assert body["expiresIn"] == 900
    assert not PendingRegistration.objects.exists()
    with tenant_context(tenant):
        assert UsageCounter.objects.get(key="users").used == 1
        assert HistoryEntry.objects.get().action == "created"
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {body['accessToken']}")
    me = anonymous.get("/users/me")
    assert me.status_code == 200
    assert me.json()["user"]["email"] == EMAIL


def test_a_code_works_once(anonymous, tenants, registered):
    code = registered()
    assert verify(anonymous, code).status_code == 200
    before = counts()
    assert problem(verify(anonymous, code)) == (400, "invalid_otp")
    assert counts() == before


def test_two_companies_of_one_name_get_different_slugs(anonymous, tenants, registered):
    verify(anonymous, registered())
    verify(anonymous, registered(email="second.owner@example.com"), "second.owner@example.com")
    first, second = Tenant.objects.filter(name="Demo Works").order_by("id").values_list("slug", flat=True)
    assert first == "demo-works"
    assert second.startswith("demo-works-")
    assert len(second) == len("demo-works-") + 8


def test_wrong_expired_and_unknown_codes_are_one_answer(anonymous, tenants, registered):
    code = registered()
    before = counts()
    wrong = verify(anonymous, "000000" if code != "000000" else "000001")
    unknown = verify(anonymous, code, "nobody@example.com")
    move_codes(minutes=11)
    expired = verify(anonymous, code)
    answers = [{**one.json(), "requestId": ""} for one in (wrong, unknown, expired)]
    assert answers[0] == answers[1] == answers[2]
    assert (wrong.status_code, answers[0]["code"]) == (400, "invalid_otp")
    assert counts() == before


def test_five_wrong_tries_kill_a_code(anonymous, tenants, registered):
    code = registered()
    before = counts()
    for _ in range(5):
        assert problem(verify(anonymous, "x" * 6)) == (400, "invalid_otp")
    response = verify(anonymous, code)
    assert problem(response) == (429, "otp_locked")
    assert 0 < int(response["Retry-After"]) <= 601
    assert counts() == before
    assert OneTimeCode.objects.get().wrong_tries == 5


def test_codes_of_addresses_with_an_account_lock_alike(anonymous, tenants, registered):
    make_user(EMAIL)
    anonymous.post("/auth/register", REGISTRATION)
    answers = [problem(verify(anonymous, "000000")) for _ in range(6)]
    assert answers == [(400, "invalid_otp")] * 5 + [(429, "otp_locked")]
    for path in ("/auth/forgot-password", "/auth/resend-otp"):
        assert anonymous.post(path, {"email": "nobody@example.com"}).status_code == 200
    resets = {"email": "nobody@example.com", "otp": "000000", "newPassword": "another-horse-battery"}
    assert [problem(anonymous.post("/auth/reset-password", resets)) for _ in range(6)] == answers
    assert [problem(verify(anonymous, "000000", "nobody@example.com")) for _ in range(6)] == answers


def test_an_address_with_an_account_gets_another_mail_and_the_same_answer(
    anonymous, tenants, mailbox, hashes
):
    user = make_user(EMAIL)
    hashes.clear()
    response = anonymous.post("/auth/register", {**REGISTRATION, "password": "another-horse-battery"})
    assert (response.status_code, response.json()) == (201, {"email": EMAIL, "requiresVerification": True})
    assert hashes == ["encode"]
    [message] = mailbox.to(EMAIL)
    assert message.subject == "You already have a NextGenERP account"
    assert "http://127.0.0.1" in message.body or "http://localhost" in message.body
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_known_and_unknown_addresses_cost_the_same_statements(anonymous, tenants, db, queries):
    make_user("known@example.com")
    for path, more in (
        ("/auth/register", REGISTRATION),
        ("/auth/resend-otp", {}),
        ("/auth/forgot-password", {}),
    ):
        seen = []
        for email in ("known@example.com", "unknown@example.com"):
            with queries() as statements:
                anonymous.post(path, {**more, "email": email})
            seen.append([statement.split("VALUES")[0][:40] for statement in statements])
        assert seen[0] == seen[1]


def test_the_latest_registration_replaces_earlier_ones(anonymous, tenants, registered):
    first = registered(password="the-first-password")
    second = registered(password="the-second-password", companyName="Demo Second")
    if first != second:
        assert problem(verify(anonymous, first)) == (400, "invalid_otp")
    assert verify(anonymous, second).json()["tenant"]["name"] == "Demo Second"
    user = User.objects.get(email_key=EMAIL)
    assert user.check_password("the-second-password")
    assert not user.check_password("the-first-password")


def test_a_replaced_registration_kills_the_code_even_when_no_mail_may_be_sent(
    anonymous, tenants, registered, mailbox
):
    codes = [registered(password=f"the-password-{number}") for number in range(5)]
    anonymous.post("/auth/register", {**REGISTRATION, "password": "somebody-elses-password"})
    assert len(mailbox.to(EMAIL)) == 5
    assert problem(verify(anonymous, codes[-1])) == (400, "invalid_otp")
    assert not User.objects.filter(email_key=EMAIL).exists()


def test_resend_is_limited_alike_for_everybody(anonymous, tenants, registered, mailbox):
    registered()
    for email in (EMAIL, "nobody@example.com"):
        response = anonymous.post("/auth/resend-otp", {"email": email})
        assert (response.status_code, response.json()) == (200, {"email": email})
    assert len(mailbox.to(EMAIL)) == 1  # the minute is not over
    for sent in (2, 3, 4, 5, 5):
        move_codes(seconds=61)
        assert anonymous.post("/auth/resend-otp", {"email": EMAIL}).status_code == 200
        assert len(mailbox.to(EMAIL)) == sent
    assert mailbox.to("nobody@example.com") == []
    assert verify(anonymous, mailbox.code(EMAIL)).status_code == 200


def test_nobody_is_hijacked_through_an_unverified_account(anonymous, tenants, registered, settings):
    user = make_user(EMAIL)
    User.objects.filter(id=user.id).update(email_verified_at=None)
    code = registered(password="the-owners-password")
    assert verify(anonymous, code).status_code == 200
    user.refresh_from_db()
    assert user.check_password("the-owners-password")
    assert not user.check_password(PASSWORD)
    assert user.token_version == 2


def test_an_address_verified_in_the_meantime_is_left_alone(anonymous, tenants, registered):
    code = registered()
    user = make_user(EMAIL)
    before = counts()
    assert problem(verify(anonymous, code)) == (400, "invalid_otp")
    assert counts() == before
    assert User.objects.get(id=user.id).check_password(PASSWORD)


def test_a_failure_leaves_no_rows_and_the_code_unspent(anonymous, tenants, registered, monkeypatch):
    code = registered()
    before = counts()
    make = registration.open_organization

    def fail(*args, **kwargs):
        make(*args, **kwargs)
        raise IntegrityError

    monkeypatch.setattr(registration, "open_organization", fail)
    assert verify(anonymous, code).status_code == 409
    assert counts() == before
    monkeypatch.undo()
    assert verify(anonymous, code).status_code == 200


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"password": "short-one"}, "password", "password_too_short"),
        ({"password": "x" * 129}, "password", "max_length"),
        ({"password": "password123456"}, "password", "password_too_common"),
        ({"password": "1234567890123"}, "password", "password_entirely_numeric"),
        ({"password": "demo.owner@example"}, "password", "password_too_similar"),
        ({"firstName": ""}, "firstName", "blank"),
        ({"companyName": "x" * 201}, "companyName", "max_length"),
        ({"email": "not an address"}, "email", "invalid_email"),
        ({"email": "a@example.com\r\nBcc: b@example.com"}, "", "parse_error"),
        ({"phone": "12"}, "phone", "invalid_phone"),
        ({"gstin": "27AAPFU0939F1ZW"}, "gstin", "invalid_gstin"),
        ({"gstin": "27AAPFU0939F1ZV", "state": "Karnataka"}, "state", "state_mismatch"),
        ({"state": "Atlantis"}, "state", "invalid_state"),
        ({"role": "super_admin"}, "role", "unknown_field"),
    ],
)
def test_refused_registrations_write_nothing(anonymous, tenants, db, fields, field, code):
    response = anonymous.post("/auth/register", {**REGISTRATION, **fields})
    assert response.status_code == 400
    body = response.json()
    found = {(error["field"], error["code"]) for error in body.get("errors", [])} or {("", body["code"])}
    assert (field, code) in found
    assert not PendingRegistration.objects.exists()
    assert not OneTimeCode.objects.exists()
    assert not DeferredTask.objects.exists()


@pytest.mark.parametrize("state", ["Maharashtra", "27", " maharashtra "])
def test_a_state_by_name_or_code(anonymous, tenants, registered, state):
    assert verify(anonymous, registered(state=state)).json()["tenant"]["stateCode"] == "27"


def test_addresses_are_compared_by_their_normal_form(anonymous, tenants, registered):
    code = registered(email="Demo.Owner@Example.com")
    assert verify(anonymous, code, "ｄemo.owner@EXAMPLE.com").status_code == 200
    response = anonymous.post("/auth/login", {"email": "DEMO.OWNER@example.com", "password": PASSWORD})
    assert response.status_code == 200
    assert response.json()["user"]["email"] == "Demo.Owner@Example.com"


def test_a_password_is_never_trimmed(anonymous, tenants, registered):
    password = "  spaces around it  "
    verify(anonymous, registered(password=password))
    login = {"email": EMAIL, "password": password}
    assert anonymous.post("/auth/login", {**login, "password": password.strip()}).status_code == 401
    assert anonymous.post("/auth/login", login).status_code == 200


def test_codes_are_stored_hashed_with_a_key(anonymous, tenants, registered, settings):
    code = registered()
    row = OneTimeCode.objects.get()
    assert len(row.code_hash) == 64
    assert code not in row.code_hash
    assert row.expires_at - timezone.now() <= timedelta(minutes=10)
    settings.SECRET_KEY = "another-secret-key-of-at-least-thirty-two-characters"
    assert problem(verify(anonymous, code)) == (400, "invalid_otp")
