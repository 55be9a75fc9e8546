"""What an inbound text asks for. 47 CFR 64.1200(a)(10) and the CTIA Messaging Principles, 5.1.3, on one side; on the
other, people who only used the word."""

import time
import unicodedata
from itertools import combinations

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.rules import keyword_sets
from consent.rules.keywords import Meaning, Word, classify, normalise
from tests.consent.rules import keyword_corpus

QUICK = hypothesis.settings(max_examples=200, derandomize=True, deadline=None)

REFUSALS = {Meaning.OPT_OUT, Meaning.NEEDS_REVIEW}
ALL_SETS = [*keyword_sets.OPT_OUT, *keyword_sets.OPT_IN, *keyword_sets.CONFIRM, *keyword_sets.HELP]


def corpus(name: str) -> tuple[str, ...]:
    rows: tuple[str, ...] = getattr(keyword_corpus, name)
    return rows


def words(sets: tuple[keyword_sets.KeywordSet, ...]) -> list[str]:
    return [word for one in sets for word in one.words]


@pytest.mark.parametrize("body", corpus("OPT_OUT"))
def test_an_opt_out_is_seen(body: str) -> None:
    assert classify(body) is Meaning.OPT_OUT


@pytest.mark.parametrize("body", corpus("NEEDS_REVIEW"))
def test_what_may_be_an_opt_out_goes_to_a_person(body: str) -> None:
    assert classify(body) is Meaning.NEEDS_REVIEW


@pytest.mark.parametrize("body", corpus("OTHER"))
def test_what_only_sounds_like_a_keyword_is_none(body: str) -> None:
    assert classify(body) is Meaning.OTHER


@pytest.mark.parametrize("body", corpus("OPT_IN"))
def test_a_start_is_an_opt_in(body: str) -> None:
    assert classify(body) is Meaning.OPT_IN


@pytest.mark.parametrize("body", corpus("CONFIRM"))
def test_a_clear_yes_confirms(body: str) -> None:
    assert classify(body) is Meaning.CONFIRM


@pytest.mark.parametrize("body", corpus("HELP"))
def test_help_is_help(body: str) -> None:
    assert classify(body) is Meaning.HELP


def test_no_text_stands_in_the_corpus_twice() -> None:
    rows = [row for meaning in Meaning for row in corpus(meaning.name)]
    assert len(rows) == len(set(rows)) >= 150


@pytest.mark.parametrize(
    ("sets", "meaning"),
    [
        (keyword_sets.OPT_OUT, Meaning.OPT_OUT),
        (keyword_sets.OPT_IN, Meaning.OPT_IN),
        (keyword_sets.CONFIRM, Meaning.CONFIRM),
        (keyword_sets.HELP, Meaning.HELP),
    ],
)
def test_every_shipped_word_alone_means_what_its_set_means(
    sets: tuple[keyword_sets.KeywordSet, ...], meaning: Meaning
) -> None:
    found = {word: classify(word) for word in words(sets)}
    assert {word for word, answer in found.items() if answer is not meaning} == set()


