"""What a name that can mean two things means here: by its neighbours, and by what else the text names.

Fixed phrases ("New Mexico", "Paris Hilton", "guinea pig") are entries of the place table, where the longest wins; here
is what takes a look around. Each guard either drops a mention or gives it to another country.
"""

import re

from pipeline.classify.places import Mention, gazetteer


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Places that are first names too: a capitalised word right after them makes a person.
FIRST_NAMES = _words(
    "jordan chad georgia israel paris sydney austin charlotte florence savannah brittany kenya india virginia "
    "carolina dakota chelsea madison dallas london houston milan ireland china sicily vienna asia"
)
#: Places that are surnames too: a capitalised word right before them makes a person.
SURNAMES = FIRST_NAMES | _words(
    "washington jackson lincoln holland england wales kent devon york bolton montana french german english welsh "
    "norfolk cuba lebanon mali santiago suffolk burns lima cairo brazil spain rice essex surrey "
    "turner scott scot derby durham lancaster benin bali maine"
)
#: Capitalised words that go before or after a place and make no person of it.
NO_PERSON = _words(
    "in the at to from of for and or but as on by with near via north south east west northern southern eastern "
    "western central greater downtown inner outer old new across against since while when if after before why how "
    "what is are was were has had will its his her this that all both president king prime minister foreign first "
    "state city county university college valley river bay street square bridge agreement accord accords club "
    "mayor police times post school airport stadium olympics games fashion week stock exchange attacks and's "
    "national government senate house monday tuesday wednesday thursday friday saturday sunday january february "
    "march april may june july august september october november december today meanwhile however now army navy "
    "air embassy ambassador court supreme open says said who where team football rugby cricket captain manager "
    "coach visit republic bulldogs defense ministry tech cup league under-21 women men summit treaty conference "
    "gov governor sen senator rep mr."
)
MISTER = _words("mr mrs ms miss dr sir")
TURKEY_TABLE = re.compile(
    r"\b(roast\w*|breast|sandwich\w*|stuffing|gravy|cranberr\w+|thanksgiving|butterball|bacon|leftover\w*|carv\w+|oven|"
    r"recipe\w*|poultry|drumstick\w*|deli)\b",
    re.IGNORECASE,
)
#: How far a word of the kitchen speaks for the bird: about one sentence.
TABLE_REACH = 60
#: Divisions by what stands after "City, ": AP style, then postal codes.
_STATES = (
    "Ala:AL Ariz:AZ Ark:AR Calif:CA Colo:CO Conn:CT Del:DE Fla:FL Ga:GA Ill:IL Ind:IN Kan:KS Ky:KY La:LA Mass:MA Md:MD "
    "Mich:MI Minn:MN Miss:MS Mo:MO Mont:MT Neb:NE Nev:NV Okla:OK Ore:OR Pa:PA Tenn:TN Tex:TX Va:VA Vt:VT Wash:WA "
    "Wis:WI Wyo:WY N.C:NC N.D:ND N.H:NH N.J:NJ N.M:NM N.Y:NY R.I:RI S.C:SC S.D:SD W.Va:WV D.C:DC AK:AK HI:HI IA:IA "
    "ID:ID ME:ME OH:OH UT:UT"
)
_PROVINCES = (
    "Ont:08 ON:08 Que:10 QC:10 Alta:01 AB:01 B.C:02 BC:02 Man:03 MB:03 Sask:11 SK:11 N.S:07 NS:07 N.B:04 NB:04 "
    "P.E.I:09 Nfld:05"
)
_STATE_PAIRS = [pair.split(":") for pair in _STATES.split()]
ABBREVIATIONS = {
    **{word: f"US.{code}" for pair in _STATE_PAIRS for word, code in ((pair[0], pair[1]), (pair[1], pair[1]))},
    **{pair[0]: f"CA.{pair[1]}" for pair in (pair.split(":") for pair in _PROVINCES.split())},
}
#: Words that say "in" and "from": what follows is a place. A town needs one, since its name is often a person's.
LOCATIVES = _words(
    "in at near from outside around inside aus bei nach von im vom à dans depuis vers en a desde em no na w we z "
    "ze v ve i på från fra uit bij naar da di te ad iz u la lângă din"
)
_AFTER_CITY = re.compile(r", ([A-Z][A-Za-z.]{1,5}?)\.?(?=[\s,;:)]|$)(?!,? (?:and|or|&) [A-Z])")
#: "Cuba, Florida and Texas" are three places; "Cuba, Missouri, holds" is one.
_IN_A_ROW = re.compile(r",? (and|or|&) [A-Z]")
_WORD_BEFORE = re.compile(r"([\w.’'-]+) $")
_WORD_AFTER = re.compile(r" ([\w’'-]+)")
#: Longest word that the neighbour guards look at.
NEIGHBOUR = 24
#: Offices of Germany and Austria, of Switzerland too: they are of the country that the text or the outlet is of.
SHARED_OFFICES = re.compile("bundes(kanzler|präsident|regierung|rat)", re.IGNORECASE)
OFFICE_COUNTRIES = ("AT", "CH")
#: Countries that the Caucasian Georgia is named with.
GEORGIAS_WORLD = frozenset(("GE", "RU", "AM", "AZ", "UA", "TR", "MD"))


