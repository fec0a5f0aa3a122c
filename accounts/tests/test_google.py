"""Signing in with Google: to a stand-in over HTTP and back, whom it lets in, and everything it refuses."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from urllib.parse import parse_qs, parse_qsl, urlsplit

import jwt
import pytest
import requests
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.contrib import admin
from django.db import connection
from django.utils import timezone

from accounts.models import (
    Authenticator,
    GoogleCode,
    Membership,
    Organization,
    PendingRegistration,
    Session,
    Tenant,
    User,
)
from accounts.services import google, google_sign_in
from accounts.tasks import purge_expired
from accounts.tests.conftest import REGISTRATION
from accounts.tests.google_server import CLIENT_ID, CLIENT_SECRET, PERSON, GoogleServer, key_named, signed
from accounts.tests.test_super_admins import code_of, wrong_code
from nextgenerp.core.models import HistoryEntry
from nextgenerp.core.tenancy import leave_tenant, tenant_context
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import PASSWORD, make_seat, make_user

EMAIL, SUB = PERSON["email"], PERSON["sub"]
FRONT_END = "https://app.example"
COOKIE = "google_sign_in"


@pytest.fixture
def stand_in(settings, tenants):
    settings.FRONTEND_URL = FRONT_END
    settings.GOOGLE_CLIENT_ID, settings.GOOGLE_CLIENT_SECRET = CLIENT_ID, CLIENT_SECRET
    one = GoogleServer()
    settings.GOOGLE_AUTHORIZE_URL = f"{one.address}/authorize"
    settings.GOOGLE_TOKEN_URL = f"{one.address}/token"
    settings.GOOGLE_KEYS_URL = f"{one.address}/keys"
    google.keys_at.cache_clear()
    yield one
    one.close()


@pytest.fixture
def server(stand_in, db):
    return stand_in


def at_google(browser):
    """Go to Google and sign in there; the way back, as a path of ours."""
    there = browser.get("/auth/google")
    assert there.status_code == 302
    back = requests.get(there["Location"], allow_redirects=False, timeout=10)
    assert back.status_code == 302, back.text
    return back.headers["Location"].removeprefix("http://127.0.0.1:8000")


def landed(response):
    """What the front end is told."""
    assert response.status_code == 302
    address = urlsplit(response["Location"])
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{FRONT_END}/login"
    return dict(parse_qsl(address.query))


def come_in(browser):
    return landed(browser.get(at_google(browser)))


def exchange(browser, code, **more):
    return browser.post("/auth/google/exchange", {"code": code, **more})


def problem(response):
    return response.status_code, response.json()["code"]


def everything():
    """How much there is of what a sign-in might write, and everybody's standing."""
    models = (Organization, Tenant, Membership, SocialAccount, GoogleCode, Session, PendingRegistration)
    people = User.objects.order_by("id").values_list("id", "password", "token_version", "email_verified_at")
    return [model.objects.count() for model in models], list(people)


def test_somebody_new_gets_an_organization_of_their_name(anonymous, server):
    code = come_in(anonymous)["code"]
    user = User.objects.get(email_key=EMAIL)
    assert user.email_verified
    assert not user.has_usable_password()
    assert SocialAccount.objects.values_list("provider", "uid", "user_id", "extra_data").get() == (
        "google", SUB, user.id, {},
    )  # fmt: skip
    response = exchange(anonymous, code)
    body = response.json()
    assert response.status_code == 200
    assert (body["user"]["email"], body["user"]["emailVerified"]) == (EMAIL, True)
    assert (body["tenant"]["name"], body["tenant"]["isRoot"], body["role"]) == (
        "Demo Person",
        True,
        "tenant_admin",
    )
    assert (body["seat"]["firstName"], body["seat"]["lastName"]) == ("Demo", "Person")
    assert Organization.objects.get(id=body["tenant"]["organizationId"]).name == "Demo Person"
    assert server.seen == ["/authorize", "/token", "/keys"]
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {body['accessToken']}")
    assert anonymous.get("/users/me").json()["user"]["id"] == str(user.id)
    assert anonymous.post("/auth/refresh", {"refreshToken": body["refreshToken"]}).status_code == 200
    with tenant_context(Tenant.objects.get(id=body["tenant"]["id"])):
        assert HistoryEntry.objects.filter(record_id=body["seat"]["id"], action="created").count() == 1