def bare(word: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKD", normalise(word)) if not unicodedata.combining(char))


def test_no_word_stands_in_two_sets_or_in_one_twice_with_or_without_its_accents() -> None:
    for one in ALL_SETS:
        assert len({bare(word) for word in one.words}) == len(one.words)
    for one, other in combinations(ALL_SETS, 2):
        assert not {bare(word) for word in one.words} & {bare(word) for word in other.words}


def test_every_set_cites_its_source_and_names_its_language() -> None:
    for one in ALL_SETS:
        assert one.source
        assert len(one.language) in (2, 3)
    languages = {one.language for one in keyword_sets.OPT_OUT}
    assert {"en", "de", "fr", "es", "pt", "it", "nl", "sv", "da", "no", "pl"} <= languages


@pytest.mark.parametrize("word", ["stop", "quit", "end", "revoke", "opt out", "cancel", "unsubscribe"])
def test_the_words_of_the_rule_always_revoke(word: str) -> None:
    assert word in [known for one in keyword_sets.OPT_OUT if "64.1200(a)(10)" in one.source for known in one.words]
    for body in (word, word.upper(), f"{word}.", f"Please {word}", f"{word} please", f"ok {word} thanks"):
        assert classify(body) is Meaning.OPT_OUT


# Noise of every kind that senders, keyboards and gateways put in.
INVISIBLE = st.sampled_from(
    ["\u200b", "\u200d", "\ufeff", "\u00ad", "\u2060", "\u202e", "\ufe0f", "\u034f", "\x00", "\x07", "\u3164"]
)
GAPS = st.sampled_from([" ", ".", "-", "*", "_", "\u00a0", "\u2009", "\u3000", "~", "/", "\t"])
AROUND = st.text(
    "  \t\n!?.,;:*\"'()[]<>~_-\u201c\u201d\u00a1\u00bf\u2026\u3002\u200b\ufeff\u00a0\U0001f600\u2764\ufe0f", max_size=6
)
WIDE = {chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)}


@st.composite
def noisy(draw: st.DrawFn, sources: st.SearchStrategy[str]) -> str:
    """Write a keyword in any case and width, with noise around and inside."""
    word = draw(sources)
    letters = []
    for char in word:
        char = draw(st.sampled_from([char, char.upper(), char.lower()]))
        letters.append(WIDE.get(char, char) if draw(st.booleans()) else char)
    inside = draw(st.one_of(st.just(st.just("")), st.just(INVISIBLE), st.just(GAPS)))
    gaps = [draw(st.one_of(st.just(""), inside)) for _ in letters[1:]]
    text = letters[0] + "".join(gap + letter for gap, letter in zip(gaps, letters[1:], strict=True))
    return draw(AROUND) + text + draw(AROUND)


@QUICK
@given(noisy(st.sampled_from(words(keyword_sets.OPT_OUT))))
def test_no_spelling_of_a_keyword_hides_an_opt_out(body: str) -> None:
    assert classify(body) is Meaning.OPT_OUT


@QUICK
@given(st.sampled_from(["don't ", "Dont ", "DON’T ", "do not ", "please don't ", "never "]), noisy(st.just("stop")))
def test_asking_not_to_stop_is_never_taken_for_an_opt_out(negation: str, body: str) -> None:
    assert classify(negation + body) is not Meaning.OPT_OUT


@QUICK
@given(st.sampled_from(corpus("OPT_OUT")), st.sampled_from([*corpus("CONFIRM"), *corpus("OPT_IN"), *corpus("HELP")]))
def test_an_opt_out_outranks_whatever_stands_beside_it(refusal: str, other: str) -> None:
    assert classify(f"{other}. {refusal}") in REFUSALS
    assert classify(f"{refusal}. {other}") in REFUSALS


@QUICK
@given(st.one_of(st.text(), st.text("dont stop please yes no help'.!?,\n\u200b\u0301", max_size=60)))
def test_any_text_has_a_meaning(body: str) -> None:
    assert isinstance(classify(body), Meaning)


@QUICK
@given(st.one_of(st.text(), st.text("aåﬁ\u0301\u0345\u0308\u200b\u1160İßΣς\ufdfa.\n", max_size=40)))
def test_a_normalised_text_stays_as_it_is(body: str) -> None:
    once = normalise(body)
    assert normalise(once) == once
    assert once == once.strip()
    assert "  " not in once


@pytest.mark.parametrize("body", ["\ud800stop", "stop\udfff", "\udc80"])
def test_half_characters_are_left_out(body: str) -> None:
    assert normalise(body) in ("stop", "")


