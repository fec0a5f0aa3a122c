"""Sessions: what a token is worth from request to request, refreshing, leaving, changing tenants."""

from datetime import timedelta
from uuid import uuid4

import jwt
import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from accounts.models import Membership, RefreshToken, Session, Tenant, User
from accounts.services import sessions
from accounts.tokens import AccessToken
from nextgenerp.database.ids import new_id
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import PASSWORD, make_seat, make_user

EMAIL = "demo.person@example.com"


@pytest.fixture
def seat(tenant):
    return make_seat(tenant, "admin", user=make_user(EMAIL))


@pytest.fixture
def signed_in(anonymous, seat):
    """The answer of a log-in, with the client signed in."""
    body = anonymous.post("/auth/login", {"email": EMAIL, "password": PASSWORD}).json()
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {body['accessToken']}")
    return body


def with_token(token):
    client = Client()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def problem(response):
    return response.status_code, response.json()["code"]


def refresh(client, token):
    return client.post("/auth/refresh", {"refreshToken": token})


# The access token


def claims_of(seat, /, **changes):
    now = timezone.now()
    claims = {
        "token_type": "access", "exp": now + timedelta(minutes=5), "iat": now, "jti": "x", "sub": str(seat.user_id),
        "ver": seat.user.token_version, "seat": str(seat.id), "tenant": str(seat.tenant_id), "iss": "nextgenerp",
        "aud": "nextgenerp-api",
    }  # fmt: skip
    claims.update(changes)
    return {name: value for name, value in claims.items() if value is not None}


def signed(claims, key=None, algorithm="HS256"):
    return jwt.encode(claims, key or django_settings.JWT_SIGNING_KEY, algorithm=algorithm)


def test_a_token_of_ours_is_let_in(seat):
    assert with_token(signed(claims_of(seat))).get("/users/me").status_code == 200


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"aud": "another-api"}, "not_authenticated"),
        ({"aud": None}, "not_authenticated"),
        ({"iss": "somebody"}, "not_authenticated"),
        ({"iss": None}, "not_authenticated"),
        ({"token_type": "refresh"}, "not_authenticated"),
        ({"exp": None}, "not_authenticated"),
        ({"ver": None}, "not_authenticated"),
        ({"ver": "1"}, "not_authenticated"),
        ({"sub": None}, "not_authenticated"),
        ({"sub": "1 OR 1=1"}, "not_authenticated"),
        ({"seat": 7}, "not_authenticated"),
        ({"exp": timezone.now() - timedelta(seconds=1)}, "token_expired"),
        ({"ver": 0}, "token_revoked"),
        ({"sub": str(uuid4())}, "token_revoked"),
        ({"seat": str(uuid4())}, "token_revoked"),
        ({"sid": str(uuid4())}, "token_revoked"),
    ],
)
def test_tokens_that_are_refused(seat, changes, code):
    response = with_token(signed(claims_of(seat, **changes))).get("/users/me")
    assert problem(response) == (401, code)
    assert response["WWW-Authenticate"] == 'Bearer realm="nextgenerp"'


def test_tokens_signed_by_somebody_else(seat):
    claims = claims_of(seat)
    other = signed(claims, "another-signing-key-of-at-least-thirty-two-characters")
    header, body, _ = signed(claims).split(".")
    bare = jwt.encode(claims, None, algorithm="none")
    hs384 = signed(claims, algorithm="HS384")
    for token in (other, bare, hs384, f"{header}.{body}.", "x", "a.b.c", "x" * 5000):
        assert problem(with_token(token).get("/users/me")) == (401, "not_authenticated")


def test_the_previous_signing_key_still_verifies(seat, settings):
    old = "the-signing-key-before-of-at-least-thirty-two-characters"
    token = signed(claims_of(seat), old)
    assert problem(with_token(token).get("/users/me")) == (401, "not_authenticated")
    settings.JWT_PREVIOUS_SIGNING_KEY = old
    assert with_token(token).get("/users/me").status_code == 200
    wrong = signed(claims_of(seat, aud="another-api"), old)
    assert problem(with_token(wrong).get("/users/me")) == (401, "not_authenticated")
    late = signed(claims_of(seat, exp=timezone.now() - timedelta(seconds=1)), old)
    assert problem(with_token(late).get("/users/me")) == (401, "token_expired")


@pytest.mark.parametrize("header", ["Bearer", "Bearer a b", "Basic eA==", ""])
def test_other_authorization_headers(db, header):
    client = Client()
    client.credentials(HTTP_AUTHORIZATION=header)
    assert problem(client.get("/users/me")) == (401, "not_authenticated")


def test_the_seat_is_loaded_with_one_query(anonymous, signed_in, queries):
    anonymous.get("/users/me")
    with queries() as seen:
        anonymous.get("/auth/tenants")
    assert len(seen) == 2  # the seat with user and tenant; the tenants


