"""A visitor without a browser: reads a public page, and fills in and sends its form."""

import html
import re
from dataclasses import dataclass, field
from typing import Any

from django.test import Client

from consent.models import Notice


def first(pattern: str, text: str) -> str:
    """Return what a pattern finds first: its group, if it has one. Fails where it finds nothing."""
    found = re.search(pattern, text, re.DOTALL)
    assert found, f"nothing like {pattern}"
    return str(found[found.re.groups])


@dataclass
class Page:
    """A page as it came, with what its form holds."""

    response: Any
    text: str = field(init=False)

    def __post_init__(self) -> None:
        self.text = self.response.content.decode()

    @property
    def shown(self) -> str:
        """The signed field."""
        return html.unescape(first(r'name="shown" value="([^"]*)"', self.text))

    def boxes(self) -> dict[str, bool]:
        """Each box of the page, and whether it is ticked."""
        tags = re.findall(r'<input type="checkbox"[^>]*>', self.text)
        return {first(r'name="([^"]*)"', tag): " checked" in tag for tag in tags}

    def value(self, element: str) -> str:
        return html.unescape(first(rf'<input id="{element}"[^>]* value="([^"]*)"', self.text))

    def country(self) -> str:
        return first(r'<option value="(..)" selected>', self.text)

    def problems(self) -> dict[str, str]:
        """What the list of errors says, by the element that it leads to."""
        listed = re.search(r'<div class="errors".*?</div>', self.text, re.DOTALL)
        found = re.findall(r'<a href="#([^"]*)">([^<]*)</a>', listed[0]) if listed else []
        return {element: html.unescape(text) for element, text in found}


def name_of(notice: Notice, channel: str = "sms") -> str:
    return f"agree-{notice.pk}-{channel}"


def get(client: Client, address: str, **headers: str) -> Page:
    return Page(client.get(address, headers=headers))


def send(client: Client, address: str, number: str, *ticked: str, **values: Any) -> Any:
    """Open the form, type a number, tick these boxes and send it; values stand in place of what was on the page."""
    headers = values.pop("headers", {})
    said = {"shown": get(client, address).shown, "region": "US", "phone": number} | dict.fromkeys(ticked, "yes")
    return client.post(address, said | values, headers=headers)
