"""Argon2 at its cheapest, so that tests spend their time elsewhere."""

from accounts.passwords import BoundedArgon2


class CheapArgon2(BoundedArgon2):
    time_cost = 1
    memory_cost = 8
    parallelism = 1
