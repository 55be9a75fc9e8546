"""Several who do something at the very same moment."""

from collections.abc import Callable
from threading import Barrier, Thread

from django.db import connection


def in_threads(*calls: Callable[[], object]) -> None:
    """Do all of it at once, each in a thread and a connection of its own, and see that nothing failed."""
    together, errors = Barrier(len(calls)), list[str]()

    def work(call: Callable[[], object]) -> None:
        try:
            together.wait(timeout=20)
            call()
        except Exception as error:
            errors.append(repr(error))
        finally:
            connection.close()

    threads = [Thread(target=work, args=[call], daemon=True) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=300)
    assert errors == []
    assert not any(thread.is_alive() for thread in threads)
