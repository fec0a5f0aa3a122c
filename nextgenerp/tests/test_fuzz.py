"""Requests made up from the OpenAPI document, as nobody, as staff and as a super-admin: never a 5xx, every answer as
documented, every refusal a problem document.

FUZZ_EXAMPLES is the number of requests for each endpoint and role; few by default, thousands by hand.
"""

import json
import os
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)

from accounts.models import Membership, User
from accounts.tokens import AccessToken
from nextgenerp.core.api import openapi
from nextgenerp.core.api.problems import CONTENT_TYPE
from nextgenerp.database.models import WorkerHeartbeat
from nextgenerp.testing.factories import make_seat, make_tenant, make_user

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "4"))
CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# Every status the conventions have for a refusal; 5xx are not among them, as nothing is down here.
REFUSALS = {400, 401, 402, 403, 404, 405, 409, 410, 412, 413, 414, 415, 422, 429}
PLAIN = {"Accept-Encoding": "identity"}
ROLES = ("anonymous", "staff", "super_admin")
load_all_checks()
SCHEMA = schemathesis.openapi.from_dict(json.loads(json.dumps(openapi.document(), default=str)))
SCHEMA.app = get_wsgi_application()
OPERATIONS = [result.ok() for result in SCHEMA.get_all_operations()]


class World:
    """A tenant with a record of everything that can be listed, its callers, and the ids they may meet."""

    def __init__(self) -> None:
        tenant = make_tenant("Fuzzed Demo Works")
        self.seats = {"staff": make_seat(tenant, "tenant_admin")}
        self.users = {"super_admin": make_user(is_super_admin=True)}
        WorkerHeartbeat.objects.create(name="fuzz", beat_at=timezone.now() + timedelta(days=1))
        self.ids: dict[str, list[str]] = {}
        for operation in OPERATIONS:
            if operation.method == "get" and "{" not in operation.path:
                self.collect(operation)

    def headers(self, role: str) -> dict[str, str]:
        """The headers of a role, signed in whatever was done to its sessions before."""
        if role == "anonymous":
            return PLAIN
        seat = (
            Membership.objects.select_related("user").get(id=self.seats[role].id)
            if role in self.seats
            else None
        )
        user = seat.user if seat else User.objects.get(id=self.users[role].id)
        return PLAIN | {"Authorization": f"Bearer {AccessToken.issue(user, seat)}"}

    def collect(self, operation: Any) -> None:
        """Remember the ids of a list as whoever may see it."""
        for role in ("staff", "super_admin"):
            response = operation.Case().call(headers=self.headers(role))
            if response.status_code == 200 and response.headers.get("content-type") == ["application/json"]:
                rows = json.loads(response.content).get("data")
                found = [row["id"] for row in rows or [] if isinstance(row, dict) and "id" in row]
                self.ids.setdefault(operation.path, []).extend(found[:5])

    def near(self, path: str) -> list[str]:
        """Ids that may stand in a path: those of the list it begins with."""
        known = [listed for listed in self.ids if path.startswith(f"{listed}/")]
        return self.ids[max(known, key=len)] if known else []

    @property
    def all_ids(self) -> list[str]:
        return [one for found in self.ids.values() for one in found]


@pytest.fixture(scope="module")
def world(tenants: Any, django_db_blocker: Any) -> Iterator[World]:
    """A copy of the tests' database, where requests commit as they do in the product."""
    name = connection.settings_dict["NAME"]
    assert name.startswith("test_")
    copy = f"{name}_fuzz"
    with django_db_blocker.unblock():
        elsewhere("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", name)
        elsewhere(f'DROP DATABASE IF EXISTS "{copy}"')
        elsewhere(f'CREATE DATABASE "{copy}" TEMPLATE "{name}"')
        connection.settings_dict["NAME"] = copy
        try:
            yield World()
        finally:
            connection.close()
            connection.settings_dict["NAME"] = name
            elsewhere(f'DROP DATABASE "{copy}" WITH (FORCE)')


def elsewhere(statement: str, *parameters: str) -> None:
    """Run a statement in another database than the tests' own."""
    connection.close()
    with connection._nodb_cursor() as cursor:
        cursor.execute(statement, parameters or None)


def known_ids(case: Any, data: Any, world: World) -> None:
    """Let ids that exist take the place of some made-up ones, so that requests get past 404."""
    for name in case.path_parameters or {}:
        near = world.near(case.path)
        if near and data.draw(st.booleans()):
            case.path_parameters[name] = data.draw(st.sampled_from(near))
    if isinstance(case.body, dict) and world.all_ids:
        for name in [name for name in case.body if name.endswith("Id")]:
            if data.draw(st.booleans()):
                case.body[name] = data.draw(st.sampled_from(world.all_ids))


def check_refusal(case: Any, response: Any) -> None:
    """Hold an error to the conventions: a known status, a whole problem document."""
    if response.status_code < 400 or case.method == "HEAD":
        return
    assert response.status_code in REFUSALS, (case.as_curl_command(), response.content)
    assert response.headers["content-type"] == [CONTENT_TYPE], (case.as_curl_command(), response.content)
    body = json.loads(response.content)
    assert body["status"] == response.status_code
    assert body["code"]
    if "idempotency-replayed" not in response.headers:  # a replay brings the first request's id in its body
        assert body["requestId"] == response.headers["x-request-id"][0]
    if response.status_code == 429:
        assert "retry-after" in response.headers
    if response.status_code == 401:
        assert "www-authenticate" in response.headers


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_no_request_breaks_an_endpoint(operation: Any, world: World) -> None:
    """Each request is sent as every role: making it up takes far longer than answering it."""
    cases = st.one_of(
        operation.as_strategy(mode) for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    )

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize="FUZZ_EXAMPLES" not in os.environ,
        phases=[Phase.generate],  # the data changes under way: what is seen once need not be seen again
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, data=st.data())
    def run(case: Any, data: Any) -> None:
        known_ids(case, data, world)
        for role in ROLES:
            note(role)
            headers = world.headers(role) | {"X-Request-ID": str(uuid.uuid4())}
            response = case.call(headers=headers)
            case.validate_response(response, checks=CHECKS, headers=headers)
            check_refusal(case, response)

    run()
