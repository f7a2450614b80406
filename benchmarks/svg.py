"""Pictures as SVG text that fit a page in light and in dark, and that a screen reader can tell.

Colours are classes; the picture asks for the reader's scheme by itself, so that it is right in an
`<img>`, too. It has a ground of its own, as a page's theme may differ from the reader's scheme.
Fonts are the reader's, and wide ones have room.
"""

from dataclasses import dataclass, field
from html import escape

WIDTH = 688
MARGIN = 20
SMALL, NORMAL, LARGE = 12, 13, 17
"""Sizes of text."""

_STYLE = """
text { font-family: system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif }
.strong { font-weight: 600 }
.ring { stroke-width: 2.5 }
.span { stroke-width: 2 }
.tick { stroke-width: 1.5 }
.ground { fill: #ffffff; stroke: #d9dce3 }
.ink { fill: #1f2430 }
.soft { fill: #596071 }
.track { fill: #d5d9e6 }
.ours { fill: #3f51b5 }
.inside { fill: #ffffff }
.faulty { fill: #c2410c }
.ring { fill: #ffffff; stroke: #3f51b5 }
.tick { stroke: #1f2430 }
.grid { stroke: #e2e5ee }
.span { stroke: #9aa1b1 }
@media (prefers-color-scheme: dark) {
  .ground { fill: #1e2129; stroke: #3a3f4c }
  .ink { fill: #e8eaf0 }
  .soft { fill: #a9b0be }
  .track { fill: #434a5d }
  .ours { fill: #97a4f5 }
  .inside { fill: #14161d }
  .faulty { fill: #fb923c }
  .ring { fill: #1e2129; stroke: #97a4f5 }
  .tick { stroke: #e8eaf0 }
  .grid { stroke: #343a47 }
  .span { stroke: #7b8393 }
}
"""


@dataclass
class Picture:
    """Shapes in the order of drawing. An `y` of theirs is the middle of what is drawn there."""

    title: str
    description: str
    _shapes: list[str] = field(default_factory=list)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        style: str = "ink",
        *,
        size: float = NORMAL,
        anchor: str = "start",
    ) -> None:
        """A line of text."""
        self._shapes.append(
            f'<text class="{style}" x="{x:.5g}" y="{y + size * 0.36:.5g}" font-size="{size}"'
            f' text-anchor="{anchor}">{escape(text)}</text>'
        )

    def bar(self, x: float, y: float, width: float, style: str, *, height: float) -> None:
        """A bar from left to right."""
        self._shapes.append(
            f'<rect class="{style}" x="{x:.5g}" y="{y - height / 2:.5g}" width="{width:.5g}"'
            f' height="{height:.5g}" rx="2"/>'
        )

    def line(self, x1: float, y1: float, x2: float, y2: float, style: str) -> None:
        """A line between two points."""
        self._shapes.append(
            f'<line class="{style}" x1="{x1:.5g}" y1="{y1:.5g}" x2="{x2:.5g}" y2="{y2:.5g}"/>'
        )

    def dot(self, x: float, y: float, style: str) -> None:
        """A full circle, or, of style `ring`, a larger and empty one."""
        radius = 6 if style == "ring" else 4.5
        self._shapes.append(f'<circle class="{style}" cx="{x:.5g}" cy="{y:.5g}" r="{radius}"/>')

    def svg(self, height: float) -> str:
        """The text of the file."""
        return "\n".join(
            [
                '<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="title about"'
                f' viewBox="0 0 {WIDTH} {height:.5g}" width="{WIDTH}" height="{height:.5g}">',
                f'<title id="title">{escape(self.title)}</title>',
                f'<desc id="about">{escape(self.description)}</desc>',
                f"<style>{_STYLE}</style>",
                f'<rect class="ground" x="0.5" y="0.5" width="{WIDTH - 1}"'
                f' height="{height - 1:.5g}" rx="6"/>',
                *self._shapes,
                "</svg>\n",
            ]
        )