def test_what_is_taken_away_is_gone_at_the_next_request(anonymous, signed_in, seat):
    assert anonymous.get("/users/me").json()["role"] == "admin"
    Membership.objects.filter(id=seat.id).update(role="staff")
    assert anonymous.get("/users/me").json()["permissions"]["Setup"]["canView"] is False
    Tenant.objects.filter(id=seat.tenant_id).update(status="suspended")
    assert problem(anonymous.get("/users/me")) == (403, "tenant_suspended")
    assert anonymous.get("/auth/tenants").json()["data"][0]["status"] == "suspended"
    Tenant.objects.filter(id=seat.tenant_id).update(status="active", schema_ready=False)
    assert problem(anonymous.get("/users/me")) == (503, "unavailable")
    Tenant.objects.filter(id=seat.tenant_id).update(schema_ready=True)
    Membership.objects.filter(id=seat.id).update(is_active=False)
    assert problem(anonymous.get("/users/me")) == (403, "account_deactivated")
    Membership.objects.filter(id=seat.id).update(is_active=True)
    User.objects.filter(id=seat.user_id).update(is_active=False)
    assert problem(anonymous.get("/users/me")) == (403, "account_deactivated")
    User.objects.filter(id=seat.user_id).update(is_active=True, token_version=2)
    assert problem(anonymous.get("/users/me")) == (401, "token_revoked")


# Refreshing


def test_a_refresh_token_gives_a_new_pair_once(anonymous, signed_in):
    response = refresh(anonymous, signed_in["refreshToken"])
    body = response.json()
    assert response.status_code == 200
    assert set(body) == {"accessToken", "refreshToken", "expiresIn"}
    assert body["refreshToken"] != signed_in["refreshToken"]
    assert with_token(body["accessToken"]).get("/users/me").status_code == 200
    assert anonymous.get("/users/me").status_code == 200
    assert RefreshToken.objects.count() == 2
    assert Session.objects.count() == 1


def test_a_spent_token_ends_the_whole_session(anonymous, signed_in, caplog):
    newer = refresh(anonymous, signed_in["refreshToken"]).json()
    assert problem(refresh(anonymous, signed_in["refreshToken"])) == (401, "token_revoked")
    assert "refresh_token_reused" in caplog.text
    assert problem(refresh(anonymous, newer["refreshToken"])) == (401, "token_revoked")
    assert problem(with_token(newer["accessToken"]).get("/users/me")) == (401, "token_revoked")
    assert Session.objects.get().revoked_at is not None


def test_a_spent_token_leaves_other_sessions_alone(anonymous, signed_in):
    other = anonymous.post("/auth/login", {"email": EMAIL, "password": PASSWORD}).json()
    refresh(anonymous, signed_in["refreshToken"])
    refresh(anonymous, signed_in["refreshToken"])
    assert refresh(anonymous, other["refreshToken"]).status_code == 200


@pytest.mark.parametrize("token", ["x", "é" * 40, "a.b.c"])
def test_tokens_nobody_gave_out(anonymous, signed_in, token):
    assert problem(refresh(anonymous, token)) == (401, "not_authenticated")
    assert Session.objects.get().revoked_at is None


def test_a_session_ends_after_thirty_days_however_often_it_is_refreshed(anonymous, signed_in):
    session = Session.objects.get()
    assert timedelta(days=29) < session.expires_at - timezone.now() <= timedelta(days=30)
    newer = refresh(anonymous, signed_in["refreshToken"]).json()
    assert Session.objects.get().expires_at == session.expires_at
    Session.objects.update(expires_at=timezone.now())
    assert problem(refresh(anonymous, newer["refreshToken"])) == (401, "token_expired")


def test_a_session_of_before_a_new_password_is_not_refreshed(anonymous, signed_in):
    User.objects.update(token_version=5)
    assert problem(refresh(anonymous, signed_in["refreshToken"])) == (401, "token_revoked")


@pytest.mark.parametrize("model", [User, Membership])
def test_a_deactivated_session_is_not_refreshed(anonymous, signed_in, seat, model):
    model.objects.filter(id__in=[seat.id, seat.user_id]).update(is_active=False)
    assert problem(refresh(anonymous, signed_in["refreshToken"])) == (403, "account_deactivated")


def test_refresh_tokens_are_stored_hashed(anonymous, signed_in):
    assert RefreshToken.objects.get().token_hash == sessions.hash_of(signed_in["refreshToken"])
    assert len(signed_in["refreshToken"]) >= 43


# Leaving


def test_logging_out_ends_the_session_and_no_other(anonymous, signed_in):
    other = anonymous.post("/auth/login", {"email": EMAIL, "password": PASSWORD}).json()
    response = anonymous.post("/auth/logout")
    assert (response.status_code, response.content) == (204, b"")
    assert problem(anonymous.get("/users/me")) == (401, "token_revoked")
    assert problem(refresh(anonymous, signed_in["refreshToken"])) == (401, "token_revoked")
    assert refresh(anonymous, other["refreshToken"]).status_code == 200


