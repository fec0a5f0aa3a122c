"""New passwords: by a mailed code, or by the current one. All sessions end, one goes on."""

import threading
from datetime import timedelta

import pytest

from accounts import passwords
from accounts.models import OneTimeCode, PendingRegistration, Session, User
from accounts.tests.conftest import REGISTRATION
from nextgenerp.core.exceptions import Unavailable
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import PASSWORD, make_seat, make_user

EMAIL = "demo.person@example.com"
NEW = "another-horse-battery"


@pytest.fixture
def seat(tenant):
    return make_seat(tenant, user=make_user(EMAIL), first_name="Demo")


@pytest.fixture
def signed_in(anonymous, seat):
    body = anonymous.post("/auth/login", {"email": EMAIL, "password": PASSWORD}).json()
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {body['accessToken']}")
    return body


def problem(response):
    return response.status_code, response.json()["code"]


def reset(client, code, password=NEW, email=EMAIL):
    return client.post("/auth/reset-password", {"email": email, "otp": code, "newPassword": password})


def password_is(password):
    return User.objects.get(email_key=EMAIL).check_password(password)


# Forgotten


def test_a_mailed_code_sets_a_new_password_and_ends_all_sessions(anonymous, signed_in, mailbox):
    response = anonymous.post("/auth/forgot-password", {"email": EMAIL})
    assert (response.status_code, response.json()) == (200, {"email": EMAIL})
    code = mailbox.code(EMAIL)
    assert "Hello Demo," in mailbox.to(EMAIL)[0].body
    response = reset(anonymous, code)
    assert (response.status_code, response.json()) == (200, {"email": EMAIL})
    assert password_is(NEW)
    assert not password_is(PASSWORD)
    assert problem(anonymous.get("/users/me")) == (401, "token_revoked")
    refreshed = anonymous.post("/auth/refresh", {"refreshToken": signed_in["refreshToken"]})
    assert problem(refreshed) == (401, "token_revoked")
    assert problem(reset(anonymous, code, "a-third-horse-battery")) == (400, "invalid_otp")
    assert password_is(NEW)


def test_a_reset_verifies_the_address_and_drops_what_is_pending_for_it(anonymous, seat, mailbox):
    User.objects.update(email_verified_at=None)
    anonymous.post("/auth/register", {**REGISTRATION, "email": EMAIL})
    anonymous.post("/auth/forgot-password", {"email": EMAIL})
    assert reset(anonymous, mailbox.code(EMAIL)).status_code == 200
    assert User.objects.get(email_key=EMAIL).email_verified_at is not None
    assert not PendingRegistration.objects.exists()
    assert anonymous.post("/auth/login", {"email": EMAIL, "password": NEW}).status_code == 200


def test_an_unknown_address_gets_the_same_answer_and_no_mail(anonymous, db, tenants, mailbox):
    response = anonymous.post("/auth/forgot-password", {"email": "nobody@example.com"})
    assert (response.status_code, response.json()) == (200, {"email": "nobody@example.com"})
    assert mailbox.to("nobody@example.com") == []


def test_five_wrong_codes_lock(anonymous, seat, mailbox):
    anonymous.post("/auth/forgot-password", {"email": EMAIL})
    code = mailbox.code(EMAIL)
    wrong = "000000" if code != "000000" else "000001"
    assert [problem(reset(anonymous, wrong)) for _ in range(5)] == [(400, "invalid_otp")] * 5
    response = reset(anonymous, code)
    assert problem(response) == (429, "otp_locked")
    assert int(response["Retry-After"]) > 0
    assert password_is(PASSWORD)


def test_an_expired_code(anonymous, seat, mailbox):
    anonymous.post("/auth/forgot-password", {"email": EMAIL})
    code = mailbox.code(EMAIL)
    row = OneTimeCode.objects.get()
    row.expires_at -= timedelta(minutes=10)
    row.save()
    assert problem(reset(anonymous, code)) == (400, "invalid_otp")
    assert password_is(PASSWORD)


def test_codes_of_one_purpose_are_worth_nothing_for_another(anonymous, seat, mailbox):
    anonymous.post("/auth/register", {**REGISTRATION, "email": "other.person@example.com"})
    verification = mailbox.code("other.person@example.com")
    anonymous.post("/auth/forgot-password", {"email": "other.person@example.com"})
    response = reset(anonymous, verification, email="other.person@example.com")
    assert problem(response) == (400, "invalid_otp")


