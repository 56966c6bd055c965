"""US Core 6.1: what each declared profile demands beyond FHIR R4 (cardinalities, required bindings, invariants)."""

import re

from invariants import codes, has

BASE = "http://hl7.org/fhir/us/core/StructureDefinition/"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
UCUM = "http://unitsofmeasure.org"
NPI = "http://hl7.org/fhir/sid/us-npi"

# Elements that must be there; `value[x]` is any choice; inner elements only where their parent is.
NEEDED = {
    "us-core-allergyintolerance": "code patient reaction.manifestation",
    "us-core-careplan": "text.status text.div status intent category subject",
    "us-core-careteam": "subject participant participant.role participant.member",
    "us-core-condition-encounter-diagnosis": "category code subject",
    "us-core-condition-problems-health-concerns": "category code subject",
    "us-core-coverage": "status beneficiary relationship payor",
    "us-core-implantable-device": "type patient",
    "us-core-diagnosticreport-note": "status category code subject",
    "us-core-diagnosticreport-lab": "status category code subject",
    "us-core-documentreference": "status type category subject content content.attachment",
    "us-core-encounter": "identifier.system identifier.value status class type subject",
    "us-core-goal": "lifecycleStatus description subject",
    "us-core-immunization": "status vaccineCode patient occurrence[x]",
    "us-core-location": "name",
    "us-core-medication": "code",
    "us-core-medicationdispense": "status medication[x] subject performer.actor",
    "us-core-medicationrequest": "status intent medication[x] subject",
    "us-core-observation-lab": "status category code subject",
    "us-core-observation-clinical-result": "status category code subject",
    "us-core-observation-pregnancystatus": "status code subject effective[x] value[x]",
    "us-core-observation-pregnancyintent": "status code subject effective[x] value[x]",
    "us-core-observation-occupation": "status code subject value[x]",
    "us-core-observation-sexual-orientation": "status code subject",
    "us-core-observation-screening-assessment": "status category code subject",
    "us-core-simple-observation": "status category code subject",
    "us-core-smokingstatus": "status category code subject effective[x] value[x]",
    "us-core-organization": "active name",
    "us-core-patient": "identifier identifier.system identifier.value name telecom.system telecom.value gender communication.language",
    "us-core-practitioner": "identifier identifier.system identifier.value name name.family",
    "us-core-practitionerrole": "telecom.system telecom.value",
    "us-core-procedure": "status code subject",
    "us-core-provenance": "target recorded agent agent.who",
    "us-core-questionnaireresponse": "questionnaire status subject authored item.linkId",
    "us-core-relatedperson": "active patient communication.language",
    "us-core-servicerequest": "status intent code subject",
    "us-core-specimen": "type",
}
# Vital signs: LOINC code and the units allowed.
VITALS = {
    "us-core-vital-signs": (None, None),
    "us-core-respiratory-rate": ("9279-1", {"/min"}),
    "us-core-heart-rate": ("8867-4", {"/min"}),
    "us-core-body-temperature": ("8310-5", {"Cel", "[degF]"}),
    "us-core-pulse-oximetry": ("59408-5", {"%"}),
    "us-core-head-circumference": ("9843-4", {"cm", "[in_i]"}),
    "us-core-body-height": ("8302-2", {"cm", "[in_i]"}),
    "us-core-bmi": ("39156-5", {"kg/m2"}),
    "us-core-body-weight": ("29463-7", {"kg", "[lb_av]", "g"}),
    "us-core-blood-pressure": ("85354-9", None),
    "pediatric-weight-for-height": ("77606-2", {"%"}),
    "pediatric-bmi-for-age": ("59576-9", {"%"}),
    "head-occipital-frontal-circumference-percentile": ("8289-1", {"%"}),
}
LAB = {"laboratory"}
CATEGORIES = {
    "us-core-observation-lab": LAB,
    "us-core-smokingstatus": {"social-history"},
    "us-core-observation-screening-assessment": {"survey"},
    "us-core-diagnosticreport-lab": {"LAB"},
    "us-core-condition-encounter-diagnosis": {"encounter-diagnosis"},
    "us-core-condition-problems-health-concerns": {"problem-list-item", "health-concern"},
    "us-core-careplan": {"assess-plan"},
}
FIXED = {
    "us-core-observation-pregnancystatus": "82810-3",
    "us-core-observation-pregnancyintent": "86645-9",
    "us-core-observation-occupation": "11341-5",
    "us-core-observation-sexual-orientation": "76690-7",
}
STATUSES = {
    "us-core-smokingstatus": {"final", "entered-in-error"},
}
OMB_RACE = {"1002-5", "2028-9", "2054-5", "2076-8", "2106-3", "UNK", "ASKU"}
OMB_ETHNICITY = {"2135-2", "2186-5", "UNK", "ASKU"}


