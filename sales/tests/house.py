"""What the house tests know of settings and sales documents (nextgenerp/testing/house.py says what each name is)."""

BODIES = {}
OWN = {}
EMPTY_BODY = {}


def fill(client, mark):
    pass


def add(client, tenant, number):
    pass