def test_the_way_to_google_is_bound_to_the_browser(anonymous, server, settings):
    settings.BASE_URL = "https://erp.example"
    there = anonymous.get("/auth/google")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(there["Location"]).query).items()}
    assert there["Location"].startswith(f"{server.address}/authorize?")
    assert asked["client_id"] == CLIENT_ID
    assert asked["redirect_uri"] == "https://erp.example/auth/google/callback"
    assert asked["response_type"] == "code"
    assert sorted(asked["scope"].split()) == ["email", "openid", "profile"]
    assert asked["code_challenge_method"] == "S256"
    assert all(len(asked[name]) == 43 for name in ("state", "nonce", "code_challenge"))
    assert CLIENT_SECRET not in there["Location"]
    cookie = there.cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["max-age"], cookie["secure"]) == (
        True, "Lax", "/auth/google", 600, "",
    )  # fmt: skip
    settings.SECURE_SSL, settings.SECURE_SSL_REDIRECT = True, False
    again = anonymous.get("/auth/google")
    assert again.cookies[COOKIE]["secure"] is True
    assert again["Location"] != there["Location"]


def test_nothing_that_signs_in_is_in_an_address_or_stays_in_the_database(anonymous, server):
    back = anonymous.get(at_google(anonymous))
    code = landed(back)["code"]
    assert set(landed(back)) == {"code"}
    assert len(code) == 43
    assert back["Cache-Control"] == "no-store"
    row = GoogleCode.objects.get()
    assert code not in (row.code_hash, row.browser_hash)
    assert timedelta(seconds=55) < row.expires_at - timezone.now() <= timedelta(seconds=60)
    response = exchange(anonymous, code)
    assert response.cookies[COOKIE].value == ""
    assert response.cookies[COOKIE]["path"] == "/auth/google"
    assert not GoogleCode.objects.exists()
    assert not SocialToken.objects.exists()


def test_the_google_account_and_not_its_address_is_remembered(anonymous, server, tenant):
    seat = make_seat(tenant, user=make_user(EMAIL))
    come_in(anonymous)
    server.person["email"] = "demo.person.renamed@example.com"
    assert exchange(anonymous, come_in(anonymous)["code"]).json()["user"]["id"] == str(seat.user_id)
    assert SocialAccount.objects.count() == 1
    assert not User.objects.filter(email_key="demo.person.renamed@example.com").exists()


def test_a_verified_user_is_linked_and_keeps_password_and_sessions(anonymous, server, tenant):
    seat = make_seat(tenant, "manager", user=make_user(EMAIL))
    before = anonymous.post("/auth/login", {"email": EMAIL, "password": PASSWORD}).json()
    server.person["email"] = "Demo.Person@Example.com"
    body = exchange(anonymous, come_in(anonymous)["code"]).json()
    assert (body["seat"]["id"], body["role"]) == (str(seat.id), "manager")
    assert SocialAccount.objects.get().user_id == seat.user_id
    assert User.objects.filter(email_key=EMAIL).get().email == EMAIL
    assert anonymous.post("/auth/login", {"email": EMAIL, "password": PASSWORD}).status_code == 200
    assert anonymous.post("/auth/refresh", {"refreshToken": before["refreshToken"]}).status_code == 200
    seat.refresh_from_db()
    assert seat.last_login_at is not None