def resolve(mentions: list[Mention], text: str, title_end: int, language: str, home: str | None) -> list[Mention]:
    """The mentions with what they mean here, those that mean no country left out; in order.

    `title_end`: where the title ends in `text`. German capitalises every noun, so that a capital says nothing there.
    """
    mentions = _after_comma(mentions, text)
    if language[:2] not in ("de", "lb"):
        mentions = _without_persons(mentions, text, title_end)
    mentions = [m for m in mentions if m.kind != "x" and not _is_bird(m, text)]
    mentions = _without_strange_towns(mentions, text, title_end + 2 if title_end else 0, home)
    return _by_company(_with_own_offices(mentions, text, home), text, home)


def _with_own_offices(mentions: list[Mention], text: str, home: str | None) -> list[Mention]:
    """The Bundeskanzler is Austria's where the text names Austria more than Germany, or neither and is from there."""
    offices = [m for m in mentions if m.iso2 == "DE" and SHARED_OFFICES.match(text, m.start)]
    if not offices:
        return mentions
    named = [m.iso2 for m in mentions if m.kind in "nwcr" and m.iso2 in (*OFFICE_COUNTRIES, "DE")]
    country = max(OFFICE_COUNTRIES, key=named.count)
    if named.count(country) <= named.count("DE"):
        if named or home not in OFFICE_COUNTRIES:
            return mentions
        country = home
    return [m._replace(iso2=country) if m in offices else m for m in mentions]


def _after_comma(mentions: list[Mention], text: str) -> list[Mention]:
    """A city is the one of the state after its comma: Paris, Texas; London, Ontario; Peru, Indiana.

    What a name means once it means in the whole text.
    """
    means: dict[tuple[str, str], Mention] = {}
    states = set()
    for mention, after in zip(mentions, [*mentions[1:], None], strict=False):
        if mention.kind not in "tcsrnx":
            continue
        division = _division_after(mention, after, text)
        if division[:2] in ("", mention.iso2) and mention.kind in "rn":
            continue
        if division:
            means[_wording(mention, text), mention.iso2] = _namesake(mention, text, division)
            states.add(after)
    result = []
    for mention in mentions:
        if mention in states and mention.iso2 == "GE":
            result.append(mention._replace(iso2="US", kind="r", place="US.GA"))
        elif meant := means.get((_wording(mention, text), mention.iso2)):
            result.append(meant._replace(start=mention.start, end=mention.end))
        else:
            result.append(mention)
    return result


def _division_after(mention: Mention, after: Mention | None, text: str) -> str:
    """Key of the division that follows the comma behind a mention, or its country and a dot; empty without one."""
    if (found := _AFTER_CITY.match(text, mention.end)) and found[1] in ABBREVIATIONS:
        return ABBREVIATIONS[found[1]]
    if after is None or text[mention.end : after.start] != ", " or _IN_A_ROW.match(text, after.end):
        return ""
    if text[after.start : after.end] == "Georgia":
        return "US.GA" if mention.iso2 != "GE" else ""
    if after.kind != "r" or (mention.kind in "rn" and "." not in after.place):
        return ""
    return after.place if "." in after.place else f"{after.iso2}."


def _wording(mention: Mention, text: str) -> str:
    return text[mention.start : mention.end].lower()


def _namesake(mention: Mention, text: str, division: str) -> Mention:
    """The city of that name in a division; where the table has none, only its country is known."""
    name = text[mention.start : mention.end]
    name = name.title() if name.isupper() else name
    place = gazetteer().namesakes.get(name, {}).get(division, "")
    return mention._replace(iso2=division[:2], kind="t", place=place)


