"""Rate limits: by address before anybody is known, by seat after; the address is believed as far as the proxies go."""

import pytest
from django.core.cache import cache

from nextgenerp.core.api import throttling
from nextgenerp.core.tests import probes


@pytest.fixture(autouse=True)
def noon(monkeypatch):
    """Second 12 of a minute that never ends; an empty cache."""
    cache.clear()
    monkeypatch.setattr(throttling.time, "time", lambda: 1_800_000_012.0)
    yield
    cache.clear()


def test_the_answer_says_what_is_left_and_when_it_comes_back(full, settings):
    settings.RATE_LIMITS = {"address": 100, "auth": 100, "seat": 2}
    assert full.post("/happen")["RateLimit"] == '"seat";r=1;t=48'
    allowed = full.post("/happen")
    assert allowed.status_code == 200
    assert allowed["RateLimit-Policy"] == '"seat";q=2;w=60'
    assert allowed["RateLimit"] == '"seat";r=0;t=48'
    refused = full.post("/happen")
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert (refused["Retry-After"], refused["RateLimit"]) == ("48", '"seat";r=0;t=48')
    assert len(probes.happened) == 2


def test_seats_are_counted_apart(member, settings):
    settings.RATE_LIMITS = {"address": 100, "auth": 100, "seat": 1}
    one, two = member(leads=["view"]), member(leads=["view"])
    assert [one.get("/notes").status_code, one.get("/notes").status_code] == [200, 429]
    assert two.get("/notes").status_code == 200


def test_a_new_minute_begins_anew(full, settings, monkeypatch):
    settings.RATE_LIMITS = {"address": 100, "auth": 100, "seat": 1}
    assert [full.get("/notes").status_code for _ in range(2)] == [200, 429]
    monkeypatch.setattr(throttling.time, "time", lambda: 1_800_000_060.0)
    assert full.get("/notes").status_code == 200


def test_an_address_is_limited_before_it_is_known(anonymous, settings):
    settings.RATE_LIMITS = {"address": 2, "auth": 100, "seat": 100}
    assert [anonymous.get("/notes").status_code for _ in range(3)] == [401, 401, 429]
    assert anonymous.get("/notes", REMOTE_ADDR="192.0.2.9").status_code == 401


@pytest.mark.parametrize(
    ("proxies", "forwarded", "client"),
    [
        (0, "198.51.100.1", "192.0.2.1"),  # nobody in front: the header is the client's own invention
        (1, "198.51.100.1", "198.51.100.1"),
        (1, "203.0.113.7, 198.51.100.1", "198.51.100.1"),  # what the client wrote stands on the left
        (2, "203.0.113.7, 198.51.100.1", "203.0.113.7"),
        (2, "198.51.100.1", "192.0.2.1"),  # it did not come through both
        (1, "", "192.0.2.1"),
        (1, " , ,", "192.0.2.1"),
    ],
)
def test_the_address_of_a_client(anonymous, settings, proxies, forwarded, client):
    settings.TRUSTED_PROXIES = proxies
    settings.RATE_LIMITS = {"address": 10, "auth": 10, "seat": 10}
    anonymous.get("/open", REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR=forwarded)
    assert cache.get(f"rate:address:{client}:{1_800_000_012 // 60}") == 1


def test_more_addresses_than_django_keeps_by_default_are_counted(anonymous, settings):
    settings.RATE_LIMITS = {"address": 1, "auth": 1, "seat": 1}
    addresses = [f"198.51.{high}.{low}" for high in range(4) for low in range(200)]
    for address in addresses:
        assert anonymous.get("/open", REMOTE_ADDR=address).status_code == 200
    assert {anonymous.get("/open", REMOTE_ADDR=address).status_code for address in addresses} == {429}