def test_what_somebody_else_made_with_an_unproved_address_ends(anonymous, server, tenant):
    seat = make_seat(tenant, user=make_user(EMAIL))
    hijacker = Client(seat)
    tokens = Client().post("/auth/login", {"email": EMAIL, "password": PASSWORD}).json()
    User.objects.filter(id=seat.user_id).update(email_verified_at=None)
    assert hijacker.get("/users/me").status_code == 200
    assert exchange(anonymous, come_in(anonymous)["code"]).json()["seat"]["id"] == str(seat.id)
    assert problem(hijacker.get("/users/me")) == (401, "token_revoked")
    assert problem(anonymous.post("/auth/refresh", {"refreshToken": tokens["refreshToken"]})) == (
        401,
        "token_revoked",
    )
    assert problem(anonymous.post("/auth/login", {"email": EMAIL, "password": PASSWORD})) == (
        401, "invalid_credentials",
    )  # fmt: skip
    assert User.objects.get(id=seat.user_id).email_verified
    assert Organization.objects.filter(name="Demo Person").count() == 0


def test_a_registration_that_waits_for_its_code_ends(anonymous, server, registered):
    otp = registered(email=EMAIL)
    assert exchange(anonymous, come_in(anonymous)["code"]).json()["tenant"]["name"] == "Demo Person"
    assert not PendingRegistration.objects.exists()
    assert problem(anonymous.post("/auth/verify-otp", {"email": EMAIL, "otp": otp})) == (400, "invalid_otp")
    assert problem(anonymous.post("/auth/login", {"email": EMAIL, "password": REGISTRATION["password"]})) == (
        401, "invalid_credentials",
    )  # fmt: skip


def test_a_second_google_account_does_not_take_over_by_the_address(anonymous, server):
    come_in(anonymous)
    server.person["sub"] = "100000000000000000002"
    before = everything()
    assert come_in(anonymous) == {"error": "other_google_account"}
    assert everything() == before


def test_who_was_linked_a_moment_ago_is_let_in(anonymous, server, monkeypatch):
    look_up = google_sign_in.user_with_address

    def look_up_after_the_other(identity, request_id):
        monkeypatch.setattr(google_sign_in, "user_with_address", look_up)
        google_sign_in.admit(identity, browser="another")
        return look_up(identity, request_id)

    monkeypatch.setattr(google_sign_in, "user_with_address", look_up_after_the_other)
    assert exchange(anonymous, come_in(anonymous)["code"]).json()["tenant"]["name"] == "Demo Person"
    assert SocialAccount.objects.count() == 1


@pytest.mark.parametrize("lost", ["user", "seat"])
def test_the_deactivated_stay_out(anonymous, server, tenant, lost):
    seat = make_seat(tenant, user=make_user(EMAIL))
    if lost == "user":
        User.objects.filter(id=seat.user_id).update(is_active=False)
    else:
        Membership.objects.filter(id=seat.id).update(is_active=False)
    before = everything()
    assert come_in(anonymous) == {"error": "account_deactivated"}
    assert everything() == before


def test_who_is_deactivated_after_the_callback_gets_no_tokens(anonymous, server):
    code = come_in(anonymous)["code"]
    User.objects.filter(email_key=EMAIL).update(is_active=False)
    assert problem(exchange(anonymous, code)) == (403, "account_deactivated")
    assert not Session.objects.exists()


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (
            {"given_name": "De\x00mo\n ", "family_name": "\ud800Person\u0007"},
            ("De mo", "Person", "De mo Person"),
        ),
        ({"given_name": None, "family_name": None}, ("Demo Person", "", "Demo Person")),
        ({"given_name": None, "family_name": None, "name": None}, ("demo.person", "", "demo.person")),
        (
            {"given_name": "D" * 300, "family_name": "P" * 300},
            ("D" * 100, "P" * 100, "D" * 100 + " " + "P" * 99),
        ),
        ({"given_name": 5, "family_name": ["x"]}, ("Demo Person", "", "Demo Person")),
        ({"given_name": "डेमो", "family_name": "व्यक्ति"}, ("डेमो", "व्यक्ति", "डेमो व्यक्ति")),
    ],
)
def test_names_are_taken_as_far_as_they_are_names(anonymous, server, given, named):
    server.claims = given
    body = exchange(anonymous, come_in(anonymous)["code"]).json()
    assert (body["seat"]["firstName"], body["seat"]["lastName"], body["tenant"]["name"]) == named


