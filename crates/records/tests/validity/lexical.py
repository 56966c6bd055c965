"""FHIR R4 primitives: what a value must look like."""

import base64
import binascii
import datetime
import re
from decimal import Decimal

DATE = r"([0-9]([0-9]([0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)(-(0[1-9]|1[0-2])(-(0[1-9]|[1-2][0-9]|3[0-1]))?)?"
CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?"
ZONE = r"(Z|(\+|-)((0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
FULL = r"([0-9]([0-9]([0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)-(0[1-9]|1[0-2])-(0[1-9]|[1-2][0-9]|3[0-1])"

PATTERNS = {
    "Id": r"[A-Za-z0-9\-\.]{1,64}",
    "Code": r"[^\s]+(\s[^\s]+)*",
    "Uri": r"\S+",
    "Url": r"\S+",
    "Canonical": r"\S+",
    "Oid": r"urn:oid:[0-2](\.(0|[1-9][0-9]*))+",
    "Uuid": r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "Date": DATE,
    "DateTime": rf"({DATE})|({FULL}T{CLOCK}{ZONE})",
    "Instant": rf"{FULL}T{CLOCK}{ZONE}",
    "Time": CLOCK,
}
COMPILED = {name: re.compile(pattern) for name, pattern in PATTERNS.items()}
OID = COMPILED["Oid"]
UUID = COMPILED["Uuid"]
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
MIME = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(;.*)?")
LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")


def fault(kind, value):
    """Why a value is no FHIR primitive of this kind, or None."""
    if kind == "Boolean":
        return None if isinstance(value, bool) else "not a boolean"
    if kind in ("Integer", "PositiveInt", "UnsignedInt", "Integer64"):
        if isinstance(value, bool) or not isinstance(value, int):
            return f"not an integer: {value!r}"
        low = {"PositiveInt": 1, "UnsignedInt": 0}.get(kind, -(2**31))
        return None if low <= value < 2**31 else f"out of range: {value}"
    if kind == "Decimal":
        if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
            return f"not a number: {value!r}"
        return None
    if not isinstance(value, str):
        return f"not a string: {value!r}"
    if not value.strip():
        return "empty string"
    if CONTROL.search(value):
        return f"control character in {value[:40]!r}"
    if kind in ("String", "Markdown"):
        return "longer than 1 MB" if len(value) > 1 << 20 else None
    if kind == "Base64Binary":
        try:
            base64.b64decode(re.sub(r"\s", "", value), validate=True)
        except (binascii.Error, ValueError):
            return "not base64"
        return None
    pattern = COMPILED.get(kind)
    if pattern and not pattern.fullmatch(value):
        return f"not a FHIR {kind}: {value[:60]!r}"
    if kind in ("Date", "DateTime", "Instant"):
        day = DAY.match(value)
        if day:
            try:
                datetime.date(*map(int, day.groups()))
            except ValueError:
                return f"no such day: {value}"
    return None


def instant(value):
    """The first and last moment a FHIR date may mean, for comparisons."""
    parts = value[:10].split("-")
    if "T" in value:
        at = datetime.datetime.fromisoformat(value.replace("Z", "+00:00").replace(":60", ":59"))
        return at, at
    utc = datetime.timezone.utc
    first = datetime.datetime(int(parts[0]), int(parts[1]) if len(parts) > 1 else 1, int(parts[2]) if len(parts) > 2 else 1, tzinfo=utc)
    if len(parts) == 3:
        last = first + datetime.timedelta(days=1)
    elif len(parts) == 2:
        last = (first + datetime.timedelta(days=32)).replace(day=1)
    else:
        last = first + datetime.timedelta(days=366)
    slack = datetime.timedelta(hours=14)
    return first - slack, last + slack


def not_before(start, end):
    """Whether `end` may be at or after `start`."""
    return instant(end)[1] >= instant(start)[0]
