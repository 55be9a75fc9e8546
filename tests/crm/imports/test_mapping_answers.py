"""Yes, no and taken back, in the words of cells; and countries."""

import pytest

from crm.imports.mapping import claimed, opted_out, region_of, says_no, says_yes

NO_OPT_OUT = ["", "  ", "0", "0.0", "no", "No", "N", "false", "FALSE", "never", "nein", "Nee", "non", "não", "falsch"]
NO_OPT_OUT += ["off", "null", "None", "n/a", "-", "0000-00-00 00:00:00", "not opted out", "Subscribed", "☐"]
OPT_OUT = ["1", "Yes", "true", "TRUE", "Y", "x", "X", "ja", "oui", "sí", "2024-05-01 10:00:00", "1/5/24", "2", "wahr"]
OPT_OUT += ["she asked us to", "unsubscribed", "blocklisted", "?", "unknown", "enabled", "active", "✓", "no more calls"]


@pytest.mark.parametrize("cell", NO_OPT_OUT)
def test_a_cell_that_clearly_says_so_is_no_opt_out(cell):
    assert not says_no(cell)


@pytest.mark.parametrize("cell", OPT_OUT)
def test_any_other_cell_of_an_opt_out_column_is_one(cell):
    assert says_no(cell)


@pytest.mark.parametrize(
    "cell",
    [
        *(
            "1",
            "yes",
            "YES",
            "Y",
            "x",
            "true",
            "on",
            "ja",
            "Oui",
            "sí",
            "sim",
            "vero",
            "wahr",
            "✓",
            "opted in",
            "Subscribed",
        ),
        *(
            "2024-05-01",
            "2024-05-01T10:00:00Z",
            "2024-05-01T10:00:00+02:00",
            "01.05.2024",
            "5/1/24",
            "2024-05-01 10:00",
        ),
    ],
)
def test_a_clear_yes_and_a_date_claim_consent(cell):
    assert says_yes(cell)


@pytest.mark.parametrize(
    "cell",
    [
        *("", "0", "no", "false", "nein", "2", "maybe", "pending", "unknown", "n/a", "unsubscribed", "0000-00-00"),
        *("20240501", "yes, but only mails", "asked", "x" * 500),
    ],
)
def test_nothing_else_claims_consent(cell):
    assert not says_yes(cell)


@pytest.mark.parametrize(
    ("field", "cell", "channels"),
    [
        ("optout", "1", [""]),
        ("optout:sms", "yes", ["sms"]),
        ("optout:call", "0", []),
        ("status", "enabled", []),
        ("status", "disabled", []),
        ("status", "blocklisted", [""]),
        ("status", "Unsubscribed", [""]),
        ("consent:sms", "UNSUBSCRIBED", ["sms"]),
        ("consent:sms", "OPTED_OUT", ["sms"]),
        ("consent", "withdrawn", [""]),
        # A box that was left unticked is no word of theirs.
        ("consent", "no", []),
        ("phone", "1", []),
    ],
)
def test_an_opt_out_is_read_from_each_kind_of_column_that_may_hold_one(field, cell, channels):
    assert [channel for channel, _cell in opted_out({"Column": f" {cell} "}, {"Column": field})] == channels
    assert [said for _channel, said in opted_out({"Column": f" {cell} "}, {"Column": field})] == [cell] * len(channels)


def test_several_columns_may_claim_consent_each_for_its_channel():
    row, columns = {"A": "yes", "B": "no", "C": "1"}, {"A": "consent", "B": "consent:sms", "C": "consent:call"}

    assert list(claimed(row, columns)) == ["", "call"]


@pytest.mark.parametrize(
    ("cell", "region"),
    [
        *(("DE", "DE"), ("de", "DE"), (" gb ", "GB"), ("UK", "GB"), ("EL", "GR"), ("DEU", "DE"), ("usa", "US")),
        *(("U.S.A.", "US"), ("Germany", "DE"), ("Deutschland", "DE"), ("Allemagne", "DE"), ("Alemania", "DE")),
        *(("Germania", "DE"), ("Alemanha", "DE"), ("Duitsland", "DE"), ("ÖSTERREICH", "AT"), ("Oesterreich", "AT")),
        *(("England", "GB"), ("United Kingdom", "GB"), ("The Netherlands", "NL"), ("Netherlands (the)", "NL")),
        *(
            ("Pays-Bas", "NL"),
            ("EE. UU.", "US"),
            ("United States of America", "US"),
            ("Türkei", "TR"),
            ("Turkey", "TR"),
        ),
        *(("Czech Republic", "CZ"), ("Côte d'Ivoire", "CI"), ("Germany (DE)", "DE"), ("DE - Germany", "DE")),
        *(("Hong Kong", "HK"), ("Korea, Republic of", "KR")),
    ],
)
def test_a_country_is_read_from_codes_and_from_names_in_seven_languages(cell, region):
    assert region_of(cell) == region


@pytest.mark.parametrize(
    "cell",
    ["", "XX", "ZZ", "EU", "European Union", "12", "276", "Bayern", "Atlantis", "Congo", "Korea (North)", "日本"],
)
def test_what_names_no_country_or_two_of_them_is_none(cell):
    assert region_of(cell) == ""
