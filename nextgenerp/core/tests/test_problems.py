"""Whatever goes wrong is one RFC 9457 document, and nothing of it stays."""

import inspect
import re

import pytest
from django.db import InterfaceError, connection, models
from django.http import Http404
from rest_framework import exceptions as drf

from nextgenerp.core import entitlements, exceptions
from nextgenerp.core.api.problems import as_domain_error, flatten
from nextgenerp.core.tenancy import tenant_context
from nextgenerp.core.tests import probes

ERRORS = [
    one
    for _, one in inspect.getmembers(exceptions, inspect.isclass)
    if issubclass(one, exceptions.DomainError)
]


def test_the_shape_of_a_problem(full):
    response = full.get("/notes/nothing", headers={"X-Request-ID": "probe-request-1"})
    assert response["Content-Type"] == "application/problem+json"
    assert response.json() == {
        "type": "https://nextgenerp.example/problems/not-found",
        "title": "Not found",
        "status": 404,
        "detail": "There is nothing here, or not for you.",
        "code": "not_found",
        "requestId": "probe-request-1",
    }


def test_the_shape_of_field_errors(full):
    response = full.post("/notes", {})
    assert (response.status_code, response.json()["code"]) == (400, "invalid")
    assert response.json()["errors"] == [
        {"field": "name", "code": "required", "detail": "This field is required."}
    ]


@pytest.mark.parametrize("error", ERRORS, ids=lambda one: one.__name__)
def test_every_domain_error_has_a_status_a_code_and_words(error):
    made = error()
    assert 400 <= made.status < 504
    assert re.fullmatch("[a-z_]+", made.code)
    assert made.title
    assert made.detail
    assert as_domain_error(made) is made


def test_errors_in_nested_lists_have_paths():
    leaf = [{"message": "No.", "code": "bad"}]
    details = {"lines": [{}, {}, {"quantity": leaf}], "non_field_errors": leaf, "name": leaf}
    assert flatten(details) == [
        {"field": "lines.2.quantity", "code": "bad", "detail": "No."},
        {"field": "", "code": "bad", "detail": "No."},
        {"field": "name", "code": "bad", "detail": "No."},
    ]


def test_fields_called_message_and_code_have_errors_of_their_own():
    leaf = [{"message": "No.", "code": "bad"}]
    assert [one["field"] for one in flatten({"message": leaf, "code": leaf})] == ["message", "code"]


@pytest.mark.parametrize(
    ("raised", "status", "code"),
    [
        (Http404(), 404, "not_found"),
        (drf.NotFound(), 404, "not_found"),
        (drf.PermissionDenied(), 403, "permission_denied"),
        (drf.ParseError(), 400, "parse_error"),
        (drf.UnsupportedMediaType("text/plain"), 415, "unsupported_media_type"),
        (models.RestrictedError("x", set()), 409, "in_use"),
        (models.ProtectedError("x", set()), 409, "in_use"),
        (InterfaceError("connection already closed"), 503, "unavailable"),
        (ZeroDivisionError(), 500, "internal_error"),
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, Exception) else None,
)
def test_what_frameworks_raise(raised, status, code):
    error = as_domain_error(raised)
    assert (error.status, error.code) == (status, code)


@pytest.mark.parametrize(
    ("state", "status", "code"),
    [
        ("55P03", 503, "unavailable"),  # lock_timeout
        ("57014", 503, "unavailable"),  # statement_timeout, cancelled
        ("53300", 503, "unavailable"),  # too many connections
        ("53100", 503, "unavailable"),  # the disk is full
        ("57P01", 503, "unavailable"),  # shutting down
        ("57P03", 503, "unavailable"),  # starting
        ("08006", 503, "unavailable"),
        ("25006", 503, "unavailable"),  # a standby
        ("25P03", 503, "unavailable"),
        ("40001", 503, "unavailable"),  # after three tries
        ("40P01", 503, "unavailable"),
        ("22003", 400, "invalid"),  # out of range
        ("22021", 400, "invalid"),  # not in the encoding
        ("23505", 409, "duplicate"),
        ("23514", 409, "conflict"),
    ],
)
def test_sqlstates(full, state, status, code):
    response = full.post(f"/violate?state={state}")
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert ("Retry-After" in response) == (status == 503)


@pytest.mark.parametrize("name", ["membership_once", "membership_once_102008"])
def test_a_constraint_answers_by_its_declaration(full, name):
    """Sharding adds a number to the name of a constraint."""
    problem = full.post(f"/violate?state=23505&constraint={name}").json()
    assert (problem["status"], problem["code"]) == (409, "duplicate")
    assert problem["detail"] == "The user is a member already."


def test_a_broken_check_is_a_conflict(full, tenant):
    with tenant_context(tenant):
        entitlements.claim("answers")
    with pytest.raises(Exception, match="usage_counter_not_negative") as caught, tenant_context(tenant):
        entitlements.release("answers", 2)
    error = as_domain_error(caught.value)
    assert (error.status, error.code) == (409, "conflict")


def test_a_500_shows_only_the_request(full, tenant, monkeypatch):
    full.raise_request_exception = False
    with pytest.raises(AssertionError, match="500 for POST /crash"):
        full.post("/crash", {"secret": "do not show"})
    with tenant_context(tenant):
        assert entitlements.used("answers") == 0


def test_the_loser_of_a_deadlock_runs_again_unseen(full, tenant):
    response = full.post("/deadlock", {})
    assert (response.status_code, response.json()) == (200, {"times": 3})
    with tenant_context(tenant):
        assert entitlements.used("answers") == 1


def test_a_keyed_loser_of_a_deadlock_runs_again_too(full, tenant):
    response = full.post("/deadlock", {}, headers={"Idempotency-Key": "dead"})
    assert (response.status_code, response.json()) == (200, {"times": 3})
    with tenant_context(tenant):
        assert entitlements.used("answers") == 1


def test_three_lost_deadlocks_are_an_outage(full):
    response = full.post("/violate?state=40P01")
    assert (response.status_code, response["Retry-After"]) == (503, "2")


@pytest.mark.parametrize("limit", ["statement_timeout", "lock_timeout"])
def test_a_statement_over_time_is_an_outage(busy, committed_tenant, limit):
    """Really waited for: another connection holds what the statement needs."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET {limit} = 100")
    response = busy.post("/sleep", {}, headers={"Idempotency-Key": "slow"})
    assert (response.status_code, response.json()["code"], response["Retry-After"]) == (
        503,
        "unavailable",
        "2",
    )
    busy.holder.execute("SELECT pg_advisory_unlock(%s)", [probes.SLEEP])
    assert busy.post("/sleep", {}, headers={"Idempotency-Key": "slow"}).json() == {"times": 2}
    with tenant_context(committed_tenant):
        assert entitlements.used("answers") == 1


def test_an_unauthenticated_answer_says_how_to(anonymous):
    response = anonymous.get("/notes")
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="nextgenerp"'


@pytest.mark.parametrize(
    "header", ["Basic eDp5", "Bearer", "Bearer a b", "Bearer x.y.z", "Bearer " + "x" * 5000]
)
def test_what_is_no_token_is_401(anonymous, db, header):
    response = anonymous.get("/notes", headers={"Authorization": header})
    assert (response.status_code, response.json()["code"]) == (401, "not_authenticated")
