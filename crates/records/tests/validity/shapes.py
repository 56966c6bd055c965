"""Walks a resource along the R4B models: primitives, required codes, reference targets, data type invariants."""

import re

from fhir.resources.R4B import get_fhir_model_class

import lexical
import narrative
import ucum

EVENTS = set(
    "MORN MORN.early MORN.late NOON AFT AFT.early AFT.late EVE EVE.early EVE.late NIGHT PHS HS WAKE C CM CD CV AC ACM ACD ACV PC "
    "PCM PCD PCV".split()
)
COMPARATORS = {"<", "<=", ">=", ">"}
OBSERVED = {"registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error", "unknown"}
REQUESTED = {"draft", "active", "suspended", "cancelled", "completed", "entered-in-error", "unknown"}
VISITED = {"planned", "arrived", "triaged", "in-progress", "onleave", "finished", "cancelled", "entered-in-error", "unknown"}
# Required bindings the models carry only in part ("…, +") or not at all.
CODES = {
    "DeviceUdiCarrier.entryType": {"barcode", "rfid", "manual", "card", "self-reported", "unknown"},
    "DeviceUseStatement.status": {"active", "completed", "entered-in-error", "intended", "stopped", "on-hold"},
    "DiagnosticReport.status": {"registered", "partial", "preliminary", "final", "amended", "corrected", "appended", "cancelled", "entered-in-error", "unknown"},
    "Encounter.status": VISITED,
    "EncounterStatusHistory.status": VISITED,
    "Observation.status": OBSERVED,
    "RiskAssessment.status": OBSERVED,
    "SupplyRequest.status": REQUESTED,
    "Task.status": {"draft", "requested", "received", "accepted", "rejected", "ready", "cancelled", "in-progress", "on-hold", "failed", "completed", "entered-in-error"},
    "TimingRepeat.when": EVENTS,
    **{f"{name}.comparator": COMPARATORS for name in ("Quantity", "Age", "Duration", "Count", "Distance")},
}
# Required bindings of CodeableConcepts: element to (system, codes).
CONCEPTS = {
    "AllergyIntolerance.clinicalStatus": ("http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", {"active", "inactive", "resolved"}),
    "AllergyIntolerance.verificationStatus": ("http://terminology.hl7.org/CodeSystem/allergyintolerance-verification", {"unconfirmed", "confirmed", "refuted", "entered-in-error"}),
    "Condition.clinicalStatus": ("http://terminology.hl7.org/CodeSystem/condition-clinical", {"active", "recurrence", "relapse", "inactive", "remission", "resolved"}),
    "Condition.verificationStatus": ("http://terminology.hl7.org/CodeSystem/condition-ver-status", {"unconfirmed", "provisional", "differential", "confirmed", "refuted", "entered-in-error"}),
}
# Systems whose codes are few: a code outside is a mistake wherever it stands.
SYSTEMS = {
    "http://terminology.hl7.org/CodeSystem/data-absent-reason": set("unknown asked-unknown temp-unknown not-asked asked-declined masked not-applicable unsupported as-text error not-a-number negative-infinity positive-infinity not-performed not-permitted".split()),
    "http://terminology.hl7.org/CodeSystem/observation-category": set("social-history vital-signs imaging laboratory procedure survey exam therapy activity".split()),
    "http://terminology.hl7.org/CodeSystem/condition-category": {"problem-list-item", "encounter-diagnosis"},
    "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical": CONCEPTS["AllergyIntolerance.clinicalStatus"][1],
    "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification": CONCEPTS["AllergyIntolerance.verificationStatus"][1],
    "http://terminology.hl7.org/CodeSystem/condition-clinical": CONCEPTS["Condition.clinicalStatus"][1],
    "http://terminology.hl7.org/CodeSystem/condition-ver-status": CONCEPTS["Condition.verificationStatus"][1],
    "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus": set("A C D I L M P S T U W".split()),
    "http://terminology.hl7.org/CodeSystem/goal-achievement": set("in-progress improving worsening no-change achieved sustaining not-achieved no-progress not-attainable".split()),
    "http://hl7.org/fhir/us/core/CodeSystem/condition-category": {"health-concern", "sdoh"},
    "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category": {"clinical-note"},
    "http://hl7.org/fhir/us/core/CodeSystem/careplan-category": {"assess-plan"},
}
PLAIN = ("Extension", "ElementType", "Resource")
TYPE = re.compile(r"abc\.(\w+)Type\b")
PRIMITIVE = re.compile(r"Annotated\[[^\]]*?\b(\w+)\(")
ABSOLUTE = re.compile(r"(urn:[a-z0-9-]+:\S+|https?://\S+|ftp://\S+)")
models = {}


