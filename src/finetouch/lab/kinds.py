"""What a kind of thing is: how it is drawn, its proportions, its usual size. The registry of all kinds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from finetouch.lab.canvas import Art, Pen
from finetouch.lab.palette import COLORS, NAMES, RGB, dark, light


@dataclass(frozen=True)
class Coat:
    """The colours a thing is drawn with: its named colour, lighter, darker, and a second named colour."""

    base: RGB
    pale: RGB
    deep: RGB
    second: RGB

    @classmethod
    def of(cls, color: str, second: str) -> Coat:
        """From two colour names."""
        c = COLORS[color]
        return cls(c, light(c), dark(c), COLORS[second])


Draw = Callable[[Pen, Coat, Mapping[str, float]], None]


@dataclass(frozen=True)
class Kind:
    """A class of things.

    Attributes:
        name, plural: Words for it.
        draw: Draws it standing on (0, 0), about one unit high, looking to the right.
        params: Continuous proportions in 0..1 that `draw` reads.
        size: Usual height range as a share of the picture.
        aspect: Rough width divided by height.
        colors: Names it may have.
        tilt: Largest tilt in degrees to either side.
        contact: Width of its shadow as a share of its own width; 0 for none.
        second: The thing has a second named colour (a person's trousers).
        fixture: Belongs to its place: never removed, moved or replaced.
    """

    name: str
    draw: Draw
    params: tuple[str, ...]
    size: tuple[float, float]
    aspect: float = 1.0
    colors: tuple[str, ...] = NAMES
    tilt: float = 0.0
    contact: float = 0.62
    second: bool = False
    fixture: bool = False
    plural_form: str = ""

    @property
    def plural(self) -> str:
        """The word for several of them."""
        return self.plural_form or self.name + "s"

    def art(self, color: str, second: str, shape: Mapping[str, float]) -> Art:
        """The drawing for these colours and proportions."""
        pen = Pen()
        self.draw(pen, Coat.of(color, second), shape)
        return pen.art()


KINDS: dict[str, Kind] = {}
"""Every kind of the world by name; filled by the modules `shapes_*`."""
MORE: dict[str, Kind] = {}
"""The further kinds of the larger world, which families at gpu scale learn."""


def sort_of(name: str) -> Kind:
    """The kind of this name, of the larger world or the usual one; raises `KeyError` for another word."""
    return KINDS[name] if name in KINDS else MORE[name]


def kind(
    params: str,
    size: tuple[float, float],
    *,
    aspect: float = 1.0,
    colors: tuple[str, ...] = NAMES,
    tilt: float = 0.0,
    contact: float = 0.62,
    second: bool = False,
    fixture: bool = False,
    plural: str = "",
    more: bool = False,
) -> Callable[[Draw], Draw]:
    """Registers the decorated drawing function under its own name; see `Kind` for the arguments.

    With `more` it is a kind of the larger world only.
    """

    def register(draw: Draw) -> Draw:
        name = draw.__name__
        (MORE if more else KINDS)[name] = Kind(
            name, draw, tuple(params.split()), size, aspect, colors, tilt, contact, second, fixture, plural
        )
        return draw

    return register
