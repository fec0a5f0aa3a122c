"""The normal forms under which names are compared, sorted and found, and the places of new kanban cards."""

from crm.places import place_on_top
from nextgenerp.core.search import KEY_LENGTH, digits, name_key, normal, search_text

__all__ = ["KEY_LENGTH", "digits", "name_key", "normal", "place_on_top", "search_text"]
