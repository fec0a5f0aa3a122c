"""A team changed at the same moment: two accept one invitation, two admins remove each other, the last place."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from accounts.models import Invitation, Membership, User
from accounts.services.sessions import hash_of
from accounts.tests.team import count_users, used
from nextgenerp.core.models import HistoryEntry
from nextgenerp.core.tenancy import leave_tenant, tenant_context
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import PASSWORD, make_seat, make_user

ADDRESS = "demo.new@example.com"
ROUNDS = 3


def together(*calls):
    """Make calls ``(client, method, path, body)`` from threads that begin together; the answers' statuses and codes."""
    barrier = Barrier(len(calls))

    def run(call):
        client, method, path, body = call
        try:
            barrier.wait()
            response = getattr(client, method)(path, body)
            return response.status_code, response.json().get("code") if response.content else None
        finally:
            leave_tenant()
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


@pytest.fixture
def team(committed_tenant, committing):
    yield committed_tenant
    connection.set_schema_to_public()
    committed_tenant.invitations.all().delete()


def invite(tenant, token, address=ADDRESS):
    from_now = {"expires_at": "2126-11-23T00:00:00Z", "role": "staff"}
    return Invitation.objects.create(
        tenant=tenant, email=address, email_key=address, token_hash=hash_of(token), **from_now
    )


@pytest.mark.parametrize("known", [False, True])
def test_simultaneous_accepts_make_one_seat(team, known):
    make_seat(team, "tenant_admin")
    if known:
        make_user(ADDRESS)
    for number in range(ROUNDS):
        token = f"a-token-of-round-{number}"
        invite(team, token)
        before = count_users(team)
        body = {"token": token, "password": PASSWORD}
        answers = together(*[(Client(), "post", "/users/invites/accept", body)] * 4)
        assert sorted(answers, key=str)[0] == (200, None)
        assert {status for status, _ in answers} <= {200, 409, 410}
        assert [status for status, _ in answers].count(200) == 1
        assert Membership.objects.filter(tenant=team, user__email_key=ADDRESS).count() == 1
        assert used(team) == before
        with tenant_context(team):
            assert HistoryEntry.objects.filter(action="accepted").count() == number + 1
        Membership.objects.filter(user__email_key=ADDRESS).delete()
        if not known:
            User.objects.filter(email_key=ADDRESS).delete()


@pytest.mark.parametrize("way", ["each other", "themselves", "demoted"])
def test_two_tenant_admins_do_not_remove_each_other(team, way):
    for _ in range(ROUNDS):
        Membership.objects.filter(tenant=team).update(role="staff")
        one, two = make_seat(team, "tenant_admin"), make_seat(team, "tenant_admin")
        count_users(team)
        pairs = ((one, one), (two, two)) if way == "themselves" else ((one, two), (two, one))
        calls = [
            (Client(by), "patch", f"/users/{whom.id}/role", {"role": "admin"})
            if way == "demoted"
            else (Client(by), "delete", f"/users/{whom.id}", None)
            for by, whom in pairs
        ]
        done, refused = sorted(status for status, _ in together(*calls))
        assert (done in {200, 204}, refused in {401, 403, 409}) == (True, True)
        left = Membership.objects.filter(tenant=team, role="tenant_admin", is_active=True)
        assert left.count() == 1


def test_the_last_place_is_taken_once(team, limited):
    admin = make_seat(team, "tenant_admin")
    gone = [make_seat(team, is_active=False) for _ in range(2)]
    for _ in range(ROUNDS):
        team.invitations.all().delete()
        Membership.objects.filter(id__in=[seat.id for seat in gone]).update(is_active=False)
        limited(count_users(team) + 1)
        answers = together(
            *((Client(admin), "patch", f"/users/{seat.id}/reactivate", {}) for seat in gone),
            *(
                (Client(admin), "post", "/users/invite", {"email": f"demo.{n}@example.com", "role": "staff"})
                for n in range(3)
            ),
        )
        assert sum(status < 300 for status, _ in answers) == 1
        assert [one for one in answers if one[0] >= 300] == [(403, "plan_limit_reached")] * 4
        assert used(team) == 2 == team.seats.filter(is_active=True).count() + team.invitations.count()


def test_crossed_managers_make_no_circle(team):
    admins = [make_seat(team, "tenant_admin") for _ in range(2)]
    for _ in range(ROUNDS):
        one, two = make_seat(team), make_seat(team)
        answers = together(
            (Client(admins[0]), "patch", f"/users/{one.id}", {"managerId": str(two.id)}),
            (Client(admins[1]), "patch", f"/users/{two.id}", {"managerId": str(one.id)}),
        )
        assert sorted(answers, key=str) == [(200, None), (409, "manager_cycle")]
