"""Made-up people with numbers from reserved ranges: whoever is called by mistake is nobody."""

import random
from collections.abc import Iterator

# fmt: off
GIVEN = (
    "Ada", "Amir", "Anneke", "Astrid", "Bilal", "Björn", "Carmen", "Chidi", "Clara", "Dana", "Dmitri", "Elena",
    "Emeka", "Erik", "Fatima", "Femi", "Greta", "Hana", "Hassan", "Ines", "Ingrid", "Ivan", "Jonas", "Julia",
    "Kenji", "Lars", "Leila", "Liam", "Lucia", "Mads", "Maja", "Marta", "Mei", "Mina", "Nadia", "Nils", "Noor",
    "Olga", "Omar", "Paula", "Petra", "Quentin", "Rania", "Rosa", "Samir", "Sofia", "Tariq", "Tomas", "Ulla",
    "Vera", "Wanda", "Yara", "Yusuf", "Zoe",
)
FAMILY = (
    "Abbott", "Achterberg", "Adeyemi", "Bergman", "Bianchi", "Castellanos", "Chen", "Dahl", "Demir", "Eriksen",
    "Farouk", "Ferreira", "Fischer", "Gallagher", "Haddad", "Hansen", "Ibrahim", "Jansen", "Kaplan", "Keller",
    "Kowalski", "Larsen", "Lindqvist", "Marchetti", "Mensah", "Moreau", "Nakamura", "Novak", "Okafor",
    "Oliveira", "Petrov", "Quist", "Ramirez", "Rossi", "Santos", "Schneider", "Silva", "Sorensen", "Tanaka",
    "Thorne", "Ueda", "Vasquez", "Weber", "Young",
)
# fmt: on
STREETS = ("Mill Lane", "Harbour Street", "Station Road", "Church Row", "Orchard Close", "Canal Walk")
# NANP area codes: 555-0100 to 555-0199 is reserved in each of them.
AREAS = ("202", "212", "303", "312", "404", "415", "503", "617", "702", "713", "786", "206")


def numbers(dice: random.Random) -> Iterator[tuple[str, str]]:
    """Yield (country, E.164), each once: American mobiles for the most part, some Swedish, British and German."""
    pool = [("US", f"+1{area}5550{line}") for area in AREAS for line in range(100, 200)]
    pool += [("SE", f"+467017406{line:02}") for line in range(5, 100)]
    pool += [("GB", f"+442079460{line:03}") for line in range(0, 1000, 12)]
    pool += [("DE", f"+493023125{line:03}") for line in range(0, 1000, 20)]
    dice.shuffle(pool)
    yield from pool


def profiles(dice: random.Random) -> Iterator[dict[str, str]]:
    """Yield a person's profile, without country."""
    while True:
        given, family = dice.choice(GIVEN), dice.choice(FAMILY)
        name = f"{given}.{family}{dice.randrange(100)}".casefold()
        profile = {
            "given_name": given,
            "family_name": family,
            "email": f"{name.encode('ascii', 'ignore').decode()}@example.com",
        }
        if dice.random() < 0.4:
            profile["address"] = f"{dice.randrange(1, 120)} {dice.choice(STREETS)}"
        if dice.random() < 0.15:
            profile["organisation"] = f"{dice.choice(FAMILY)} & {dice.choice(FAMILY)}"
        yield profile
