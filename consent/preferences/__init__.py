"""The preference centre: a person's own page, opened by a link, on which consent is seen, taken back and given."""

from consent.links import Opened, Unknown, address, email_headers, find, issue
from consent.preferences.choosing import Chosen, NotOffered, ask, choose, one_click, stop_everything
from consent.preferences.showing import Page, Section, Switch, page
from consent.preferences.standing import Obstacle

__all__ = [
    "Chosen",
    "NotOffered",
    "Obstacle",
    "Opened",
    "Page",
    "Section",
    "Switch",
    "Unknown",
    "address",
    "ask",
    "choose",
    "email_headers",
    "find",
    "issue",
    "one_click",
    "page",
    "stop_everything",
]