@pytest.mark.parametrize("claims", [{"iss": "accounts.google.com"}, {"azp": None}])
def test_what_google_may_write_is_accepted(anonymous, server, claims):
    server.claims = claims
    assert set(come_in(anonymous)) == {"code"}


@pytest.mark.parametrize(("claim", "fine", "wrong"), [("iat", 20, 60), ("exp", -20, -60)])
def test_clocks_may_differ_by_half_a_minute(anonymous, server, claim, fine, wrong):
    server.claims = {claim: time.time() + fine}
    assert set(come_in(anonymous)) == {"code"}
    server.claims = {claim: time.time() + wrong}
    assert come_in(anonymous) == {"error": "invalid_id_token"}


NOW = time.time()
WRONG_CLAIMS = {
    "nonce of another attempt": {"nonce": "another"},
    "no nonce": {"nonce": None},
    "a nonce that is no text": {"nonce": 5},
    "for another client": {"aud": "other-client.example"},
    "for several clients": {"aud": [CLIENT_ID, "other-client.example"]},
    "no audience": {"aud": None},
    "by another issuer": {"iss": "https://accounts.google.com.evil.example"},
    "no issuer": {"iss": None},
    "expired": {"exp": NOW - 3600},
    "no end": {"exp": None},
    "from the future": {"iat": NOW + 3600},
    "no beginning": {"iat": None},
    "not valid yet": {"nbf": NOW + 3600},
    "nobody": {"sub": None},
    "an empty name": {"sub": ""},
    "a name that is a number": {"sub": 5},
    "too long a name": {"sub": "1" * 192},
    "no address": {"email": None},
    "no true address": {"email": "demo.person"},
    "an address that is a list": {"email": [EMAIL]},
    "an address with a NUL": {"email": "demo\x00person@example.com"},
    "too long an address": {"email": "d@" + "example." * 40 + "com"},
}


@pytest.mark.parametrize("claims", WRONG_CLAIMS.values(), ids=WRONG_CLAIMS)
def test_an_id_token_that_is_not_for_this_attempt_is_refused(anonymous, server, claims):
    server.claims = claims
    before = everything()
    assert come_in(anonymous) == {"error": "invalid_id_token"}
    assert everything() == before


def by_the_public_key(claims):
    """HS256 with what everybody can read as its secret; the library's own guard against making one is gone round."""
    pem = key_named("demo-key-1").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    header, payload, _ = jwt.encode(claims, "x" * 32, "HS256", headers={"kid": "demo-key-1"}).split(".")
    mac = jwt.get_algorithm_by_name("HS256").sign(f"{header}.{payload}".encode(), pem)
    return f"{header}.{payload}.{jwt.utils.base64url_encode(mac).decode()}"


WRONG_SIGNATURES = {
    "another key under a known id": lambda claims: jwt.encode(
        claims, key_named("nobodys"), "RS256", headers={"kid": "demo-key-1"}
    ),
    "an unknown key": lambda claims: signed(claims, "nobodys"),
    "no key id": lambda claims: jwt.encode(claims, key_named("demo-key-1"), "RS256"),
    "alg none": lambda claims: jwt.encode(claims, None, "none", headers={"kid": "demo-key-1"}),
    "HS256 by the public key": by_the_public_key,
    "RS512": lambda claims: jwt.encode(
        claims, key_named("demo-key-1"), "RS512", headers={"kid": "demo-key-1"}
    ),
    "a changed payload": lambda claims: ".".join(
        [
            signed(claims).split(".")[0],
            signed({**claims, "sub": "1"}).split(".")[1],
            signed(claims).split(".")[2],
        ]
    ),
    "no signature": lambda claims: signed(claims).rpartition(".")[0] + ".",
    "no token": lambda claims: "not a token",
    "an empty token": lambda claims: "",
}


