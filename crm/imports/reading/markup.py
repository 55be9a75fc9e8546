"""XML from people, read as a stream: nothing of it is kept, and it may define nothing, hence no entities either."""

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar
from xml.parsers import expat

from crm.imports.reading.damage import damaged

# Between a name and the namespace that stands before it.
SEPARATOR = " "
_NO_MEMORY = expat.errors.codes[expat.errors.XML_ERROR_NO_MEMORY]
T = TypeVar("T")


class Handler(Generic[T]):
    """What makes things of the elements of a document as they come.

    found: what has been made since it was last taken. over: nothing else in the document matters.
    """

    def __init__(self) -> None:
        self.found: list[T] = []
        self.over = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Take the beginning of an element; names are "namespace name"."""
        raise NotImplementedError

    def end(self, name: str) -> None:
        """Take the end of an element."""
        raise NotImplementedError

    def text(self, words: str) -> None:
        """Take a piece of text."""
        raise NotImplementedError


def taken(blocks: Iterable[bytes], handler: Handler[T]) -> Iterator[T]:
    """Yield what a handler makes of a document. Raises UnreadableFile, and whatever the handler does."""
    parser = expat.ParserCreate(namespace_separator=SEPARATOR)
    parser.buffer_text = True

    def refuse(*_definition: object) -> None:
        raise damaged()

    parser.StartElementHandler = handler.start
    parser.EndElementHandler = handler.end
    parser.CharacterDataHandler = handler.text
    parser.StartDoctypeDeclHandler = refuse
    try:
        for block in blocks:
            parser.Parse(block, False)
            yield from handler.found
            handler.found.clear()
            if handler.over:
                return
        parser.Parse(b"", True)
        yield from handler.found
    except expat.ExpatError as error:
        if error.code == _NO_MEMORY:
            raise MemoryError from None
        raise damaged() from None
