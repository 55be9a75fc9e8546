"""Headers as they are compared: tools and people write the same one in many ways."""

import re
import unicodedata


def plain(header: str) -> str:
    """Return a header in small letters without accents and digits only, as headers are compared."""
    return re.sub(r"[^a-z0-9]", "", unicodedata.normalize("NFKD", header).casefold())