@pytest.mark.parametrize("sign", WRONG_SIGNATURES.values(), ids=WRONG_SIGNATURES)
def test_an_id_token_that_google_did_not_sign_is_refused(anonymous, server, sign):
    server.sign = sign
    before = everything()
    assert come_in(anonymous) == {"error": "invalid_id_token"}
    assert everything() == before


def test_new_keys_of_google_are_fetched_when_they_are_used(anonymous, server):
    come_in(anonymous)
    server.published = ["demo-key-2"]
    server.sign = lambda claims: signed(claims, "demo-key-2")
    assert set(come_in(anonymous)) == {"code"}
    assert set(come_in(anonymous)) == {"code"}
    assert server.seen.count("/keys") == 2
    server.sign = signed
    assert come_in(anonymous) == {"error": "invalid_id_token"}


@pytest.mark.parametrize("verified", [False, None, "true", 1])
def test_an_address_google_has_not_verified_is_refused(anonymous, server, tenant, verified):
    make_seat(tenant, user=make_user(EMAIL))
    server.claims = {"email_verified": verified}
    before = everything()
    assert come_in(anonymous) == {"error": "email_not_verified"}
    assert everything() == before


FAILURES = {
    "token 500": ("/token", lambda to: to.answer(500, {"error": "backend"}), "google_refused"),
    "token 400": ("/token", lambda to: to.answer(400, {"error": "invalid_grant"}), "google_refused"),
    "token garbage": ("/token", lambda to: to.answer_raw(200, b"<html>"), "google_unavailable"),
    "token list": ("/token", lambda to: to.answer(200, ["access_token", "id_token"]), "google_refused"),
    "token number": ("/token", lambda to: to.answer(200, 5), "google_refused"),
    "token null": ("/token", lambda to: to.answer(200, None), "google_refused"),
    "no id token": ("/token", lambda to: to.answer(200, {"access_token": "demo"}), "google_refused"),
    "odd id token": (
        "/token",
        lambda to: to.answer(200, {"access_token": "demo", "id_token": 5}),
        "google_refused",
    ),
    "token hang-up": ("/token", lambda to: to.connection.close(), "google_unavailable"),
    "token silence": ("/token", lambda to: to.server.let_go.wait(60), "google_unavailable"),
    "keys 500": ("/keys", lambda to: to.answer(500, {}), "google_unavailable"),
    "keys garbage": ("/keys", lambda to: to.answer_raw(200, b"<html>"), "google_unavailable"),
    "keys not text": ("/keys", lambda to: to.answer_raw(200, b"\xff\xfe\xfd"), "google_unavailable"),
    "keys list": ("/keys", lambda to: to.answer(200, []), "invalid_id_token"),
    "no keys": ("/keys", lambda to: to.answer(200, {"keys": []}), "invalid_id_token"),
    "keys silence": ("/keys", lambda to: to.server.let_go.wait(60), "google_unavailable"),
}


@pytest.mark.parametrize(("path", "do", "code"), FAILURES.values(), ids=FAILURES)
def test_when_google_fails_the_front_end_is_told(anonymous, server, settings, path, do, code):
    settings.SOCIALACCOUNT_REQUESTS_TIMEOUT = 0.3 if do.__code__.co_names[-1] == "wait" else 10
    server.answers[path] = do
    before = everything()
    assert come_in(anonymous) == {"error": code}
    assert everything() == before


def test_when_google_is_gone_the_front_end_is_told(anonymous, server, settings):
    back = at_google(anonymous)
    settings.GOOGLE_TOKEN_URL = "http://127.0.0.1:9/token"
    assert landed(anonymous.get(back)) == {"error": "google_unavailable"}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("error=access_denied", "access_denied"),
        ("error=server_error&code=x", "google_refused"),
        ("error=<script>", "google_refused"),
        ("error=", "google_refused"),
        ("code=", "google_refused"),
        ("", "google_refused"),
    ],
)
def test_coming_back_without_a_code_is_an_error(anonymous, server, given, code):
    state = dict(parse_qsl(urlsplit(at_google(anonymous)).query))["state"]
    response = anonymous.get(f"/auth/google/callback?state={state}&{given}")
    assert landed(response) == {"error": code}
    assert response.cookies[COOKIE].value == ""
    assert server.seen == ["/authorize"]


