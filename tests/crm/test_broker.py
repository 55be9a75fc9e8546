"""The folder of messages of the embedded broker."""

from pathlib import Path

import pytest
from kombu import Connection
from kombu.exceptions import ChannelError

from crm import broker


@pytest.fixture
def connection(tmp_path):
    folders = {"data_folder_in": str(tmp_path), "data_folder_out": str(tmp_path), "control_folder": str(tmp_path / "c")}
    with Connection("filesystem://", transport_options={**folders, "store_processed": False}) as connection:
        yield connection


def test_the_embedded_broker_is_ours(connection):
    assert isinstance(connection.transport, broker.Transport)


def test_a_message_appears_whole_or_not_at_all(connection, tmp_path, monkeypatch):
    seen = []
    write = Path.write_text

    def watched(path, text):
        written = write(path, text)
        seen.append([each.name for each in tmp_path.glob("*.msg")])
        return written

    monkeypatch.setattr(Path, "write_text", watched)
    queue = connection.SimpleQueue("jobs")
    queue.put({"batch": 7})

    assert seen == [[]]
    assert queue.get(timeout=5).payload == {"batch": 7}
    queue.close()


def test_a_message_that_cannot_be_written_leaves_nothing(connection, tmp_path, monkeypatch):
    def full(path, text):
        raise OSError("no space left")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(ChannelError, match="could not be written"):
        connection.default_channel._put("jobs", {"batch": 7})

    assert [each for each in tmp_path.iterdir() if each.is_file()] == []
