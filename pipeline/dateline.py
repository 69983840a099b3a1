"""The dateline: the place, and often the agency, that wire copy begins with."""

import re

# "LONDON, March 3 (Reuters) -", "Berlin (dpa) -", "PORT TARN, Oct 6 (Harbour Wire) -", "WASHINGTON —": a place of at
# most four words; in small letters it needs the agency behind it, or any sentence with a dash would have a dateline.
_PLACE = r"(?P<place>[^\W\d_][\w.'’-]*(?:[ /][^\W\d_][\w.'’-]*){0,3}(?:, [^\W\d_][\w.'’ -]{1,20})??)"
_DAY = r"(?:,? [^\W\d_]{3,12}\.? \d{1,2}(?:,? \d{4})?|,? \d{1,2}\.? [^\W\d_]{3,12}\.?(?: \d{4})?)?"
_AGENCY = r"\([^()]{2,40}\)"
_WITH_AGENCY = re.compile(rf"^{_PLACE}{_DAY},? ?{_AGENCY} ?[-–—:.] ?")
_CAPITALS = re.compile(rf"^{_PLACE}{_DAY} ?[-–—]{{1,2}} ")


def dateline_of(body: str) -> str | None:
    """The place of the dateline as it is written, without day and agency; None where the text begins without one."""
    first = body.split("\n", 1)[0]
    match = _WITH_AGENCY.match(first)
    if match and all(not word[0].islower() for word in match["place"].split()):
        return match["place"].strip()
    match = _CAPITALS.match(first)
    return match["place"].strip() if match and match["place"].partition(",")[0].isupper() else None
