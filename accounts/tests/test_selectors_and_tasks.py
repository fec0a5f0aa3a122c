"""Teams, and what the worker clears away."""

from datetime import timedelta

from django.utils import timezone

from accounts import selectors
from accounts.acting import load_seat
from accounts.models import (
    Membership,
    OneTimeCode,
    PendingRegistration,
    RefreshToken,
    Session,
    SignInFailures,
)
from accounts.services import attempts, codes, sessions
from accounts.services.codes import Purpose
from accounts.tasks import purge_expired
from nextgenerp.core import scope
from nextgenerp.core.tenancy import Actor
from nextgenerp.testing.factories import make_seat


def test_a_team_is_the_subtree_and_no_peers(tenant, queries):
    top = make_seat(tenant, "manager")
    left, right = make_seat(tenant, "manager", manager=top), make_seat(tenant, "manager", manager=top)
    below = make_seat(tenant, manager=left)
    deep = make_seat(tenant, manager=below)
    with queries() as seen:
        team = selectors.team(Actor(seat_id=left.id))
    assert set(team) == {left.id, below.id, deep.id}
    assert len(seen) == 1
    assert set(selectors.team(Actor(seat_id=top.id))) == {top.id, left.id, right.id, below.id, deep.id}
    assert selectors.team(Actor(seat_id=deep.id)) == [deep.id]
    assert selectors.team(Actor()) == []
    assert scope._team is selectors.team


def test_a_circle_ends(tenant):
    one = make_seat(tenant)
    other = make_seat(tenant, manager=one)
    Membership.objects.filter(id=one.id).update(manager=other)
    assert set(selectors.team(Actor(seat_id=one.id))) == {one.id, other.id}


def test_the_seats_of_a_tenant(tenant, other_tenant):
    mine, inactive, _ = make_seat(tenant), make_seat(tenant, is_active=False), make_seat(other_tenant)
    assert list(selectors.seats_of_tenant(tenant)) == [mine, inactive]


def test_what_has_lapsed_is_purged_and_nothing_else(tenant):
    now = timezone.now()
    seat = make_seat(tenant)
    for email in ("old@example.com", "live@example.com"):
        codes.ask(email, Purpose.VERIFY)
        attempts.count_failure(email, "192.0.2.7")
        PendingRegistration.objects.create(email=email, email_key=email, password="!", details={})
        sessions.begin(seat.user, seat)
    OneTimeCode.objects.filter(email_key="old@example.com").update(expires_at=now - timedelta(minutes=61))
    PendingRegistration.objects.filter(email="old@example.com").update(created_at=now - timedelta(days=8))
    SignInFailures.objects.filter(key=attempts.key_of("old@example.com", "192.0.2.7")).update(
        since=now - timedelta(minutes=16)
    )
    old = Session.objects.order_by("id").first()
    Session.objects.filter(id=old.id).update(expires_at=now)
    purge_expired()
    assert OneTimeCode.objects.get().email_key == "live@example.com"
    assert PendingRegistration.objects.get().email == "live@example.com"
    assert SignInFailures.objects.count() == 2
    assert Session.objects.get().id != old.id
    assert RefreshToken.objects.get().session_id == Session.objects.get().id


def test_who_acts_is_read_as_the_orm_would(tenant):
    permissions = {"Leads": {"canView": True, "scope": "own"}}
    for stored in (permissions, None):
        made = make_seat(tenant, "manager", permissions=stored, designation="Head")
        loaded, alive = load_seat(str(made.id), str(made.user_id), None)
        expected = Membership.objects.select_related("user", "tenant").get(id=made.id)
        assert alive is True
        for ours, theirs in (
            (loaded, expected),
            (loaded.user, expected.user),
            (loaded.tenant, expected.tenant),
        ):
            for field in theirs._meta.concrete_fields:
                assert getattr(ours, field.attname) == getattr(theirs, field.attname)
        assert loaded.grants == expected.grants


def test_nobody_acts_with_a_seat_of_somebody_else(tenant):
    one, other = make_seat(tenant), make_seat(tenant)
    assert load_seat(str(one.id), str(other.user_id), None) == (None, False)
    tokens = sessions.begin(other.user, other)
    session = Session.objects.get(user=other.user)
    assert tokens.access_token
    assert load_seat(str(other.id), str(other.user_id), str(session.id))[1] is True
    assert load_seat(str(one.id), str(one.user_id), str(session.id))[1] is False
    sessions.end(session.id, other.user_id)
    assert load_seat(str(other.id), str(other.user_id), str(session.id))[1] is False