@pytest.mark.parametrize("state", ["", "x", "ü"])
def test_another_state_is_refused_and_the_attempt_goes_on(anonymous, server, state):
    back = at_google(anonymous)
    before = everything()
    changed = f"/auth/google/callback?code=x&state={state}"
    for path in (changed, back.replace("state=", f"state={state or 'x'}"), back.replace("state=", "other=")):
        assert landed(anonymous.get(path)) == {"error": "invalid_state"}
    assert everything() == before
    assert server.seen == ["/authorize"]
    assert set(landed(anonymous.get(back))) == {"code"}


def test_another_browser_cannot_finish(anonymous, server):
    back = at_google(anonymous)
    other = Client()
    assert landed(other.get(back)) == {"error": "invalid_state"}
    other.get("/auth/google")
    assert landed(other.get(back)) == {"error": "invalid_state"}
    other.cookies[COOKIE] = other.cookies[COOKIE].value[:-1] + "x"
    assert landed(other.get(back)) == {"error": "invalid_state"}
    assert not User.objects.filter(email_key=EMAIL).exists()


def test_a_callback_works_once(anonymous, server):
    back = at_google(anonymous)
    kept = anonymous.cookies[COOKIE].value
    assert set(landed(anonymous.get(back))) == {"code"}
    assert landed(anonymous.get(back)) == {"error": "invalid_state"}
    anonymous.cookies[COOKIE] = kept  # Google's code works once whatever the browser kept
    assert landed(anonymous.get(back)) == {"error": "google_refused"}
    assert GoogleCode.objects.count() == 1


def test_an_attempt_ends_after_ten_minutes(anonymous, server, monkeypatch):
    back = at_google(anonymous)
    now = time.time()
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: now + 601)
        assert landed(anonymous.get(back)) == {"error": "invalid_state"}


def test_a_code_of_somebody_elses_attempt_is_refused(anonymous, server):
    """The verifier is this browser's: a stolen code cannot be put into another attempt."""
    stolen = dict(parse_qsl(urlsplit(at_google(Client())).query))["code"]
    state = dict(parse_qsl(urlsplit(at_google(anonymous)).query))["state"]
    assert landed(anonymous.get(f"/auth/google/callback?state={state}&code={stolen}")) == {
        "error": "google_refused"
    }
    assert not GoogleCode.objects.exists()


def test_a_one_time_code_works_once(anonymous, server):
    code = come_in(anonymous)["code"]
    kept = anonymous.cookies[COOKIE].value
    assert exchange(anonymous, code).status_code == 200
    anonymous.cookies[COOKIE] = kept
    assert problem(exchange(anonymous, code)) == (400, "invalid_code")
    assert Session.objects.count() == 1


def test_a_one_time_code_is_for_one_browser(anonymous, server):
    code = come_in(anonymous)["code"]
    other = Client()
    assert problem(exchange(other, code)) == (400, "invalid_code")
    come_in(other)
    assert problem(exchange(other, code)) == (400, "invalid_code")
    assert not Session.objects.exists()
    assert exchange(anonymous, code).status_code == 200


def test_a_one_time_code_ends_after_a_minute(anonymous, server):
    code = come_in(anonymous)["code"]
    GoogleCode.objects.update(expires_at=timezone.now())
    assert problem(exchange(anonymous, code)) == (400, "invalid_code")
    assert not Session.objects.exists()
    purge_expired()
    assert not GoogleCode.objects.exists()


