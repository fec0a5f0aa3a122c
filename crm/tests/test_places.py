"""Places of cards: between any two there is room, in order, without end and without growing where nobody forces it."""

from hypothesis import assume, given
from hypothesis import strategies as st

from crm.places import DIGITS, LONGEST, place_below, place_on_top, places_between

places = st.text(DIGITS, min_size=1, max_size=8).filter(lambda place: not place.endswith("0"))


@given(places | st.just(""), places | st.just(""), st.integers(1, 40))
def test_places_between_two_are_between_them_and_in_order(above, below, n):
    assume(not below or above < below)
    found = places_between(above, below, n)
    row = [above, *found, *([below] if below else [])]
    assert row == sorted(set(row))
    assert len(found) == n
    assert not [place for place in found if place.endswith("0")]
    assert max(map(len, found)) <= max(len(above), len(below)) + 2


@given(st.lists(st.integers(0, 10**6), max_size=60), st.booleans())
def test_a_row_that_is_sorted_by_its_places_is_the_row_that_was_made(choices, short):
    """Cards put anywhere, one after the other, against a plain list."""
    row = [place_on_top()]
    for choice in choices:
        index = choice % (2 if short else len(row) + 1)
        above = row[index - 1] if index else ""
        below = row[index] if index < len(row) else ""
        row.insert(index, places_between(above, below, 1)[0])
    assert row == sorted(set(row))


def test_the_top_and_the_bottom_never_grow_long():
    top = bottom = place_on_top()
    for _ in range(5000):
        higher, lower = place_on_top(), place_below(bottom)
        assert higher[:9] <= top[:9]
        assert lower > bottom
        top, bottom = higher, lower
    assert max(len(top), len(bottom)) <= 11


def test_the_very_bottom_has_room_too():
    assert place_below("z" * 9) > "z" * 9
    assert place_below("z" * 30) > "z" * 30


def test_it_takes_many_cards_in_one_gap_to_make_a_place_long():
    """What a card is put above or below comes in one order or the other; halving a gap is the worst there is."""
    below, above, count = place_on_top(), place_on_top(), 0
    while len(place := places_between(above, below, 1)[0]) <= LONGEST:
        below, count = place, count + 1
    assert count > 150