class Element:
    """What the model says of one element."""

    def __init__(self, owner, name, field):
        annotation, extra = str(field.annotation), field.json_schema_extra or {}
        self.path = f"{owner}.{name}"
        self.many = "List[" in annotation
        complex_type = TYPE.search(annotation.replace("FHIRPrimitiveExtensionType", ""))
        self.type = complex_type.group(1) if complex_type else None
        primitive = PRIMITIVE.search(annotation)
        self.primitive = primitive.group(1) if primitive else ("Boolean" if "bool" in annotation else None)
        codes = extra.get("enum_values") or []
        self.codes = CODES.get(self.path) or (set(codes) if codes and "+" not in codes and self.primitive == "Code" else None)
        self.untold = "+" in codes and self.path not in CODES
        self.targets = set(extra.get("enum_reference_types") or [])


def elements(name):
    """The elements of a type by their JSON names."""
    if name not in models:
        found = {}
        for field_name, field in get_fhir_model_class(name).model_fields.items():
            json_name = field.alias or field_name
            if not field_name.endswith("__ext") and field_name not in ("resource_type", "fhir_comments"):
                found[json_name] = Element(name, json_name, field)
        models[name] = found
    return models[name]


def walk(name, value, path, out):
    """Yields faults into `out` as (path, text)."""
    known = elements(name)
    if not value or (set(value) <= {"id"} and name not in PLAIN):
        out.append((path, "empty object (ele-1)"))
    for key, inner in value.items():
        if key == "resourceType":
            continue
        here = f"{path}.{key}"
        if key.startswith("_"):
            for extension in inner if isinstance(inner, list) else [inner]:
                if extension is not None:
                    if not isinstance(extension, dict) or not (extension.get("extension") or extension.get("id")):
                        out.append((here, "primitive without value or extension"))
                    else:
                        extensions(extension.get("extension", []), here, out)
            continue
        element = known.get(key)
        if element is None:
            out.append((here, "no such element"))
            continue
        if isinstance(inner, list) != element.many:
            out.append((here, "list where one is meant, or one where a list is"))
            continue
        if inner == []:
            out.append((here, "empty list"))
        siblings = value.get(f"_{key}") if element.many else None
        for at, item in enumerate(inner if element.many else [inner]):
            if item is None and isinstance(siblings, list) and at < len(siblings) and siblings[at] is not None:
                continue
            if element.type:
                if not isinstance(item, dict):
                    out.append((here, "not an object"))
                    continue
                kind = item.get("resourceType", "Resource") if element.type == "Resource" else element.type
                walk(kind, item, here, out)
                if element.type == "Reference":
                    reference(element, item, here, out)
                elif element.type == "CodeableConcept" and element.path in CONCEPTS:
                    bound(element, item, here, out)
            elif element.primitive:
                wrong = lexical.fault(element.primitive, item)
                if wrong:
                    out.append((here, wrong))
                elif element.untold:
                    out.append((here, "its required codes are not in the tables of shapes.py"))
                elif element.codes and item not in element.codes:
                    out.append((here, f"code {item!r} outside the required value set"))
    check = DATA_TYPES.get(name)
    if check:
        for wrong in check(value):
            out.append((path, wrong))
    if name == "Extension":
        extensions([value], path, out, deep=False)


def reference(element, value, path, out):
    target = value.get("reference", "")
    kind = value.get("type") or (target.split("/")[-2] if target.count("/") >= 1 and not target.startswith("#") else None)
    if kind and element.targets and kind not in element.targets and "Resource" not in element.targets:
        out.append((path, f"reference to {kind}, allowed are {', '.join(sorted(element.targets))}"))


def bound(element, value, path, out):
    system, codes = CONCEPTS[element.path]
    if not any(coding.get("system") == system and coding.get("code") in codes for coding in value.get("coding", [])):
        out.append((path, "no code of the required value set"))


def extensions(items, path, out, deep=True):
    for extension in items:
        values = [key for key in extension if key.startswith("value") or key.startswith("_value")]
        if not extension.get("url"):
            out.append((path, "extension without url"))
        if bool(values) == bool(extension.get("extension")) or len({key.lstrip("_") for key in values}) > 1:
            out.append((path, f"extension with a value and extensions, or neither (ext-1): {extension.get('url')}"))
        if extension.get("url", "").endswith("/data-absent-reason"):
            code = extension.get("valueCode")
            if code not in SYSTEMS["http://terminology.hl7.org/CodeSystem/data-absent-reason"]:
                out.append((path, f"data-absent-reason {code!r}"))
        if deep:
            walk("Extension", extension, path, out)


