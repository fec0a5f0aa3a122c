"""Super-admins: made at the console, let in with a second factor, at the API and at the admin site alike."""

from base64 import b32encode
from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from django.utils import timezone
from django_otp.oath import TOTP

from accounts.models import Authenticator, Session, User
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import PASSWORD, make_seat, make_user

EMAIL = "demo.operator@example.com"
SUPER_ADMIN_ROW = "/email/queue/stats"


def problem(response):
    return response.status_code, response.json()["code"]


@pytest.fixture
def operator(settings, tenant):
    """A super-admin with an authenticator where one is required."""
    settings.SUPER_ADMIN_TOTP = True
    user = make_user(EMAIL, is_super_admin=True)
    Authenticator.enrol(user)
    return user


def code_of(user, step=0):
    """The code the user's authenticator shows, or showed or will show ``step`` half minutes from now."""
    device = Authenticator.objects.get(user=user)
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    totp.time = timezone.now().timestamp() + 30 * step
    return f"{totp.token():06}"


def wrong_code(user):
    right = {code_of(user, step) for step in (-2, -1, 0, 1, 2)}
    return next(
        code for code in ("000000", "000001", "000002", "000003", "000004", "000005") if code not in right
    )


def login(client, **more):
    return client.post("/auth/login", {"email": EMAIL, "password": PASSWORD, **more})


def unlock(user):
    Authenticator.objects.filter(user=user).update(
        throttling_failure_count=0, throttling_failure_timestamp=None
    )


def test_the_second_factor_is_asked_for_after_the_right_password_only(anonymous, operator):
    assert problem(login(anonymous, password="wrong-horse-battery")) == (401, "invalid_credentials")
    assert problem(login(anonymous)) == (401, "totp_required")
    assert problem(login(anonymous, totp=wrong_code(operator))) == (401, "invalid_totp")
    assert not Session.objects.exists()
    unlock(operator)
    response = login(anonymous, totp=code_of(operator))
    body = response.json()
    assert response.status_code == 200
    assert (body["tenant"], body["role"], body["tenants"]) == (None, "super_admin", [])
    assert Session.objects.get().second_factor is True


def test_a_code_of_the_authenticator_works_once(anonymous, operator):
    code = code_of(operator)
    assert login(anonymous, totp=code).status_code == 200
    assert problem(login(anonymous, totp=code)) == (401, "invalid_totp")


def test_wrong_codes_make_one_wait(anonymous, operator):
    login(anonymous, totp=wrong_code(operator))
    response = login(anonymous, totp=code_of(operator))
    assert problem(response) == (429, "rate_limited")
    assert int(response["Retry-After"]) >= 1
    assert not Session.objects.exists()


def test_without_an_authenticator_there_is_no_way_in(anonymous, operator):
    Authenticator.objects.all().delete()
    assert problem(login(anonymous, totp="123456")) == (401, "invalid_totp")


def test_super_admin_rows_need_the_second_factor(anonymous, operator):
    tokens = login(anonymous, totp=code_of(operator)).json()
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens['accessToken']}")
    assert anonymous.get(SUPER_ADMIN_ROW).status_code == 200
    newer = anonymous.post("/auth/refresh", {"refreshToken": tokens["refreshToken"]}).json()
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {newer['accessToken']}")
    assert anonymous.get(SUPER_ADMIN_ROW).status_code == 200
    changed = {"currentPassword": PASSWORD, "newPassword": "another-horse-battery"}
    again = anonymous.post("/users/me/change-password", changed).json()
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {again['accessToken']}")
    assert anonymous.get(SUPER_ADMIN_ROW).status_code == 200
    without = Client(user=User.objects.get(id=operator.id))
    assert problem(without.get(SUPER_ADMIN_ROW)) == (403, "permission_denied")


def test_a_super_admin_with_a_seat_keeps_the_second_factor_from_tenant_to_tenant(
    anonymous, operator, tenant, other_tenant
):
    for one in (tenant, other_tenant):
        make_seat(one, user=operator)
    tokens = login(anonymous, totp=code_of(operator)).json()
    assert tokens["tenant"]["id"] == str(tenant.id)
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens['accessToken']}")
    switched = anonymous.post("/auth/switch-tenant", {"tenantId": str(other_tenant.id)}).json()
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {switched['accessToken']}")
    assert anonymous.get(SUPER_ADMIN_ROW).status_code == 200


def test_development_may_do_without(anonymous, operator, settings):
    settings.SUPER_ADMIN_TOTP = False
    body = login(anonymous).json()
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {body['accessToken']}")
    assert anonymous.get(SUPER_ADMIN_ROW).status_code == 200


# The admin site


def log_in(browser, **fields):
    return browser.post("/admin/login/?next=/admin/", {"username": EMAIL, "password": PASSWORD, **fields})


def is_in(browser):
    return "_auth_user_id" in browser.session


def test_the_console_asks_for_all_three(operator):
    browser = Browser()
    assert 'name="totp"' in browser.get("/admin/login/").content.decode()
    for fields in (
        {},
        {"totp": wrong_code(operator)},
        {"password": "wrong-horse-battery"},
        {"password": "x" * 200},
    ):
        assert log_in(browser, **fields).status_code == 200
        assert not is_in(browser)
    unlock(operator)
    assert log_in(browser, totp=code_of(operator)).status_code == 302
    assert is_in(browser)
    for path in ("", "accounts/organization/", "accounts/tenant/", "accounts/user/", "accounts/membership/"):
        assert browser.get(f"/admin/{path}").status_code == 200