def test_one_mail_a_minute(anonymous, seat, mailbox):
    for _ in range(3):
        assert anonymous.post("/auth/forgot-password", {"email": EMAIL}).status_code == 200
    assert len(mailbox.to(EMAIL)) == 1
    assert reset(anonymous, mailbox.code(EMAIL)).status_code == 200


def test_every_try_of_a_code_hashes_once(anonymous, seat, mailbox, hashes):
    anonymous.post("/auth/forgot-password", {"email": EMAIL})
    efforts = []
    for email in (EMAIL, "nobody@example.com"):
        hashes.clear()
        reset(anonymous, "000000", email=email)
        efforts.append(list(hashes))
    assert efforts == [["encode"], ["encode"]]


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short", "password_too_short"),
        ("x" * 129, "max_length"),
        ("demo.person@exam", "password_too_similar"),
    ],
)
def test_a_weak_password_uses_up_no_code(anonymous, seat, mailbox, password, code):
    anonymous.post("/auth/forgot-password", {"email": EMAIL})
    otp = mailbox.code(EMAIL)
    response = reset(anonymous, otp, password)
    assert response.status_code == 400
    assert (response.json()["errors"][0]["field"], response.json()["errors"][0]["code"]) == (
        "newPassword",
        code,
    )
    assert reset(anonymous, otp).status_code == 200


# Changed


def change(client, current=PASSWORD, new=NEW):
    return client.post("/users/me/change-password", {"currentPassword": current, "newPassword": new})


def test_changing_the_password_ends_the_other_sessions(anonymous, signed_in):
    other = Client()
    elsewhere = other.post("/auth/login", {"email": EMAIL, "password": PASSWORD}).json()
    response = change(anonymous)
    body = response.json()
    assert response.status_code == 200
    assert set(body) == {"accessToken", "refreshToken", "expiresIn"}
    assert password_is(NEW)
    for old in (signed_in, elsewhere):
        other.credentials(HTTP_AUTHORIZATION=f"Bearer {old['accessToken']}")
        assert problem(other.get("/users/me")) == (401, "token_revoked")
        refreshed = anonymous.post("/auth/refresh", {"refreshToken": old["refreshToken"]})
        assert problem(refreshed) == (401, "token_revoked")
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {body['accessToken']}")
    assert anonymous.get("/users/me").status_code == 200
    assert anonymous.post("/auth/refresh", {"refreshToken": body["refreshToken"]}).status_code == 200


def test_a_wrong_current_password_changes_nothing_and_counts(anonymous, signed_in):
    for _ in range(10):
        response = change(anonymous, "wrong-horse-battery")
        assert response.status_code == 400
        assert response.json()["errors"][0]["code"] == "incorrect_password"
    assert problem(change(anonymous)) == (429, "rate_limited")
    assert password_is(PASSWORD)
    assert Session.objects.count() == 1
    assert anonymous.get("/users/me").status_code == 200


def test_a_weak_new_password_changes_nothing(anonymous, signed_in):
    assert change(anonymous, new="password12").json()["errors"][0]["field"] == "newPassword"
    assert password_is(PASSWORD)


def test_without_a_password_there_is_nothing_to_change(anonymous, signed_in, seat):
    User.objects.filter(id=seat.user_id).update(password="!unusable")
    assert problem(change(anonymous)) == (409, "no_password")


def test_changing_needs_a_token(anonymous, db):
    assert problem(change(anonymous)) == (401, "not_authenticated")


def test_any_new_password_ends_every_session(anonymous, signed_in, seat):
    user = User.objects.get(id=seat.user_id)
    user.set_password(NEW)
    user.save(update_fields=["password"])
    assert problem(anonymous.get("/users/me")) == (401, "token_revoked")
    assert password_is(NEW)


# Hashing


def test_few_hashes_are_computed_at_once(monkeypatch):
    monkeypatch.setattr(passwords, "_turns", threading.BoundedSemaphore(1))
    monkeypatch.setattr(passwords, "PATIENCE", 0)
    with passwords.turn(), pytest.raises(Unavailable):
        passwords.is_password_of(None, "x")
    assert passwords.is_password_of(None, "x") is False
