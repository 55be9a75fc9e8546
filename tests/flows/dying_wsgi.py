"""The service, which is killed when its first answer is made and before anybody has got it.

So it dies between storing and replying.

What DYING names is a file; while it is there, the next request that is answered ends the process.
"""

import os
import signal
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from crm.wsgi import application as service


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    answer = b"".join(service(environ, start_response))
    fuse = Path(os.environ["DYING"])
    if fuse.exists():
        fuse.unlink()
        os.kill(os.getppid(), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)
    return [answer]
