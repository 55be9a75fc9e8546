"""Reading proofs in tests."""

from io import BytesIO

from pypdf import PdfReader


def pdf_text(content: bytes) -> str:
    """Return the text of a PDF."""
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)
