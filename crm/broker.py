"""The embedded broker's folder of messages: kombu's, but a message appears in it whole or not at all.

Kombu makes the file and then writes to it, so a worker that looks in between reads an empty message, and dies of it.
"""

import os
import time
import uuid
from pathlib import Path
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    """Puts messages under another name first."""

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]  # its stubs disagree
        folder, name = Path(self.data_folder_out), f"{time.monotonic_ns() // 1_000_000}_{uuid.uuid4()}"
        # Nobody takes a file that does not end in the name of a queue.
        unready = folder / f"{name}.unready"
        try:
            unready.write_text(dumps(payload))
            os.replace(unready, folder / f"{name}.{queue}.msg")
        except OSError as error:
            raise ChannelError("the message could not be written") from error
        finally:
            unready.unlink(missing_ok=True)


class Transport(filesystem.Transport):
    """Kombu's transport over files, with our channel."""

    Channel = Channel


def install() -> None:
    """Let addresses of the form filesystem:// mean this transport."""
    TRANSPORT_ALIASES["filesystem"] = "crm.broker:Transport"
