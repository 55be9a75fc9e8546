"""The bytes of the databases' files are searched: free pages, dead rows, indexes, logs, files of no table."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from django.db import connection, transaction

from crm.traces import Trace, audit, postgres_files, sqlite_files
from crm.traces.needle import Needle
from crm.traces.searching import CHUNK, Search, in_stream
from tests.crm.traces.planted import spelled, unheard_of
from tests.raw import POSTGRES, execute, needs_superuser

only_sqlite = pytest.mark.skipif(POSTGRES, reason="SQLite's own")
only_postgres = pytest.mark.skipif(not POSTGRES, reason="PostgreSQL's own")


def pages(number: str) -> list[Trace]:
    search = Search(Needle.of(number))
    found = list((postgres_files if POSTGRES else sqlite_files).pages(search))
    assert search.unread == []
    return found


@contextmanager
def leads(columns: str) -> Iterator[None]:
    execute(f"CREATE TABLE legacy_leads (id integer PRIMARY KEY, {columns})")
    try:
        yield
    finally:
        execute("DROP TABLE legacy_leads")


@pytest.mark.parametrize("shift", [0, 1, 5, 12, 13])
def test_a_number_across_two_pieces_of_a_stream_is_found_once(shift: int) -> None:
    number = "+12025550100"
    # What is found begins behind the country code, which some spellings leave out.
    pieces = iter([bytes(CHUNK - shift) + number[:shift].encode(), number[shift:].encode() + b"tail"])
    assert list(in_stream(lambda size: next(pieces, b""), Needle.of(number))) == [
        CHUNK - shift + 2
    ]  # its country code is one of several spellings


@only_sqlite
@pytest.mark.django_db(transaction=True)
class TestSqlite:
    def test_a_page_is_told_with_the_table_or_index_that_it_belongs_to(self) -> None:
        number = unheard_of()
        with leads("words text"):
            execute("CREATE INDEX by_words ON legacy_leads (words)")
            execute("INSERT INTO legacy_leads (words) VALUES (%s)", number)
            execute("PRAGMA wal_checkpoint(TRUNCATE)")
            assert {(trace.table, trace.column) for trace in pages(number)} == {
                ("legacy_leads", "table"),
                ("by_words", "index of legacy_leads"),
            }

    def test_a_free_page_is_searched(self) -> None:
        number = unheard_of()
        execute("PRAGMA secure_delete = OFF")
        with leads("words text"):
            execute("INSERT INTO legacy_leads (words) VALUES (%s)", number)
        execute("PRAGMA secure_delete = ON")
        execute("PRAGMA wal_checkpoint(TRUNCATE)")
        [trace] = pages(number)
        assert (trace.place, trace.table, trace.column) == ("database file", "sqlite", "free page")
        execute("VACUUM")
        execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert pages(number) == []

    def test_the_write_ahead_log_is_searched_and_empty_once_it_is_cut(self) -> None:
        number = unheard_of()
        with leads("words text"):
            execute("INSERT INTO legacy_leads (words) VALUES (%s)", number)
            execute("UPDATE legacy_leads SET words = 'gone'")
            found = pages(number)
            assert found
            assert all(str(trace.id).endswith("in the write-ahead log") for trace in found)
            execute("PRAGMA wal_checkpoint(TRUNCATE)")
            assert pages(number) == []

    def test_a_journal_is_searched(self, tmp_path: Path) -> None:
        number = unheard_of()
        path = tmp_path / "a.sqlite3"
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("PRAGMA secure_delete = ON")
            other.execute("CREATE TABLE t (words text)")
            other.execute("INSERT INTO t VALUES (?)", [number])
            other.execute("BEGIN IMMEDIATE")
            other.execute("UPDATE t SET words = 'gone'")
            other.execute("PRAGMA cache_spill = 1")
            journal = Path(f"{path}-journal")
            assert journal.exists()
            search = Search(Needle.of(number))
            assert sqlite_files._page(journal, 0, 4096) == (0, " in the journal")
            sqlite_files._offsets(journal, search)
            assert search.unread == []
            other.execute("ROLLBACK")
            journal.write_bytes(b"\xd9\xd5\x05\xf9 head" + number.encode())
            assert sqlite_files._offsets(journal, search)

    def test_our_own_locks_outlive_a_search(self) -> None:
        number = unheard_of()
        with leads("words text"), transaction.atomic():
            execute("INSERT INTO legacy_leads (words) VALUES (%s)", number)
            pages(number)
            opened = sqlite3.connect(connection.settings_dict["NAME"], timeout=0.1)
            with closing(opened) as other, pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")


@only_postgres
@pytest.mark.django_db(transaction=True)
class TestPostgres:
    @pytest.fixture(autouse=True)
    def _as_superuser(self) -> None:
        needs_superuser()

    def test_a_dead_row_is_found_in_the_heap_and_its_key_in_the_index(self) -> None:
        number = unheard_of()
        with leads("words text"):
            execute("CREATE INDEX by_words ON legacy_leads (words)")
            # What keeps the page from being cut off stands at its end, where it need not be moved over the others.
            execute("INSERT INTO legacy_leads (id, words) VALUES (3, 'kept')")
            execute("INSERT INTO legacy_leads (id, words) VALUES (1, %s)", spelled(number, "as E.164 in a sentence"))
            execute("INSERT INTO legacy_leads (id, words) VALUES (2, %s)", f"tel {number[1:4]} {number[4:]}")
            execute("DELETE FROM legacy_leads WHERE id < 3")
            execute("VACUUM legacy_leads")
            kinds = {("legacy_leads", "table"), ("by_words", "index of legacy_leads")}
            assert {(trace.table, trace.column) for trace in pages(number)} == kinds
            execute("VACUUM FULL legacy_leads")
            assert pages(number) == []

    def test_numerals_of_dead_rows_are_found(self) -> None:
        number = unheard_of()
        for kind in ("bigint", "numeric", "double precision"):
            with leads(f"n {kind}"):
                execute("INSERT INTO legacy_leads VALUES (1, %s)", int(number[1:]))
                execute("DELETE FROM legacy_leads")
                assert {trace.table for trace in pages(number)} == {"legacy_leads"}, kind

    def test_what_is_stored_apart_is_found(self) -> None:
        number = unheard_of()
        with leads("words text"):
            execute("ALTER TABLE legacy_leads ALTER COLUMN words SET STORAGE EXTERNAL")
            execute("INSERT INTO legacy_leads VALUES (1, %s)", "x" * 5000 + number)
            execute("DELETE FROM legacy_leads")
            assert {trace.column for trace in pages(number)} == {"TOAST of legacy_leads"}

    def test_without_the_right_to_read_files_it_is_said_what_was_not_seen(self) -> None:
        execute("CREATE ROLE ringfence_test_reader")
        execute("GRANT USAGE ON SCHEMA public TO ringfence_test_reader")
        execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO ringfence_test_reader")
        execute("SET ROLE ringfence_test_reader")
        try:
            report = audit([unheard_of()])
            search = Search(Needle.of(unheard_of()))
            assert list(postgres_files.log(search)) == []
        finally:
            execute("RESET ROLE")
            execute("DROP OWNED BY ringfence_test_reader")
            execute("DROP ROLE ringfence_test_reader")
        assert report.traces == []
        assert report.unread == []
        said = "\n".join([*report.not_seen, *search.not_seen])
        assert "pages that PostgreSQL has not written yet" in said
        assert "the bytes of PostgreSQL's tables, indexes and TOAST: our role may not" in said
        assert "PostgreSQL's write-ahead log: our role may not" in said

    def test_the_write_ahead_log_is_searched(self) -> None:
        number = unheard_of()
        with leads("words text"):
            execute("INSERT INTO legacy_leads VALUES (1, %s)", number)
        search = Search(Needle.of(number))
        found = list(postgres_files.log(search))
        assert search.unread == []
        assert {trace.place for trace in found} == {"write-ahead log"}
        assert all(len(trace.table) == 24 for trace in found)

    def test_a_file_that_no_table_owns_is_searched(self) -> None:
        number = unheard_of()
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('data_directory') || '/' || pg_relation_filepath('pg_class')")
            folder = Path(cursor.fetchone()[0]).parent
        orphan = f"{folder}/999999999"
        execute("CREATE TEMPORARY TABLE orphan (words text)")
        execute("INSERT INTO orphan VALUES (%s)", number)
        # As a rewriting that was killed leaves one; the server writes it, in its own folder.
        execute(f"COPY orphan TO '{orphan}'")
        try:
            found = [(trace.table, trace.column) for trace in pages(number)]
            assert (f"{'/'.join(folder.parts[-2:])}/999999999", "no table's file") in found
        finally:
            execute(f"COPY (SELECT 1 WHERE false) TO '{orphan}'")
            execute("DROP TABLE orphan")
