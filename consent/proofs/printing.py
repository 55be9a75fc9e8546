"""A sheet of paper for people: sections of labelled lines, as A4 pages in PDF."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import TTFFont
from ttf_opensans import OPENSANS_BOLD, OPENSANS_REGULAR

# What stands for a letter that the font has not got.
MISSING = "\ufffd"
_INK, _QUIET, _RULE = (27, 30, 38), (82, 90, 104), (213, 217, 224)
_LABEL, _LINE = 42, 5.1  # mm


@dataclass(frozen=True, slots=True)
class Section:
    """Labelled lines under a heading; quoted: a text that is set apart, word for word."""

    heading: str
    lines: Sequence[tuple[str, str]] = ()
    quoted: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands on the paper. Its repr shows nothing of it."""

    title: str
    subtitle: str
    sections: Sequence[Section]
    foot: str

    def __repr__(self) -> str:
        return f"Sheet({len(self.sections)} sections)"


class _Paper(FPDF):
    foot = ""

    def footer(self) -> None:
        """Write the foot of a page."""
        self.set_y(-16)
        self.set_font("OpenSans", size=7.5)
        self.set_text_color(*_QUIET)
        self.cell(self.epw - 20, 4, self.foot)
        self.cell(20, 4, f"{self.page_no()} / {{nb}}", align="R")


def pdf(sheet: Sheet) -> bytes:
    """Return a sheet as a PDF. A letter that the font lacks is a box, and a line says so."""
    paper = _Paper(format="A4")
    paper.add_font("OpenSans", fname=str(OPENSANS_REGULAR.path))
    paper.add_font("OpenSans", style="B", fname=str(OPENSANS_BOLD.path))
    paper.set_margins(20, 16)
    paper.set_auto_page_break(True, margin=22)
    paper.set_title(sheet.title)
    paper.foot = _printable(paper, sheet.foot)
    paper.add_page()
    paper.set_text_color(*_INK)
    _write(paper, sheet.title, size=19, style="B", height=9)
    _write(paper, sheet.subtitle, size=10, colour=_QUIET)
    for section in sheet.sections:
        _section(paper, section)
    return bytes(paper.output())


def _section(paper: FPDF, section: Section) -> None:
    # A heading does not stand alone at the end of a page.
    if paper.will_page_break(24):
        paper.add_page()
    paper.ln(3.5)
    paper.set_draw_color(*_RULE)
    paper.line(paper.l_margin, paper.get_y(), paper.l_margin + paper.epw, paper.get_y())
    paper.ln(2.5)
    _write(paper, section.heading, size=11, style="B", height=6.5)
    for label, value in section.lines:
        if paper.will_page_break(2 * _LINE):
            paper.add_page()
        top = paper.get_y()
        if label:
            _write(paper, label, size=9.5, colour=_QUIET, width=_LABEL)
        below = paper.get_y()
        paper.set_xy(paper.l_margin + (_LABEL if label else 0), top)
        _write(paper, value, size=9.5)
        if paper.get_y() > top:  # not on the next page
            paper.set_y(max(below, paper.get_y()))
    if section.quoted:
        paper.ln(1)
        paper.set_fill_color(246, 247, 249)
        _write(paper, section.quoted, size=10.5, height=6, fill=True)
        if MISSING in _printable(paper, section.quoted):
            paper.ln(1)
            note = gettext("%(box)s stands for a letter that these pages cannot show; the proof file has every letter.")
            _write(paper, note % {"box": MISSING}, size=8.5, colour=_QUIET)


def _write(
    paper: FPDF,
    text: str,
    *,
    size: float,
    style: str = "",
    height: float = _LINE,
    width: float = 0,
    colour: tuple[int, int, int] = _INK,
    fill: bool = False,
) -> None:
    """Write a text from where the pen is, over as many lines as it takes, and go to the beginning of the next."""
    paper.set_font("OpenSans", style=style, size=size)
    paper.set_text_color(*colour)
    text, padding = _printable(paper, text), 3 if fill else 0
    paper.multi_cell(width, height, text, align="L", fill=fill, padding=padding, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _printable(paper: FPDF, text: str) -> str:
    font = paper.fonts["opensans"]
    known = font.cmap if isinstance(font, TTFFont) else {}
    text = text.replace("\r\n", "\n").replace("\t", "    ")
    return "".join(letter if letter == "\n" or ord(letter) in known else MISSING for letter in text)