def faults(value):
    for profile in value.get("meta", {}).get("profile", []):
        name = profile.split("|")[0].removeprefix(BASE)
        if not profile.startswith(BASE):
            yield f"profile {profile} is not known here"
        elif name in VITALS:
            yield from (f"{name}: {wrong}" for wrong in vital(name, value))
        elif name in NEEDED:
            yield from (f"{name}: {wrong}" for wrong in declared(name, value))
        else:
            yield f"profile {name} has no check in us_core.py"
    for extension in value.get("extension", []) if value.get("resourceType") == "Patient" else []:
        yield from demographic(extension)
    owners = ("Practitioner", "Organization")
    for identifier in value.get("identifier", []) if value.get("resourceType") in owners else []:
        if isinstance(identifier, dict) and identifier.get("system") == NPI and not luhn("80840" + identifier.get("value", "")):
            if any(p.startswith(BASE) for p in value.get("meta", {}).get("profile", [])):
                yield "declares a US Core profile with an NPI of wrong form or check digit (us-core-16/17)"


def missing(value, path):
    """Whether a demanded element is absent; inner elements count only where their parent is present."""
    name, _, rest = path.partition(".")
    if name.endswith("[x]"):
        return not has(value, name[:-3])
    inner = value.get(name, value.get("_" + name))
    if inner in (None, [], {}):
        return not rest or False
    if not rest:
        return False
    return any(missing(item, rest) for item in (inner if isinstance(inner, list) else [inner]) if isinstance(item, dict))


def declared(name, value):
    needed = NEEDED[name].split()
    for path in needed:
        if missing(value, path):
            yield f"{path} is missing"
    concepts = [item for item in as_list(value.get("category")) if isinstance(item, dict)]
    categories = {code for item in concepts for code in codes(item)}
    if name in CATEGORIES and not categories & CATEGORIES[name]:
        yield f"category is not one of {', '.join(sorted(CATEGORIES[name]))}"
    if name in FIXED and FIXED[name] not in codes(value.get("code"), "loinc.org"):
        yield f"code is not {FIXED[name]}"
    if name in STATUSES and value.get("status") not in STATUSES[name]:
        yield f"status {value.get('status')} is not allowed"
    yield from RULES.get(name, lambda _: ())(value)


def vital(name, value):
    code, units = VITALS[name]
    for path in ("status", "category", "code", "subject", "effective[x]"):
        if missing(value, path):
            yield f"{path} is missing"
    if "vital-signs" not in {c for item in value.get("category", []) for c in codes(item, CATEGORY)}:
        yield "category is not vital-signs"
    if code and code not in codes(value.get("code"), "loinc.org"):
        yield f"code is not {code}"
    if len(value.get("effectiveDateTime", "0000-00-00")) < 10:
        yield "time is coarser than a day (vs-1)"
    if not any(key in value for key in ("component", "hasMember", "dataAbsentReason")) and not has(value, "value"):
        yield "no value and no reason why (vs-2)"
    for part in [value, *value.get("component", [])]:
        if part is not value and not has(part, "value") and "dataAbsentReason" not in part:
            yield "component without value and reason (vs-3)"
        if "valueQuantity" in part:
            yield from measured(part["valueQuantity"], {"mm[Hg]"} if name == "us-core-blood-pressure" else units if part is value else None)
        elif part is value and name != "us-core-vital-signs" and has(part, "value"):
            yield "value is no quantity"
    if name == "us-core-blood-pressure":
        parts = [c for part in value.get("component", []) for c in codes(part.get("code"), "loinc.org")]
        if parts.count("8480-6") != 1 or parts.count("8462-4") != 1:
            yield "not one systolic and one diastolic component"


def measured(quantity, units):
    for key in ("value", "unit", "system", "code"):
        if key not in quantity:
            yield f"quantity without {key}"
    if quantity.get("system") not in (None, UCUM):
        yield "quantity is not in UCUM"
    if units and quantity.get("code") not in units:
        yield f"unit {quantity.get('code')} is not one of {', '.join(sorted(units))}"


