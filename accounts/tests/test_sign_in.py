"""Signing in: who may, where they land, what a failure tells, and how often one may fail."""

from datetime import timedelta

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.utils import timezone

from accounts.models import Membership, Session, SignInFailures, Tenant, User
from accounts.services import attempts
from accounts.tests.conftest import REGISTRATION
from nextgenerp.core.exceptions import RateLimited
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import PASSWORD, make_seat, make_user

EMAIL = "demo.person@example.com"


@pytest.fixture
def seat(tenant):
    return make_seat(tenant, "manager", user=make_user(EMAIL), first_name="Demo", last_name="Person")


def login(client, email=EMAIL, password=PASSWORD, **more):
    return client.post("/auth/login", {"email": email, "password": password, **more})


def problem(response):
    return response.status_code, response.json()["code"]


def test_the_answer_has_all_a_client_needs(anonymous, seat, tenant):
    response = login(anonymous)
    body = response.json()
    assert response.status_code == 200
    assert set(body) == {
        "accessToken", "refreshToken", "expiresIn", "user", "tenant", "seat", "role", "tenants", "permissions",
    }  # fmt: skip
    assert body["user"]["id"] == str(seat.user_id)
    assert body["user"]["emailVerified"] is True
    assert body["tenant"]["id"] == str(tenant.id)
    assert body["seat"]["name"] == "Demo Person"
    assert body["role"] == "manager"
    assert body["tenants"] == [
        {
            "id": str(tenant.id), "name": tenant.name, "slug": tenant.slug, "role": "manager", "isRoot": True,
            "parentId": None, "status": "active", "isCurrent": True,
        }
    ]  # fmt: skip
    assert body["permissions"]["Setup"] == {
        "canView": True, "canCreate": True, "canEdit": True, "canDelete": False, "canExport": True, "scope": "team",
    }  # fmt: skip
    assert body["expiresIn"] == 900
    assert response["Cache-Control"] == "no-store"
    seat.refresh_from_db()
    assert seat.last_login_at is not None
    assert seat.version == 1
    assert User.objects.get(id=seat.user_id).last_tenant_id == tenant.id


def test_a_wrong_password_and_an_unknown_address_are_one_answer_and_one_effort(anonymous, seat, hashes):
    answers = []
    for email in (EMAIL, "nobody@example.com"):
        hashes.clear()
        response = login(anonymous, email, "wrong-horse-battery")
        assert response["WWW-Authenticate"].startswith("Bearer")
        answers.append((response.status_code, {**response.json(), "requestId": ""}, len(hashes)))
    assert answers[0] == answers[1]
    assert (answers[0][0], answers[0][1]["code"], answers[0][2]) == (401, "invalid_credentials", 2)
    assert not Session.objects.exists()


def test_a_user_without_a_password_takes_as_long(anonymous, seat, hashes):
    seat.user.set_unusable_password()
    seat.user.save()
    hashes.clear()
    assert problem(login(anonymous)) == (401, "invalid_credentials")
    assert len(hashes) == 2


def test_an_unproved_address_is_told_so_after_the_right_password_only(anonymous, tenants, registered):
    registered()
    email = REGISTRATION["email"]
    assert problem(login(anonymous, email, "wrong-horse-battery")) == (401, "invalid_credentials")
    assert problem(login(anonymous, email)) == (403, "email_not_verified")


def test_an_unverified_user_is_told_so_after_the_right_password_only(anonymous, seat):
    User.objects.update(email_verified_at=None)
    assert problem(login(anonymous, password="wrong-horse-battery")) == (401, "invalid_credentials")
    assert problem(login(anonymous)) == (403, "email_not_verified")


def test_registering_a_known_address_does_not_tell_that_it_is_known(anonymous, seat, mailbox):
    for email in (EMAIL, "unknown.person@example.com"):
        anonymous.post(
            "/auth/register", {**REGISTRATION, "email": email, "password": "an-attackers-password"}
        )
        assert problem(login(anonymous, email, "an-attackers-password")) == (403, "email_not_verified")
    assert login(anonymous).status_code == 200


def test_ten_failures_lock_an_address_for_a_place(anonymous, seat, hashes):
    for _ in range(10):
        assert problem(login(anonymous, password="wrong-horse-battery")) == (401, "invalid_credentials")
    hashes.clear()
    response = login(anonymous)
    assert problem(response) == (429, "rate_limited")
    assert hashes == []
    assert 890 <= int(response["Retry-After"]) <= 901
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert login(elsewhere).status_code == 200
    assert login(anonymous, "nobody@example.com").status_code == 401
    SignInFailures.objects.update(since=timezone.now() - timedelta(minutes=15))
    assert login(anonymous).status_code == 200


