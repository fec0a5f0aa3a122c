"""What is wrong first is said first, in one order everywhere (conventions, Errors)."""

import pytest
from django.core.cache import cache
from django.http import QueryDict

from nextgenerp.core import entitlements
from nextgenerp.core.entitlements import Entitlements
from nextgenerp.core.tests import probes

READ_ONLY = Entitlements({}, disabled_features=frozenset({"probing"}), read_only=True)
NO_FEATURE = Entitlements({}, disabled_features=frozenset({"probing"}))


def answer(response):
    return response.status_code, response.json()["code"]


def test_a_request_that_is_wrong_in_every_way_is_mended_check_by_check(member, tenant, settings):
    """Each step mends what the answer named; the next answer names the next check."""
    note = probes.Note.objects.create(name="first")
    client = member(leads=["view"])
    token = client._credentials.pop("HTTP_AUTHORIZATION")
    settings.RATE_LIMITS = {"address": 0, "auth": 0, "seat": 0}
    tenant.status, tenant.schema_ready = "suspended", False
    tenant.save()
    entitlements.answer_with(lambda tenant: READ_ONLY)
    call = {
        "path": "/notes/nothing",
        "body": b"{",
        "headers": {"If-Match": '"7"', "Idempotency-Key": "k" * 256},
    }

    def patch():
        return answer(
            client.generic(
                "PATCH", call["path"], call["body"], content_type="application/json", headers=call["headers"]
            )
        )

    assert patch() == (429, "rate_limited")
    settings.RATE_LIMITS["address"] = 1000
    assert patch() == (400, "parse_error")
    call["body"] = b'{"name": 5}'
    assert patch() == (401, "not_authenticated")
    client.credentials(HTTP_AUTHORIZATION=token)
    assert patch() == (429, "rate_limited")
    settings.RATE_LIMITS["seat"] = 1000
    assert patch() == (403, "tenant_suspended")
    tenant.status = "active"
    tenant.save()
    assert patch() == (503, "unavailable")
    tenant.schema_ready = True
    tenant.save()
    assert patch() == (402, "subscription_required")
    entitlements.answer_with(lambda tenant: NO_FEATURE)
    assert patch() == (403, "feature_not_in_plan")
    entitlements.answer_with(lambda tenant: entitlements.UNLIMITED)
    assert patch() == (403, "permission_denied")
    client.seat.permissions["Leads"] |= {"canEdit": True}
    client.seat.save()
    assert patch() == (400, "invalid")  # the Idempotency-Key
    del call["headers"]["Idempotency-Key"]
    assert patch() == (404, "not_found")
    call["path"] = f"/notes/{note.pk}"
    assert patch() == (412, "version_mismatch")
    call["headers"]["If-Match"] = '"1"'
    assert patch() == (400, "invalid")
    call["body"] = b'{"name": "second"}'
    assert (
        client.generic(
            "PATCH", **{"path": call["path"], "data": call["body"]}, content_type="application/json"
        ).status_code
        == 200
    )
    note.refresh_from_db()
    assert (note.name, note.version) == ("second", 2)


def test_a_reused_key_comes_before_the_object(full):
    first = full.patch("/notes/nothing", {}, headers={"Idempotency-Key": "one"})
    assert answer(first) == (404, "not_found")
    assert answer(full.patch("/notes/other", {}, headers={"Idempotency-Key": "one"})) == (
        422,
        "idempotency_key_reused",
    )


def test_validation_comes_before_the_state_and_the_state_before_the_limit(full):
    entitlements.answer_with(lambda tenant: Entitlements({"notes": 0}))
    assert answer(full.post("/notes", {"name": "taken", "more": 1})) == (400, "invalid")
    assert answer(full.post("/notes", {"name": "taken"})) == (409, "conflict")
    refused = full.post("/notes", {"name": "free"})
    assert answer(refused) == (403, "plan_limit_reached")
    assert refused.json()["limit"] == {"key": "notes", "used": 0, "limit": 0}
    assert not probes.Note.objects.filter(name__in=["taken", "free"]).exists()


def test_an_expired_subscription_reads_and_exports(full):
    entitlements.answer_with(lambda tenant: Entitlements({}, read_only=True))
    assert full.get("/notes").status_code == 200
    assert b"".join(full.get("/notes/export")).startswith(b"\xef\xbb\xbfname,createdAt")
    assert answer(full.post("/notes", {"name": "late"})) == (402, "subscription_required")
    assert not probes.Note.objects.filter(name="late").exists()


@pytest.mark.parametrize(
    ("path", "body"),
    [("/notes", b"{"), ("/notes?search=%00", b"{}")],
)
def test_a_public_and_a_member_row_parse_before_they_authenticate(anonymous, path, body):
    response = anonymous.generic("POST", path, body, content_type="application/json")
    assert answer(response) == (400, "parse_error")


def test_an_unknown_parameter_is_said_only_to_those_who_may_come_in(member, anonymous):
    assert answer(anonymous.get("/notes?nothing=1")) == (401, "not_authenticated")
    assert answer(member(customers=["view"]).get("/notes?nothing=1")) == (403, "permission_denied")
    assert answer(member(leads=["view"]).get("/notes?nothing=1")) == (400, "unknown_parameter")


def test_a_403_names_the_grant(member):
    problem = member(leads=["view"]).post("/notes", {"name": "x"}).json()
    assert (problem["module"], problem["action"]) == ("Leads", "canCreate")
    assert problem["detail"] == "You need *Leads: canCreate*."


def test_an_operator_without_a_seat_needs_one_on_rows_of_tenants(super_admin):
    assert answer(super_admin.get("/notes")) == (403, "tenant_required")
    assert super_admin.get("/own").json() == {"user": str(super_admin.user.id)}
    assert super_admin.get("/operate").json() == {"schema": "public"}


def test_the_platforms_rows_do_not_depend_on_a_seat_the_operator_holds(member, tenant):
    client = member("staff")
    assert answer(client.get("/operate")) == (403, "permission_denied")
    client.user.is_super_admin = True
    client.user.save()
    tenant.status = "suspended"
    tenant.save()
    assert client.get("/operate").json() == {"schema": "public"}
    keyed = client.post("/operate", {}, headers={"Idempotency-Key": "one"})
    assert (keyed.status_code, keyed.json()) == (200, {"schema": "public"})
    assert answer(client.get("/notes")) == (403, "tenant_suspended")


@pytest.mark.parametrize("role", ["tenant_admin", "admin", "manager", "staff"])
def test_no_role_is_an_operator(member, role):
    assert answer(member(role).get("/operate")) == (403, "permission_denied")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_a_wrong_method_is_405_and_says_which_there_are(full, anonymous, method):
    for client in (full, anonymous):
        response = client.generic(method, "/notes")
        assert answer(response) == (405, "method_not_allowed")
        assert response["Allow"] == "GET, HEAD, POST"


def test_head_is_get_without_the_body(full):
    response = full.head("/notes")
    assert (response.status_code, response.content) == (200, b"")


@pytest.fixture(autouse=True)
def fresh_windows():
    cache.clear()
    yield
    cache.clear()


@pytest.mark.usefixtures("db")
def test_query_dicts_of_django_agree_with_ours():
    """parse_query looks at pairs, views at request.GET: the same names, or a filter could slip by."""
    raw = "a=1&b=%2C&c=&%64=x"
    assert sorted(QueryDict(raw)) == ["a", "b", "c", "d"]
