"""Charts, drawn on the server as SVG: no script, no other origin; whoever does not see them reads the same table."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.formats import number_format

# Of the drawing, in pixels; its width is that of the page.
HEIGHT = 160
# Under the bars stand the labels, over them the highest number.
TOP, BOTTOM = 20, 24


@dataclass(frozen=True, slots=True)
class Series:
    """One kind of bar: its name, the class that colours it, and a number for each column."""

    name: str
    colour: str
    numbers: Sequence[int]


@dataclass(frozen=True, slots=True)
class Column:
    """What stands over one label; link: the list behind it, or ""."""

    label: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar as SVG draws it: x and width in percent of the drawing, y and height in pixels."""

    x: str
    width: str
    y: int
    height: int
    colour: str
    title: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart and the table that says the same."""

    key: str
    title: str
    summary: str
    columns: Sequence[Column]
    series: Sequence[Series]

    height = HEIGHT
    floor = HEIGHT - BOTTOM
    top = TOP

    @property
    def most(self) -> int:
        """The highest number of all."""
        return max((number for each in self.series for number in each.numbers), default=0)

    @property
    def most_shown(self) -> str:
        """The same as people read it."""
        return number_format(self.most, force_grouping=True)

    @property
    def bars(self) -> list[Bar]:
        """Every bar that is not of nothing; even the smallest can be seen."""
        found = []
        step = 100 / max(1, len(self.columns))
        width = step * 0.8 / max(1, len(self.series))
        for number_of_series, each in enumerate(self.series):
            for index, (column, number) in enumerate(zip(self.columns, each.numbers, strict=True)):
                if not number:
                    continue
                height = max(2, round((self.floor - TOP) * number / self.most))
                found.append(
                    Bar(
                        x=_percent(step * (index + 0.1) + width * number_of_series),
                        width=_percent(width),
                        y=self.floor - height,
                        height=height,
                        colour=each.colour,
                        title=f"{column.label}: {number_format(number, force_grouping=True)} {each.name}",
                    )
                )
        return found

    @property
    def ticks(self) -> list[tuple[str, str]]:
        """Where (percent) which label stands: so many as a phone has room for."""
        step = 100 / max(1, len(self.columns))
        every = max(1, len(self.columns) // 5)
        return [
            (_percent(step * (index + 0.1)), column.label)
            for index, column in enumerate(self.columns)
            if index % every == 0 and index + every <= len(self.columns)
        ]

    @property
    def rows(self) -> list[tuple[Column, list[str]]]:
        """The rows of the table that says the same."""
        numbers = [
            [number_format(number, force_grouping=True) for number in row]
            for row in zip(*(each.numbers for each in self.series), strict=True)
        ]
        return list(zip(self.columns, numbers, strict=True))


def _percent(share: float) -> str:
    return f"{share:.3f}%"
