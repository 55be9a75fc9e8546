"""The public pages and the text messages in the four languages: nothing untranslated, nothing lost on the way."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext

from consent import texts
from tests.consent.translated import public_strings
from tests.processes import ROOT

TRANSLATED = [code for code, _name in settings.LANGUAGES if code != "en"]


def folder(language: str) -> Path:
    return ROOT / "consent" / "locale" / language / "LC_MESSAGES"


def catalog(language: str) -> Catalog:
    with (folder(language) / "django.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def words(of: Catalog) -> dict[str, str]:
    return {str(message.id): str(message.string) for message in of if message.id}


def placeholders(text: str) -> list[str]:
    return sorted(re.findall(r"%\(\w+\)s|%%|\{\w+\}", text))


def test_the_strings_are_found_where_they_stand() -> None:
    found = public_strings()
    # One of each way of marking them: a template's tag, its block, code, and the reasons of a number.
    assert "templates/public/form.html" in found["How may we reach you?"]
    assert "templates/public/base.html" in found["Help: %(contact)s"]
    assert "consent/forms.py" in found["Yes, by text message"]
    assert "consent/texts.py" in found["Your choices: %(link)s"]
    assert "crm/faults.py" in found["This is too short to be a phone number."]


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_the_public_reads_is_translated(language) -> None:
    known = words(catalog(language))
    assert {text: files for text, files in public_strings().items() if not known.get(text)} == {}


@pytest.mark.parametrize("language", TRANSLATED)
def test_nothing_is_translated_that_nobody_reads(language) -> None:
    assert set(words(catalog(language))) - set(public_strings()) == set()


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_translation_is_doubtful(language) -> None:
    assert [message.id for message in catalog(language) if message.id and message.fuzzy] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_placeholder_is_lost(language) -> None:
    lost = {text: said for text, said in words(catalog(language)).items() if placeholders(text) != placeholders(said)}
    assert lost == {}


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_compiled_catalog_is_that_of_the_source(language) -> None:
    with (folder(language) / "django.mo").open("rb") as file:
        assert words(read_mo(file)) == words(catalog(language))


@pytest.mark.parametrize("language", TRANSLATED)
def test_django_finds_it(language) -> None:
    with translation.override(language):
        assert gettext("How may we reach you?") == words(catalog(language))["How may we reach you?"]


@pytest.mark.parametrize("language", ["en", *TRANSLATED])
@pytest.mark.parametrize("kind", [kind.value for kind in texts.Kind])
def test_every_text_message_says_who_writes_and_how_to_stop(language, kind, settings) -> None:
    settings.ORGANISATION, settings.HELP_CONTACT = "Fernhill", "help@fernhill.example"
    text = texts.body(kind, language=language, code="123456")
    assert text.startswith("Fernhill")
    assert "STOP" in text or kind == texts.Kind.OPTED_OUT
    assert "%" not in text


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_text_in_another_language_is_another_text(language) -> None:
    assert texts.body("code", language=language, code="1") != texts.body("code", language="en", code="1")