@pytest.mark.parametrize(
    ("body", "compared"),
    [
        ("  Join\tUS!  ", "join us"),
        ("ＪＯＩＮ", "join"),
        ("J\u200bO\u00adIN", "join"),
        ("«Été», café", "été café"),
        ("cafe\u0301", "café"),
        ("STRASSE Straße", "strasse strasse"),
        ("win-2026", "win 2026"),
        ("👍🏽 ok ❤️", "ok"),
        ("नमस्ते", "नमस्ते"),
        ("!?.", ""),
        ("", ""),
    ],
)
def test_a_text_is_compared_without_case_punctuation_and_what_nobody_sees(body: str, compared: str) -> None:
    assert normalise(body) == compared


@pytest.mark.parametrize("meaning", [Meaning.OPT_OUT, Meaning.OPT_IN, Meaning.CONFIRM, Meaning.HELP])
@pytest.mark.parametrize("body", ["Blå Måne!", "BLA MANE", "blå\u200b  måne"])
def test_a_word_of_the_staff_counts_when_it_is_the_whole_text(body: str, meaning: Meaning) -> None:
    extra = [Word("blå måne", meaning)]
    assert classify(body) is Meaning.OTHER
    assert classify(body, extra=extra) is meaning
    assert classify(f"I saw the {body}", extra=extra) is Meaning.OTHER


@pytest.mark.parametrize("meaning", [Meaning.OPT_IN, Meaning.CONFIRM, Meaning.HELP])
def test_a_word_of_the_staff_never_talks_an_opt_out_or_the_doubt_about_one_away(meaning: Meaning) -> None:
    assert classify("stop", extra=[Word("STOP", meaning)]) is Meaning.OPT_OUT
    assert classify("wrong number", extra=[Word("wrong number", meaning)]) is Meaning.NEEDS_REVIEW


def test_of_two_meanings_of_a_word_of_the_staff_the_opt_out_counts() -> None:
    extra = [Word("genug", Meaning.HELP), Word("genug", Meaning.OPT_OUT)]
    assert classify("Genug!", extra=extra) is Meaning.OPT_OUT


@pytest.mark.parametrize("text", ["", " ", "!", "\u200b"])
def test_a_word_of_the_staff_that_holds_no_letter_matches_nothing(text: str) -> None:
    assert classify("", extra=[Word(text, Meaning.OPT_IN)]) is Meaning.OTHER
    assert classify("?", extra=[Word(text, Meaning.OPT_IN)]) is Meaning.OTHER


LONG = "lorem ipsum dolor " * 6000


@pytest.mark.parametrize(
    "body", [f"STOP {LONG}", f"{LONG} STOP", f"STOP. {LONG}", f"{LONG}\nstop", f"{LONG}, stop texting me"]
)
def test_a_stop_at_either_end_of_a_very_long_text_is_seen(body: str) -> None:
    assert classify(body) in REFUSALS


@pytest.mark.parametrize("noise", ["\u200b", "\x00", " ", "\n", "!", "\u3000"])
def test_a_stop_in_the_midst_of_much_noise_is_seen(noise: str) -> None:
    assert classify(noise * 50_000 + "STOP" + noise * 50_000) is Meaning.OPT_OUT


def test_a_stop_drawn_out_without_end_is_seen() -> None:
    assert classify("st" + "o" * 100_000 + "p") is Meaning.OPT_OUT


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("x" * 100_000, id="one word"),
        pytest.param("." * 100_000 + "x", id="dots"),
        pytest.param(". " * 50_000, id="ends of clauses"),
        pytest.param("a" + "\u0301\u0316" * 50_000, id="accents out of order, quadratic to sort"),
        pytest.param("\ufdfa" * 33_000, id="letters that become eighteen"),
        pytest.param("don't " * 16_000, id="negations"),
        pytest.param("stop the your all " * 5_000, id="half a sentence"),
        pytest.param("please " * 14_000, id="politeness"),
        pytest.param("s t o p " * 12_000, id="single letters"),
        pytest.param("you " * 25_000, id="small words"),
        pytest.param("no " * 33_000 + "texts", id="a no far away"),
    ],
)
def test_no_text_takes_long(body: str) -> None:
    started = time.process_time()
    assert isinstance(classify(body), Meaning)
    assert time.process_time() - started < 1
