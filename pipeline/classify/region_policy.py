"""Where disputed territories count: `data/disputed.toml`, or the file that `DATELINE_REGION_POLICY` names."""

import os
import tomllib
from pathlib import Path

DATA = Path(__file__).parent / "data" / "disputed.toml"


def policy() -> dict[str, str]:
    """The country that each territory counts as, empty for none, by the territory's key in the place table.

    A file of one's own says only what it changes. Raises OSError without the file; ValueError where it is no TOML,
    names a territory that the shipped policy does not, or gives a code that is none.
    """
    shipped = tomllib.loads(DATA.read_text("utf-8"))
    own_path = os.environ.get("DATELINE_REGION_POLICY", "")
    own = tomllib.loads(Path(own_path).read_text("utf-8")) if own_path else {}
    if strange := own.keys() - shipped.keys():
        raise ValueError(f"{own_path}: no such territory: {', '.join(sorted(strange))}")
    counts_as = {key: str(row["counts_as"]) for key, row in (shipped | own).items()}
    for key, iso2 in counts_as.items():
        if iso2 and not (len(iso2) == len("XK") and iso2.isupper()):
            raise ValueError(f"{own_path}: {key}: {iso2!r} is no country code of two capitals")
    return counts_as
