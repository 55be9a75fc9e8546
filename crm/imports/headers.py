"""Headers as they are compared: tools and people write the same one in many ways."""

import re
import unicodedata


def plain(header: str) -> str:
    """Return a header in small letters without accents and digits only, as headers are compared."""
    return re.sub(r"[^a-z0-9]", "", unicodedata.normalize("NFKD", header).casefold())


def words(header: str) -> list[str]:
    """Return the words of a header, each as headers are compared: "MobilePhone_2 (privat)" has four."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[^\W\d])(?=\d)", " ", header)
    return [word for part in re.split(r"[\W_]+", parted) if (word := plain(part))]