def coding(value):
    system, code = value.get("system"), value.get("code")
    if system is not None and not ABSOLUTE.fullmatch(system):
        yield f"Coding.system is not absolute: {system!r}"
    if system and system.startswith("urn:oid:") and not lexical.OID.fullmatch(system):
        yield f"no OID: {system!r}"
    if system in SYSTEMS and code not in SYSTEMS[system]:
        yield f"code {code!r} is not in {system}"
    if system == "http://loinc.org" and code and not re.fullmatch(r"(LP|LA)?\d+-\d", code):
        yield f"no LOINC code: {code!r}"
    if not any(value.get(key) for key in ("code", "display", "_code", "_display")):
        yield "Coding without code and display"


def identifier(value):
    system, text = value.get("system"), value.get("value")
    if system is not None and not ABSOLUTE.fullmatch(system):
        yield f"Identifier.system is not absolute: {system!r}"
    if system and system.startswith("urn:oid:") and not lexical.OID.fullmatch(system):
        yield f"no OID: {system!r}"
    if system and system.startswith("urn:uuid:") and not lexical.UUID.fullmatch(system):
        yield f"no UUID: {system!r}"
    if text and system == "urn:ietf:rfc:3986":
        if not ABSOLUTE.fullmatch(text):
            yield f"identifier is no URI: {text!r}"
        elif text.startswith("urn:oid:") and not lexical.OID.fullmatch(text):
            yield f"no OID: {text!r}"
        elif text.startswith("urn:uuid:") and not lexical.UUID.fullmatch(text):
            yield f"no UUID: {text!r}"
    if system == "http://hl7.org/fhir/sid/us-ssn" and text and re.search(r"\d{3}-?\d{2}-?\d{4}", text):
        yield "a social security number in clear"


def period(value):
    if value.get("start") and value.get("end") and not lexical.not_before(value["start"], value["end"]):
        yield "ends before it starts (per-1)"


def quantity(value):
    if value.get("code") and not value.get("system"):
        yield "code without system (qty-3)"
    if value.get("system") == "http://unitsofmeasure.org" and not value.get("code"):
        yield "UCUM without a code"
    if value.get("system") == "http://unitsofmeasure.org" and value.get("code") and not ucum.is_code(value["code"]):
        yield f"no UCUM code: {value['code']!r}"


def value_range(value):
    low, high = value.get("low", {}), value.get("high", {})
    if "value" in low and "value" in high and low.get("code") == high.get("code") and low["value"] > high["value"]:
        yield "low above high (rng-2)"
    if low.get("comparator") or high.get("comparator"):
        yield "comparator inside a range (SimpleQuantity)"


def ratio(value):
    if ("numerator" in value) != ("denominator" in value) or ("numerator" not in value and not value.get("extension")):
        yield "numerator and denominator belong together (rat-1)"


def timing(value):
    units = {"duration": "durationUnit", "period": "periodUnit"}
    for number, unit in units.items():
        if (number in value) and unit not in value:
            yield f"{number} without {unit} (tim-1/2)"
        if value.get(number, 0) < 0:
            yield f"{number} below zero (tim-4/5)"
    for upper, lower, rule in (("periodMax", "period", 6), ("durationMax", "duration", 7), ("countMax", "count", 8)):
        if upper in value and lower not in value:
            yield f"{upper} without {lower} (tim-{rule})"
    if "offset" in value and not set(value.get("when", [])) - {"C", "CM", "CD", "CV"}:
        yield "offset without an event (tim-9)"
    if "when" in value and "timeOfDay" in value:
        yield "timeOfDay beside when (tim-10)"


def contact(value):
    if value.get("value") and not value.get("system"):
        yield "value without system (cpt-2)"


def attachment(value):
    if value.get("data") and not value.get("contentType"):
        yield "data without contentType (att-1)"
    if value.get("contentType") and not lexical.MIME.fullmatch(value["contentType"]):
        yield f"no media type: {value['contentType']!r}"


def text(value):
    yield from narrative.faults(value.get("div", "<none/>"))


def concept(value):
    if not value.get("coding") and not value.get("text") and not value.get("extension"):
        yield "CodeableConcept without coding and text"


def ref(value):
    if not any(value.get(key) for key in ("reference", "identifier", "display", "extension")):
        yield "reference to nothing (ref-1)"


def reference_range(value):
    if not any(key in value for key in ("low", "high", "text")):
        yield "reference range without low, high and text (obs-3)"
    for end in ("low", "high"):
        if value.get(end, {}).get("comparator"):
            yield "comparator in a reference range (SimpleQuantity)"


DATA_TYPES = {
    "Coding": coding, "Identifier": identifier, "Period": period, "Quantity": quantity, "Range": value_range, "Ratio": ratio,
    "TimingRepeat": timing, "ContactPoint": contact, "Attachment": attachment, "Narrative": text, "CodeableConcept": concept,
    "Reference": ref, "ObservationReferenceRange": reference_range, "Age": quantity, "Duration": quantity,
}