def _without_strange_towns(mentions: list[Mention], text: str, body_start: int, home: str | None) -> list[Mention]:
    """A town counts where a word like "in" stands before it, and the text or its outlet is of its country."""
    if all(mention.kind != "s" for mention in mentions):
        return mentions
    at_home = {m.iso2 for m in mentions if m.kind in "nwrc"} | {home}
    return [
        m for m in mentions if m.kind != "s" or (m.iso2 in at_home and (m.start == body_start or _is_located(m, text)))
    ]


def _is_located(mention: Mention, text: str) -> bool:
    before = _WORD_BEFORE.search(text[max(0, mention.start - NEIGHBOUR) : mention.start])
    after = _WORD_AFTER.match(text, mention.end)
    return bool(before and before[1] in LOCATIVES and not (after and after[1][0].isupper()))


def _without_persons(mentions: list[Mention], text: str, title_end: int) -> list[Mention]:
    """Leave out Michael Jordan and Jordan Peterson, and then Jordan alone too, unless it stands as a place as often."""
    persons: dict[str, int] = {}
    places: dict[str, int] = {}
    dropped = set()
    for mention in mentions:
        name = text[mention.start : mention.end].lower()
        if name not in SURNAMES or mention.start < title_end:
            continue
        if _is_person(mention, name, text):
            persons[name] = persons.get(name, 0) + 1
            dropped.add(mention)
        elif re.search(r"\b(in|to|from|across|near|of) $", text[max(0, mention.start - 8) : mention.start]):
            places[name] = places.get(name, 0) + 1
    if not persons:
        # A headline alone: capitals say something only where not every word has one.
        return [m for m in mentions if m.start >= title_end or not _is_person_in_headline(m, text, title_end)]
    people = {name for name, count in persons.items() if count > places.get(name, 0)}
    return [m for m in mentions if m not in dropped and text[m.start : m.end].lower() not in people]


def _is_person(mention: Mention, name: str, text: str) -> bool:
    before = _WORD_BEFORE.search(text[max(0, mention.start - NEIGHBOUR) : mention.start])
    if before:
        word = before[1].rstrip(".")
        if word.lower() in MISTER or (word[:1].isupper() and not word.isupper() and word.lower() not in NO_PERSON):
            return True
    after = _WORD_AFTER.match(text, mention.end) if name in FIRST_NAMES else None
    return bool(after and after[1][0].isupper() and not after[1].isupper() and after[1].lower() not in NO_PERSON)


def _is_person_in_headline(mention: Mention, text: str, title_end: int) -> bool:
    name = text[mention.start : mention.end].lower()
    if name not in SURNAMES:
        return False
    words = text[:title_end].split()
    lower = sum(word[0].islower() for word in words)
    # Sentence case has more small words than the articles and prepositions of title case: a third is between the two.
    return lower * 3 > len(words) and _is_person(mention, name, text)


def _is_bird(mention: Mention, text: str) -> bool:
    return (
        mention.iso2 == "TR"
        and text[mention.start : mention.end] == "Turkey"
        and bool(TURKEY_TABLE.search(text, max(0, mention.start - TABLE_REACH), mention.end + TABLE_REACH))
    )


def _by_company(mentions: list[Mention], text: str, home: str | None) -> list[Mention]:
    """Georgia, Congo, Korea and Brussels mean what the rest of the text speaks of."""
    named = {m.iso2 for m in mentions}
    if not named & {"GE", "CD", "KP", "EU"}:
        return mentions
    spelled = [(m, text[m.start : m.end]) for m in mentions]
    caucasus = sum(m.iso2 in GEORGIAS_WORLD and word != "Georgia" for m, word in spelled)
    american = sum(m.iso2 == "US" for m, _ in spelled) + (home == "US")
    kinshasa = any(m.iso2 == "CD" and not word.startswith("Congo") for m, word in spelled)
    belgium = any(m.iso2 == "BE" and m.kind in "nw" for m, _ in spelled)
    result = []
    for mention, word in spelled:
        iso2 = mention.iso2
        if word == "Georgia" and iso2 == "GE" and american > caucasus:
            iso2 = "US"
        elif word in ("Congo", "Congolese") and "CG" in named and not kinshasa:
            iso2 = "CG"
        elif word in ("Korea", "Korean", "Koreans") and "KP" in named:
            continue
        elif iso2 == "BE" and mention.kind == "c" and "EU" in named and not belgium:
            iso2 = "EU"
        result.append(mention._replace(iso2=iso2))
    return result
