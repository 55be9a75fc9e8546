"""The strings that the public reads: of the public pages, of text messages, and why a number is not taken."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation.template import templatize

from crm import faults
from crm.phones import SENTENCES
from tests.processes import ROOT

_CODE = ["consent/forms.py", "consent/texts.py", "consent/views/*.py", "consent/preferences/*.py"]
_PAGES = ["templates/public/*.html"]
# As Django's templatize writes what is to be translated in a template.
_MARKED = re.compile(r"""\bgettext\(u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\)""")
_CALLS = {"_", "gettext", "gettext_lazy"}


def public_strings() -> dict[str, set[str]]:
    """Return every string that is translated for the public, with the files it stands in."""
    found: dict[str, set[str]] = defaultdict(set)
    for pattern in _PAGES:
        for path in ROOT.glob(pattern):
            for text in _of_template(path):
                found[text].add(str(path.relative_to(ROOT)))
    for pattern in _CODE:
        for path in ROOT.glob(pattern):
            for text in _of_code(path):
                found[text].add(str(path.relative_to(ROOT)))
    numbers = {str(faults.MESSAGES[code]) for code in SENTENCES}
    for text in {*numbers, "This was refused (%(code)s)."}:
        found[text].add("crm/faults.py")
    for text in ("Text message", "Phone call"):
        found[text].add("consent/models/purpose.py")
    return dict(found)


def _of_template(path: Path) -> Iterator[str]:
    for marked in _MARKED.finditer(templatize(path.read_text())):
        yield ast.literal_eval(marked[1])


def _of_code(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CALLS:
            for each in node.args[:1]:
                assert isinstance(each, ast.Constant), f"{path} translates what is no constant"
                assert isinstance(each.value, str)
                yield each.value