def test_a_guess_that_is_finished_after_the_tenth_failure_is_not_told(anonymous, seat, monkeypatch):
    verify = Argon2PasswordHasher.verify

    def verify_while_others_fail(self, password, encoded):
        for _ in range(10):
            attempts.count_failure(EMAIL, "127.0.0.1")
        return verify(self, password, encoded)

    monkeypatch.setattr(Argon2PasswordHasher, "verify", verify_while_others_fail)
    assert problem(login(anonymous)) == (429, "rate_limited")
    assert not Session.objects.exists()


def test_unknown_addresses_lock_alike(anonymous, tenants, db):
    answers = [problem(login(anonymous, "nobody@example.com")) for _ in range(11)]
    assert answers == [(401, "invalid_credentials")] * 10 + [(429, "rate_limited")]


def test_a_success_forgets_the_failures_of_the_address(anonymous, seat):
    for _ in range(2):
        for _ in range(9):
            login(anonymous, password="wrong-horse-battery")
        assert login(anonymous).status_code == 200


def test_a_hundred_failures_lock_a_place(anonymous, seat):
    for number in range(100):
        attempts.count_failure(f"guess-{number}@example.com", "127.0.0.1")
    assert problem(login(anonymous)) == (429, "rate_limited")
    assert login(Client(REMOTE_ADDR="192.0.2.7")).status_code == 200


def test_an_ipv6_customer_is_one_place(db):
    for number in range(100):
        attempts.count_failure(f"guess-{number}@example.com", f"2001:db8:0:1::{number:x}")
    with pytest.raises(RateLimited):
        attempts.refuse_exhausted("other@example.com", "2001:db8:0:1:ffff::1")
    attempts.refuse_exhausted("other@example.com", "2001:db8:0:2::1")


def test_places():
    assert attempts.network_of("2001:db8:0:1:ffff::1") == "2001:db8:0:1::/64"
    assert attempts.network_of("192.0.2.7") == attempts.network_of("::ffff:192.0.2.7") == "192.0.2.7"
    assert attempts.network_of("") == ""


def test_without_an_active_seat_there_is_no_way_in(anonymous, seat):
    seat.is_active = False
    seat.save()
    assert problem(login(anonymous, password="wrong-horse-battery")) == (401, "invalid_credentials")
    assert problem(login(anonymous)) == (403, "account_deactivated")
    assert not Session.objects.exists()


def test_a_deactivated_user_stays_out(anonymous, seat):
    User.objects.update(is_active=False)
    assert problem(login(anonymous)) == (403, "account_deactivated")


def test_where_one_lands(anonymous, seat, tenant, other_tenant):
    other = make_seat(other_tenant, user=seat.user)
    assert login(anonymous).json()["tenant"]["id"] == str(tenant.id)  # the first, none was used
    User.objects.update(last_tenant_id=other_tenant.id)
    assert login(anonymous).json()["tenant"]["id"] == str(other_tenant.id)
    Tenant.objects.filter(id=other_tenant.id).update(status="suspended")
    assert login(anonymous).json()["tenant"]["id"] == str(tenant.id)
    Tenant.objects.filter(id=other_tenant.id).update(status="active")
    User.objects.update(last_tenant_id=other_tenant.id)
    Membership.objects.filter(id=other.id).update(is_active=False)
    body = login(anonymous).json()
    assert body["tenant"]["id"] == str(tenant.id)
    assert len(body["tenants"]) == 1


def test_a_long_password_is_refused_before_it_is_hashed(anonymous, seat, hashes):
    hashes.clear()
    assert login(anonymous, password="x" * 129).status_code == 400
    assert hashes == []


def test_a_body_that_is_wrong_by_itself(anonymous, db):
    assert anonymous.post("/auth/login", {"email": EMAIL}).json()["errors"][0]["field"] == "password"
    response = anonymous.post("/auth/login", {"email": EMAIL, "password": ["list"]})
    assert response.status_code == 400
    assert problem(anonymous.post("/auth/login?next=/", {"email": EMAIL, "password": "x"})) == (
        400,
        "unknown_parameter",
    )
    assert anonymous.get("/auth/login").status_code == 405


def test_signing_in_takes_a_fixed_number_of_statements(anonymous, seat, other_tenant, queries):
    with queries() as first:
        login(anonymous)
    make_seat(other_tenant, user=seat.user)
    with queries() as second:
        login(anonymous)
    assert len(first) == len(second) <= 10