def test_the_console_without_a_second_factor_in_development(operator, settings):
    settings.SUPER_ADMIN_TOTP = False
    browser = Browser()
    assert 'name="totp"' not in browser.get("/admin/login/").content.decode()
    assert log_in(browser).status_code == 302


def test_the_console_counts_failures_with_the_api(anonymous, operator):
    browser = Browser()
    for _ in range(10):
        log_in(browser, password="wrong-horse-battery")
    assert problem(login(anonymous, totp=code_of(operator))) == (429, "rate_limited")
    assert "Too many failed attempts" in log_in(browser, totp=code_of(operator)).content.decode()
    assert not is_in(browser)


def test_the_console_is_for_super_admins(tenant, settings):
    make_seat(tenant, "tenant_admin", user=make_user(EMAIL))
    browser = Browser()
    response = log_in(browser)
    assert response.status_code == 200
    assert "correct e-mail" in response.content.decode()
    assert not is_in(browser)


def test_a_session_of_the_console_ends_with_the_right_to_it(operator):
    browser = Browser()
    log_in(browser, totp=code_of(operator))
    assert browser.get("/admin/").status_code == 200
    User.objects.filter(id=operator.id).update(is_super_admin=False)
    assert browser.get("/admin/").status_code == 302


def test_lists_of_the_console_never_count(operator, tenant, queries):
    for _ in range(3):
        make_seat(tenant)
    browser = Browser()
    log_in(browser, totp=code_of(operator))
    for path in ("organization", "tenant", "user", "membership"):
        with queries() as seen:
            assert browser.get(f"/admin/accounts/{path}/?q=e").status_code == 200
        assert not [statement for statement in seen if "COUNT(" in statement]
        assert len(seen) <= 5
    assert browser.get(f"/admin/accounts/tenant/{tenant.id}/change/").status_code == 200
    assert browser.get("/admin/accounts/user/add/").status_code == 403
    deactivate = browser.post(f"/admin/accounts/user/{operator.id}/change/", {})
    assert deactivate.status_code in {200, 302}
    assert User.objects.get(id=operator.id).is_active is True


# The command


def create(*arguments, password=PASSWORD, monkeypatch):
    monkeypatch.setattr("sys.stdin", StringIO(f"{password}\n"))
    out = StringIO()
    call_command("create_super_admin", *arguments, stdout=out)
    return out.getvalue()


def test_creating_one_shows_the_authenticators_address_once(anonymous, tenants, db, settings, monkeypatch):
    settings.SUPER_ADMIN_TOTP = True
    out = create(EMAIL, "--password-stdin", monkeypatch=monkeypatch)
    user = User.objects.get(email_key=EMAIL)
    assert out.count("otpauth://totp/NextGenERP%3Ademo.operator%40example.com?secret=") == 1
    assert login(anonymous, totp=code_of(user)).status_code == 200


def test_the_authenticators_secret_is_sealed(operator, settings, monkeypatch):
    device = Authenticator.objects.get()
    secret = device.bin_key
    assert len(secret) == 20
    assert secret.hex() not in device.key
    assert b32encode(secret).decode() not in device.key
    stranger = Authenticator(user=make_user(), key=device.key)
    with pytest.raises(ValueError, match="No key"):
        stranger.bin_key  # noqa: B018
    old = settings.FIELD_ENCRYPTION_KEYS
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *old]
    assert Authenticator.objects.get().bin_key == secret
    settings.FIELD_ENCRYPTION_KEYS = settings.FIELD_ENCRYPTION_KEYS[:1]
    with pytest.raises(ValueError, match="No key"):
        Authenticator.objects.get().bin_key  # noqa: B018


def test_the_console_shows_no_authenticators(operator):
    browser = Browser()
    log_in(browser, totp=code_of(operator))
    assert browser.get("/admin/otp_totp/totpdevice/").status_code == 404


def test_promoting_ends_sessions_and_replaces_the_authenticator(tenant, monkeypatch, db):
    user = make_user(EMAIL)
    create(EMAIL, "--existing", monkeypatch=monkeypatch)
    first = Authenticator.objects.get(user=user).key
    create(EMAIL, "--existing", monkeypatch=monkeypatch)
    assert Authenticator.objects.get(user=user).key != first
    user.refresh_from_db()
    assert user.is_super_admin
    assert user.token_version == 3
    assert user.check_password(PASSWORD)


@pytest.mark.parametrize(
    ("arguments", "password", "message"),
    [
        (["not-an-address", "--password-stdin"], PASSWORD, "not an e-mail address"),
        (["known@example.com", "--password-stdin"], PASSWORD, "has an account"),
        ([EMAIL, "--password-stdin"], "short", "too short"),
        ([EMAIL, "--existing"], PASSWORD, "no verified account"),
    ],
)
def test_refusals_of_the_command(db, monkeypatch, arguments, password, message):
    make_user("known@example.com")
    with pytest.raises(CommandError, match=message):
        create(*arguments, password=password, monkeypatch=monkeypatch)
    assert User.objects.count() == 1
    assert not Authenticator.objects.exists()
