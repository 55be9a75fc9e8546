"""Random tampering: whatever is done to a sealed ledger, the entry or the seal that it was done to is named.

A few hundred times here; `TAMPERINGS=20000 pytest tests/consent/sealing/test_random_tampering.py` takes its time.
"""

import os
import random
from datetime import timedelta

import pytest
from django.db import transaction

from consent import sealing
from consent.models import Seal, SealedEntry
from consent.models.triggers import TRIGGERS
from consent.rules.states import Act
from crm import triggers
from tests.consent.sealing.tampering import deleting
from tests.factories import NOON, TESTER, entry, point
from tests.raw import POSTGRES, execute

pytestmark = pytest.mark.django_db

TAMPERINGS = int(os.environ.get("TAMPERINGS", "300"))
SEALS, EACH = 4, 7
HEX = "0123456789abcdef"


def tamper(dice: random.Random, ids: list[int]) -> tuple[set[int], set[int]]:
    """Change one thing, or hide one, and return the ids of the entries and the seals of which one must be named."""
    pk, other = dice.sample(ids, 2)
    seal = SealedEntry.objects.get(pk=pk).seal_id
    match dice.randrange(9):
        case 0:
            column = dice.choice(["method", "actor_name", "evidence_digest"])
            execute(f"UPDATE consent_consentevent SET {column} = {column} || '{dice.choice(HEX)}' WHERE id = {pk}")
        case 1:
            column = dice.choice(["occurred_at", "recorded_at"])
            moment = NOON - timedelta(microseconds=dice.randrange(1, 10**15))
            execute(f"UPDATE consent_consentevent SET {column} = '{moment:%Y-%m-%d %H:%M:%S.%f}' WHERE id = {pk}")
        case 2:
            for statement in deleting(pk):
                execute(statement)
        case 3:
            execute(f"DELETE FROM consent_sealedentry WHERE entry_id = {pk}")
        case 4:
            for statement in (*deleting(pk), f"DELETE FROM consent_sealedentry WHERE entry_id = {pk}"):
                execute(statement)
        case 5:
            leaf = list(SealedEntry.objects.get(pk=pk).leaf)
            at = dice.randrange(64)
            leaf[at] = dice.choice([digit for digit in HEX if digit != leaf[at]])
            execute(f"UPDATE consent_sealedentry SET leaf = '{''.join(leaf)}' WHERE entry_id = {pk}")
        case 6:
            one, two = SealedEntry.objects.get(pk=pk), SealedEntry.objects.get(pk=other)
            execute(f"UPDATE consent_sealedentry SET position = 999 WHERE entry_id = {pk}")
            for row, to in ((two, one), (one, two)):
                execute(
                    f"UPDATE consent_sealedentry SET seal_id = {to.seal_id}, position = {to.position}"
                    f" WHERE entry_id = {row.pk}"
                )
            return {pk, other}, set()
        case 7:
            column = dice.choice(["root", "digest", "previous"])
            value = "".join(dice.choices(HEX, k=64))
            execute(f"UPDATE consent_seal SET {column} = '{value}' WHERE number = {seal}")
            return set(), {seal}
        case 8:
            execute(f"DELETE FROM consent_sealedentry WHERE seal_id >= {seal}")
            execute(f"DELETE FROM consent_seal WHERE number >= {seal}")
            return set(), set(range(seal, SEALS + 1))
    return {pk}, set()


def test_each_is_found_and_named() -> None:
    ids = []
    for _number in range(SEALS):
        at = point()
        ids += [entry(at, act).pk for act in [Act.GIVEN, Act.RENEWED] * 3 + [Act.WITHDRAWN]]
        sealing.seal(actor=TESTER, at=NOON)
    assert (sealing.verify(), Seal.objects.count(), len(ids)) == ([], SEALS, SEALS * EACH)
    if POSTGRES:
        execute("SET CONSTRAINTS ALL IMMEDIATE")
    triggers.remove(TRIGGERS)
    for seed in range(TAMPERINGS):
        with transaction.atomic():
            if not POSTGRES:
                execute("PRAGMA defer_foreign_keys = ON")
            entries, seals = tamper(random.Random(seed), ids)
            faults = sealing.verify()
            transaction.set_rollback(True)
        assert faults, seed
        assert seals <= {fault.seal for fault in faults}, seed
        if entries:
            assert {fault.entry for fault in faults} == entries, seed
    assert sealing.verify() == []