def test_a_wrong_code_is_refused(anonymous, server):
    live = come_in(anonymous)["code"]
    for code in ("wrong", live[:-1], live + "x"):
        assert problem(exchange(anonymous, code)) == (400, "invalid_code")
    assert problem(exchange(anonymous, "")) == (400, "invalid")
    assert problem(anonymous.post("/auth/google/exchange", {})) == (400, "invalid")
    assert GoogleCode.objects.count() == 1


def test_super_admins_show_their_second_factor_too(anonymous, server, settings):
    settings.SUPER_ADMIN_TOTP = True
    user = make_user(EMAIL, is_super_admin=True)
    code = come_in(anonymous)["code"]
    assert problem(exchange(anonymous, code)) == (401, "totp_required")
    assert problem(exchange(anonymous, code, totp="000000")) == (401, "invalid_totp")
    device = Authenticator.enrol(user)
    assert problem(exchange(anonymous, code, totp=wrong_code(user))) == (401, "invalid_totp")
    type(device).objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    assert not Session.objects.exists()
    body = exchange(anonymous, code, totp=code_of(user)).json()
    assert (body["role"], body["tenant"]) == ("super_admin", None)
    assert Session.objects.get().second_factor is True


@pytest.mark.parametrize("missing", ["GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET"])
def test_without_credentials_it_is_not_configured(anonymous, server, settings, missing):
    setattr(settings, missing, "")
    assert problem(anonymous.get("/auth/google")) == (503, "not_configured")
    assert problem(anonymous.get("/auth/google/callback?code=x&state=y")) == (503, "not_configured")


def test_only_the_callback_takes_parameters_it_does_not_know(anonymous, server):
    assert problem(anonymous.get("/auth/google?next=/")) == (400, "unknown_parameter")
    assert landed(anonymous.get("/auth/google/callback?hd=example.com")) == {"error": "invalid_state"}


def test_a_front_end_of_another_origin_may_exchange_with_its_cookie(anonymous, server, settings):
    settings.CORS_ALLOWED_ORIGINS = [FRONT_END]
    asked = {
        "HTTP_ACCESS_CONTROL_REQUEST_METHOD": "POST",
        "HTTP_ACCESS_CONTROL_REQUEST_HEADERS": "content-type",
    }

    def allowed(path, origin):
        return anonymous.options(path, HTTP_ORIGIN=origin, **asked).get("Access-Control-Allow-Credentials")

    assert allowed("/auth/google/exchange", FRONT_END) == "true"
    assert allowed("/auth/google/exchange", "https://evil.example") is None
    assert allowed("/auth/login", FRONT_END) is None
    assert allowed("/admin/", FRONT_END) is None


def test_the_console_shows_none_of_allauths_tables(db):
    for model in (EmailAddress, SocialAccount, SocialApp, SocialToken):
        assert not admin.site.is_registered(model)


def test_somebody_new_twice_at_once_is_one_user(stand_in, committing):
    barrier = Barrier(4)

    def run(_):
        try:
            browser = Client()
            back = at_google(browser)
            barrier.wait()
            return exchange(browser, landed(browser.get(back))["code"]).json()["user"]["id"]
        finally:
            leave_tenant()
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(run, range(4)))
    assert found == {str(User.objects.get(email_key=EMAIL).id)}
    assert Membership.objects.filter(user__email_key=EMAIL).count() == 1
    assert Organization.objects.filter(name="Demo Person").count() == 1
    assert SocialAccount.objects.count() == 1


def test_a_one_time_code_exchanged_at_once_begins_one_session(stand_in, committing):
    browser = Client()
    code = come_in(browser)["code"]
    barrier = Barrier(4)

    def run(_):
        try:
            same = Client()
            same.cookies[COOKIE] = browser.cookies[COOKIE].value
            barrier.wait()
            return exchange(same, code).status_code
        finally:
            leave_tenant()
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        found = sorted(pool.map(run, range(4)))
    assert found == [200, 400, 400, 400]
    assert Session.objects.filter(user__email_key=EMAIL).count() == 1