def test_logging_out_with_a_refresh_token_of_ones_own_or_of_somebody_elses(anonymous, signed_in, tenant):
    stranger = make_seat(tenant)
    foreign = sessions.begin(stranger.user, stranger)
    own = anonymous.post("/auth/login", {"email": EMAIL, "password": PASSWORD}).json()
    client = with_token(own["accessToken"])
    assert client.post("/auth/logout", {"refreshToken": signed_in["refreshToken"]}).status_code == 204
    assert problem(refresh(anonymous, signed_in["refreshToken"])) == (401, "token_revoked")
    assert problem(refresh(anonymous, own["refreshToken"])) == (401, "token_revoked")
    third = anonymous.post("/auth/login", {"email": EMAIL, "password": PASSWORD}).json()
    with_token(third["accessToken"]).post("/auth/logout", {"refreshToken": foreign.refresh_token})
    assert refresh(anonymous, foreign.refresh_token).status_code == 200


def test_logging_out_needs_a_token(anonymous, db):
    assert problem(anonymous.post("/auth/logout")) == (401, "not_authenticated")


# Changing tenants


def test_the_tenants_of_a_user(anonymous, signed_in, seat, other_tenant):
    make_seat(other_tenant, "staff", user=seat.user)
    sub = Tenant.objects.create(
        organization=seat.tenant.organization, parent=seat.tenant, name="Demo Sub", slug="demo-sub",
        schema_name="t_sub", status="archived",
    )  # fmt: skip
    make_seat(sub, user=seat.user)
    body = anonymous.get("/auth/tenants").json()
    assert body["pagination"] is None
    assert [(row["id"], row["role"], row["isCurrent"]) for row in body["data"]] == [
        (str(seat.tenant_id), "admin", True),
        (str(other_tenant.id), "staff", False),
    ]


def test_switching_leaves_the_old_token_in_its_tenant(anonymous, signed_in, seat, other_tenant):
    make_seat(other_tenant, "staff", user=seat.user)
    expires_at = Session.objects.get().expires_at
    response = anonymous.post("/auth/switch-tenant", {"tenantId": str(other_tenant.id)})
    body = response.json()
    assert response.status_code == 200
    assert (body["tenant"]["id"], body["role"]) == (str(other_tenant.id), "staff")
    assert [row["isCurrent"] for row in body["tenants"]] == [False, True]
    assert with_token(body["accessToken"]).get("/users/me").json()["tenant"]["id"] == str(other_tenant.id)
    assert anonymous.get("/users/me").json()["tenant"]["id"] == str(seat.tenant_id)
    assert refresh(anonymous, signed_in["refreshToken"]).status_code == 200
    assert set(Session.objects.values_list("expires_at", flat=True)) == {expires_at}
    login = anonymous.post("/auth/login", {"email": EMAIL, "password": PASSWORD}).json()
    assert login["tenant"]["id"] == str(other_tenant.id)


@pytest.mark.parametrize("made", ["nothing", "inactive", "somebody elses", "malformed"])
def test_there_is_no_tenant_without_a_seat(anonymous, signed_in, seat, other_tenant, made):
    if made == "inactive":
        make_seat(other_tenant, user=seat.user, is_active=False)
    if made == "somebody elses":
        make_seat(other_tenant)
    tenant_id = {"nothing": str(new_id()), "malformed": "1"}.get(made, str(other_tenant.id))
    assert problem(anonymous.post("/auth/switch-tenant", {"tenantId": tenant_id})) == (404, "not_found")
    assert Session.objects.count() == 1


def test_a_suspended_tenant_cannot_be_entered_but_left(anonymous, signed_in, seat, other_tenant):
    make_seat(other_tenant, user=seat.user)
    Tenant.objects.filter(id=other_tenant.id).update(status="suspended")
    switch = {"tenantId": str(other_tenant.id)}
    assert problem(anonymous.post("/auth/switch-tenant", switch)) == (403, "tenant_suspended")
    assert Session.objects.count() == 1
    Tenant.objects.filter(id=other_tenant.id).update(status="active")
    Tenant.objects.filter(id=seat.tenant_id).update(status="suspended")
    assert anonymous.post("/auth/switch-tenant", switch).status_code == 200


def test_answers_with_secrets_are_never_kept(anonymous, signed_in, seat, other_tenant):
    make_seat(other_tenant, user=seat.user)
    body = {"tenantId": str(other_tenant.id)}
    first, second = (
        anonymous.post("/auth/switch-tenant", body, HTTP_IDEMPOTENCY_KEY="once") for _ in range(2)
    )
    assert first.json()["accessToken"] != second.json()["accessToken"]
    assert "Idempotency-Replayed" not in second


def test_an_impersonation_begins_no_session(seat, other_tenant):
    make_seat(other_tenant, user=seat.user)
    token = AccessToken.issue(seat.user, seat)
    token["imp"] = str(new_id())
    client = with_token(token)
    response = client.post("/auth/switch-tenant", {"tenantId": str(other_tenant.id)})
    assert problem(response) == (403, "permission_denied")
    change = {"currentPassword": PASSWORD, "newPassword": "another-horse-battery"}
    assert problem(client.post("/users/me/change-password", change)) == (403, "permission_denied")
    assert problem(client.patch("/users/me", {"firstName": "Demo"})) == (403, "permission_denied")
    assert not Session.objects.exists()