def day(value):
    if "T" not in value.get("effectiveDateTime", "") and 0 < len(value.get("effectiveDateTime", "")) < 10:
        yield "time is coarser than a day (us-core-1)"


def result(value):
    yield from day(value)
    if not any(key in value for key in ("component", "hasMember", "dataAbsentReason")) and not has(value, "value"):
        yield "no value and no reason why (us-core-2)"
    quantity = value.get("valueQuantity", {})
    if quantity.get("system") not in (None, UCUM):
        yield "coded unit is not UCUM (us-core-3)"


def report(value):
    told = value.get("status") in ("partial", "preliminary", "final", "amended", "corrected", "appended")
    if told and not has(value, "effective"):
        yield "effective[x] is missing (us-core-8)"
    if told and "issued" not in value:
        yield "issued is missing (us-core-9)"


def note(value):
    if value.get("status") in ("partial", "preliminary", "final", "amended", "corrected", "appended") and not has(value, "effective"):
        yield "effective[x] is missing (us-core-10)"


def document(value):
    for content in value.get("content", []):
        attachment = content.get("attachment", {})
        if "url" not in attachment and "data" not in attachment:
            yield "attachment without url and data (us-core-6)"


def person(value):
    for name in value.get("name", []):
        if not any(key in name for key in ("family", "given", "_family", "_given", "extension")):
            yield "name without given and family (us-core-6)"


def order(value):
    if value.get("intent") == "order" and "requester" not in value:
        yield "an order without requester (us-core-21)"


def role(value):
    if "practitioner" not in value and "organization" not in value:
        yield "neither practitioner nor organization (us-core-13)"


def performed(value):
    if value.get("status") in ("completed", "in-progress") and not has(value, "performed"):
        yield "performed[x] is missing (us-core-7)"


def dispensed(value):
    if value.get("status") == "completed" and "whenHandedOver" not in value:
        yield "whenHandedOver is missing (us-core-20)"


def relative(value):
    if "name" not in value and "relationship" not in value:
        yield "neither name nor relationship (us-core-14)"


RULES = {
    "us-core-observation-lab": result, "us-core-observation-clinical-result": result, "us-core-diagnosticreport-lab": report,
    "us-core-diagnosticreport-note": note, "us-core-documentreference": document, "us-core-patient": person,
    "us-core-medicationrequest": order, "us-core-practitionerrole": role, "us-core-smokingstatus": day,
    "us-core-simple-observation": day, "us-core-observation-screening-assessment": day, "us-core-procedure": performed,
    "us-core-medicationdispense": dispensed, "us-core-relatedperson": relative,
}


def demographic(extension):
    url, inner = extension.get("url", ""), extension.get("extension", [])
    if url in (BASE + "us-core-race", BASE + "us-core-ethnicity"):
        allowed, most = (OMB_RACE, 6) if url.endswith("race") else (OMB_ETHNICITY, 1)
        groups = [item.get("valueCoding", {}).get("code") for item in inner if item.get("url") == "ombCategory"]
        if sum(item.get("url") == "text" and bool(item.get("valueString")) for item in inner) != 1:
            yield f"{url.removeprefix(BASE)}: not exactly one text"
        if len(groups) > most or not set(groups) <= allowed:
            yield f"{url.removeprefix(BASE)}: categories {groups} outside the required value set"
        if {item.get("url") for item in inner} - {"ombCategory", "detailed", "text"}:
            yield f"{url.removeprefix(BASE)}: a part it does not know"
    elif url == BASE + "us-core-birthsex" and extension.get("valueCode") not in {"F", "M", "OTH", "UNK", "ASKU"}:
        yield f"us-core-birthsex: {extension.get('valueCode')!r} outside the required value set"
    elif url == BASE + "us-core-sex" and extension.get("valueCode") not in {"248152002", "248153007", "asked-declined", "unknown"}:
        yield f"us-core-sex: {extension.get('valueCode')!r} outside the required value set"
    elif url == BASE + "us-core-tribal-affiliation" and not any(item.get("url") == "tribalAffiliation" for item in inner):
        yield "us-core-tribal-affiliation: no tribalAffiliation"


def luhn(digits):
    if not re.fullmatch(r"80840\d{10}", digits):
        return False
    total = 0
    for at, digit in enumerate(reversed(digits)):
        number = int(digit) * (2 if at % 2 else 1)
        total += number - 9 if number > 9 else number
    return total % 10 == 0


def as_list(value):
    return value if isinstance(value, list) else [value] if value else []
