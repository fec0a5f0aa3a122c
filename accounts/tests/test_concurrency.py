"""What happens at the same moment: guesses, refreshes, verifications, each with threads that start together."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, transaction

from accounts.models import (
    Authenticator,
    Membership,
    OneTimeCode,
    Organization,
    RefreshToken,
    Session,
    Tenant,
    User,
)
from accounts.services import codes, registration
from accounts.services.codes import Purpose
from accounts.tests.conftest import REGISTRATION
from accounts.tests.test_super_admins import code_of
from nextgenerp.core.provisioning import fill_spares
from nextgenerp.core.tenancy import leave_tenant
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import PASSWORD, make_seat, make_user

EMAIL = REGISTRATION["email"]
AT_ONCE = 10


def together(requests):
    """Post ``(path, body)`` pairs from AT_ONCE threads that begin together; the answers as (status, code, body)."""
    barrier = Barrier(AT_ONCE)

    def run(share):
        try:
            client = Client()
            barrier.wait()
            return [client.post(path, body) for path, body in share]
        finally:
            leave_tenant()
            connection.close()

    shares = [requests[start::AT_ONCE] for start in range(AT_ONCE)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        responses = [response for share in pool.map(run, shares) for response in share]
    return [(one.status_code, one.json().get("code"), one.json()) for one in responses]


def register():
    registration.register(
        EMAIL,
        PASSWORD,
        first_name="Demo",
        last_name="",
        phone="",
        company_name="Demo Works",
        gstin="",
        state_code="",
    )
    with transaction.atomic():
        return codes.make(EMAIL, Purpose.VERIFY)


@pytest.fixture
def code(committing):
    return register()


def test_of_a_hundred_guesses_five_are_tried(code):
    guesses = [f"{number:06}" for number in range(100) if f"{number:06}" != code][:99]
    requests = [("/auth/verify-otp", {"email": EMAIL, "otp": guess}) for guess in guesses]
    requests.append(("/auth/verify-otp", {"email": EMAIL, "otp": code}))  # the last of one of the threads
    answers = [answer[:2] for answer in together(requests)]
    assert answers.count((400, "invalid_otp")) == 5
    assert answers.count((429, "otp_locked")) == 95
    assert OneTimeCode.objects.get().wrong_tries == 5
    assert not User.objects.filter(email_key=EMAIL).exists()


def test_one_code_makes_one_tenant(code, settings):
    settings.SPARE_SCHEMAS = 1
    fill_spares()  # making one takes long, and would let the others run into the limit of waiting
    before = Tenant.objects.count(), Organization.objects.count()
    answers = together([("/auth/verify-otp", {"email": EMAIL, "otp": code})] * AT_ONCE)
    assert sorted(answer[0] for answer in answers) == [200] + [400] * (AT_ONCE - 1)
    assert (Tenant.objects.count(), Organization.objects.count()) == (before[0] + 1, before[1] + 1)
    assert Membership.objects.filter(user__email_key=EMAIL).count() == 1


def test_of_fifty_refreshes_one_succeeds(committed_tenant, committing):
    seat = make_seat(committed_tenant)
    login = {"email": seat.user.email, "password": PASSWORD}
    token = Client().post("/auth/login", login).json()["refreshToken"]
    answers = together([("/auth/refresh", {"refreshToken": token})] * 50)
    assert sorted(answer[:2] for answer in answers if answer[0] != 200) == [(401, "token_revoked")] * 49
    [newer] = [answer[2] for answer in answers if answer[0] == 200]
    assert RefreshToken.objects.filter(session__user=seat.user).count() == 2
    assert Session.objects.get(user=seat.user).revoked_at is not None  # somebody else had the token too
    assert Client().post("/auth/refresh", {"refreshToken": newer["refreshToken"]}).status_code == 401


def test_of_fifty_password_guesses_ten_are_told(committed_tenant, committing):
    seat = make_seat(committed_tenant)
    wrong = {"email": seat.user.email, "password": "wrong-horse-battery"}
    answers = [answer[:2] for answer in together([("/auth/login", wrong)] * 50)]
    assert answers.count((401, "invalid_credentials")) == 10
    assert answers.count((429, "rate_limited")) == 40
    right = {**wrong, "password": PASSWORD}
    assert Client().post("/auth/login", right).status_code == 429


def test_one_code_of_an_authenticator_signs_in_once(committing, settings):
    settings.SUPER_ADMIN_TOTP = True
    user = make_user("demo.operator@example.com", is_super_admin=True)
    Authenticator.enrol(user)
    body = {"email": user.email, "password": PASSWORD, "totp": code_of(user)}
    answers = [answer[0] for answer in together([("/auth/login", body)] * AT_ONCE)]
    assert answers.count(200) == 1
    assert Session.objects.filter(user=user).count() == 1


def test_registrations_at_the_same_moment_leave_one(committing):
    requests = [
        ("/auth/register", {**REGISTRATION, "password": f"the-password-number-{number}"})
        for number in range(AT_ONCE)
    ]
    assert {answer[0] for answer in together(requests)} == {201}
    row = OneTimeCode.objects.get()
    assert len(row.asked_at) == 5
