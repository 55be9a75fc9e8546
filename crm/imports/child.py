"""A job in a process of its own, within limits: what a hostile file does, it does there.

The parent sends the job and its arguments over the child's stdin and reads what it yields from its stdout: frames of
marshal, each behind its length. File names and cells stand in no command line, no environment and no log. The child
has neither Django's apps nor the keys and passwords of its parent: it starts quickly and cannot touch the database.

It is a fresh interpreter, as a worker of Celery may have no children by multiprocessing and a thread must not fork.
Run as a module, this is the child.
"""

import ctypes
import logging
import marshal
import os
import resource
import signal
import struct
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from threading import Event
from typing import IO, Any, cast

from django.conf import settings
from django.utils.translation import gettext_noop as _

from crm.imports.reading.table import UnreadableFile

logger = logging.getLogger(__name__)

# Only functions below this package are run.
JOBS = "crm.imports."

_HOME = Path(__file__).resolve().parents[2]
# What Python and the libraries need to be found; everything else in the environment is none of the child's business.
_ENVIRONMENT = ("PATH", "LANG", "LC_", "LD_", "DYLD_", "PYTHON", "VIRTUAL_ENV", "TZ", "COVERAGE_")
_ITEM, _END, _UNREADABLE, _BROKEN = range(4)
_LENGTH = struct.Struct(">I")
_LONGEST = 64 * 1024 * 1024
# Out of memory, a child can say so by its exit status only.
_OUT_OF_MEMORY = 80
# Code and shared libraries, which the limit on data leaves out.
_CODE_BYTES = 32 * 1024 * 1024
_MEGABYTE = 1024 * 1024
_PR_SET_PDEATHSIG = 1


@contextmanager
def running(job: str, **arguments: Any) -> Iterator[Iterator[Any]]:
    """Run a generator function in a child process; the iterator brings what it yields, as it yields it.

    job: "package.module:function", below crm.imports, that takes `arguments` by name; its module loads no models.
    Arguments and items are what marshal knows: text, numbers, None, lists, tuples, dictionaries; a path is an
    absolute one, as text. The child may take IMPORT_MEMORY_BYTES, and IMPORT_STALL_SECONDS from one item to the next.
    However the block is left, the child is gone. Iterating raises UnreadableFile: the job's own, or one that says
    which limit was met or that the child died.
    """
    if not job.startswith(JOBS):
        raise ValueError(f"{job} is no job below {JOBS}")
    limits = {name: getattr(settings, name) for name in dir(settings) if name.startswith("IMPORT_")}
    request = {"job": job, "arguments": arguments, "settings": limits, "parent": os.getpid()}
    environment = {name: value for name, value in os.environ.items() if name.startswith(_ENVIRONMENT)}
    left = Event()
    with subprocess.Popen(
        [sys.executable, "-m", "crm.imports.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # A traceback may show a cell.
        stderr=subprocess.DEVNULL,
        cwd=_HOME,
        env=environment,
        # A signal to the worker's group is the worker's: it ends its children in its own time.
        start_new_session=True,
    ) as child:
        try:
            # A child that died at once says so when it is read from.
            with suppress(BrokenPipeError), cast(IO[bytes], child.stdin) as stdin:
                marshal.dump(request, stdin)
            yield _items(child, job, left)
        finally:
            left.set()
            child.kill()


def _items(child: "subprocess.Popen[bytes]", job: str, left: Event) -> Iterator[Any]:
    out = cast(IO[bytes], child.stdout)
    while True:
        head = out.read(_LENGTH.size)
        length = _LENGTH.unpack(head)[0] if len(head) == _LENGTH.size else 0
        frame = out.read(length) if length <= _LONGEST else b""
        if not frame or len(frame) < length:
            if left.is_set():
                # A thread was still listening when the block was left: nothing has gone wrong.
                return
            raise _death(child, job)
        kind, value = marshal.loads(frame)  # noqa: S302  (the child is ours)
        if kind == _ITEM:
            yield value
        elif kind == _UNREADABLE:
            text, parameters = value
            raise UnreadableFile(text, **parameters)
        elif kind == _BROKEN:
            logger.error("The job %s broke off: %s", job, value)
            raise _broken()
        else:
            return


def _death(child: "subprocess.Popen[bytes]", job: str) -> UnreadableFile:
    """Return what to say of a child that has ended before its job."""
    status = child.wait()
    if status == _OUT_OF_MEMORY:
        limit = settings.IMPORT_MEMORY_BYTES // _MEGABYTE
        return UnreadableFile(_("Reading the file needs more than %(limit)s MB of memory."), limit=limit)
    if status == -signal.SIGALRM:
        limit = settings.IMPORT_STALL_SECONDS
        return UnreadableFile(_("The file holds nothing that could be read within %(limit)s seconds."), limit=limit)
    logger.error("The job %s ended with status %s", job, status)
    return _broken()


def _broken() -> UnreadableFile:
    return UnreadableFile(_("Reading the file broke off: it may be damaged."))


def main() -> None:
    """Be the child: run the job that stdin names and write what it yields to stdout."""
    request = marshal.load(sys.stdin.buffer)  # noqa: S302  (from the parent)
    stall = request["settings"]["IMPORT_STALL_SECONDS"]
    _keep_to_limits(request)
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # What a library prints is no frame.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def send(kind: int, value: Any) -> None:
        frame = marshal.dumps((kind, value))
        # A parent that takes its time is no stall.
        signal.setitimer(signal.ITIMER_REAL, 0)
        out.write(_LENGTH.pack(len(frame)) + frame)
        out.flush()
        signal.setitimer(signal.ITIMER_REAL, stall)

    signal.setitimer(signal.ITIMER_REAL, stall)
    settings.configure(USE_I18N=False, **request["settings"])
    module, _colon, function = request["job"].partition(":")
    try:
        for item in getattr(import_module(module), function)(**request["arguments"]):
            send(_ITEM, item)
        send(_END, None)
    except MemoryError:
        os._exit(_OUT_OF_MEMORY)
    except UnreadableFile as error:
        send(_UNREADABLE, (error.text, error.parameters))
    except BrokenPipeError:
        # The parent has gone.
        os._exit(1)
    except Exception as error:
        # Where, and not what: the text of an error may show a cell.
        frame = traceback.extract_tb(error.__traceback__)[-1]
        send(_BROKEN, f"{type(error).__name__} in {frame.name}, {Path(frame.filename).name}:{frame.lineno}")


def _keep_to_limits(request: dict[str, Any]) -> None:
    """Limit this process's memory, have it end with its parent and on its alarm, and leave no image of its memory."""
    # The kernel acts on it, whatever library is caught in whatever loop.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGALRM])
    _limit(resource.RLIMIT_CORE, 0)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != request["parent"]:
            os._exit(1)
        # The address space would also count files that are only mapped.
        _limit(resource.RLIMIT_DATA, max(request["settings"]["IMPORT_MEMORY_BYTES"] - _CODE_BYTES, _CODE_BYTES))
    else:
        # macOS refuses this limit: there the time alone is limited.
        with suppress(ValueError, OSError):
            _limit(resource.RLIMIT_AS, request["settings"]["IMPORT_MEMORY_BYTES"])


def _limit(what: int, size: int) -> None:
    _soft, hard = resource.getrlimit(what)
    size = size if hard == resource.RLIM_INFINITY else min(size, hard)
    resource.setrlimit(what, (size, size))


if __name__ == "__main__":
    main()
