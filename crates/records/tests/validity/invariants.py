"""Rules FHIR R4 states for whole resources (`ait-1`, `con-3` …), for the types this repository makes."""


def codes(concept, system=None):
    """Codes of a CodeableConcept, of one system when named."""
    return [c.get("code") for c in (concept or {}).get("coding", []) if system is None or c.get("system", "").endswith(system)]


def has(value, prefix):
    return any(key.startswith((prefix, "_" + prefix)) for key in value)


def resource(value, contained):
    if contained and any(value.get("meta", {}).get(key) for key in ("versionId", "lastUpdated", "security")):
        yield "contained resource with a version, time or label (dom-4/5)"
    inner = value.get("contained", [])
    if inner:
        told = str({key: item for key, item in value.items() if key != "contained"}) + str([i for i in inner])
        for item in inner:
            if "contained" in item:
                yield "contained in contained (dom-2)"
            if f"'#{item.get('id')}'" not in told:
                yield "contained resource nobody refers to (dom-3)"


def allergy(value):
    entered = "entered-in-error" in codes(value.get("verificationStatus"))
    if not entered and "clinicalStatus" not in value:
        yield "no clinicalStatus (ait-1)"
    if entered and "clinicalStatus" in value:
        yield "clinicalStatus though entered in error (ait-2)"


def condition(value):
    entered = "entered-in-error" in codes(value.get("verificationStatus"))
    category = [code for item in value.get("category", []) for code in codes(item)]
    clinical = codes(value.get("clinicalStatus"))
    if not entered and "clinicalStatus" not in value and "problem-list-item" in category:
        yield "problem-list-item without clinicalStatus (con-3)"
    if has(value, "abatement") and not set(clinical) & {"inactive", "resolved", "remission"}:
        yield "abated but not inactive (con-4)"
    if entered and "clinicalStatus" in value:
        yield "clinicalStatus though entered in error (con-5)"
    for stage in value.get("stage", []):
        if "summary" not in stage and "assessment" not in stage:
            yield "stage without summary and assessment (con-1)"
    for evidence in value.get("evidence", []):
        if "code" not in evidence and "detail" not in evidence:
            yield "evidence without code and detail (con-2)"


def observation(value):
    if "dataAbsentReason" in value and has(value, "value"):
        yield "a value and the reason why there is none (obs-6)"
    if has(value, "value"):
        mine = {(c.get("system"), c.get("code")) for c in value.get("code", {}).get("coding", [])}
        for part in value.get("component", []):
            if mine & {(c.get("system"), c.get("code")) for c in part.get("code", {}).get("coding", []) if c.get("code")}:
                yield "value beside a component of the same code (obs-7)"
    for part in value.get("component", []):
        if "dataAbsentReason" in part and has(part, "value"):
            yield "component with a value and the reason why there is none"


def patient(value):
    for contact in value.get("contact", []):
        if not any(key in contact for key in ("name", "telecom", "address", "organization")):
            yield "contact without details (pat-1)"


def organization(value):
    if "name" not in value and "identifier" not in value:
        yield "neither name nor identifier (org-1)"
    if any(item.get("use") == "home" for item in value.get("address", [])):
        yield "home address (org-2)"
    if any(item.get("use") == "home" for item in value.get("telecom", [])):
        yield "home telecom (org-3)"


def composition(value):
    def sections(items):
        for item in items:
            if not any(key in item for key in ("text", "entry", "section")):
                yield "section without text, entries and sections (cmp-1)"
            if item.get("emptyReason") and item.get("entry"):
                yield "emptyReason beside entries (cmp-2)"
            yield from sections(item.get("section", []))

    yield from sections(value.get("section", []))


def family(value):
    if has(value, "age") and has(value, "born"):
        yield "age and birth (fhs-1)"
    if value.get("estimatedAge") and not has(value, "age"):
        yield "estimatedAge without an age (fhs-2)"


def goal(value):
    for target in value.get("target", []):
        if has(target, "detail") and "measure" not in target:
            yield "target detail without measure (gol-1)"


def care_plan(value):
    for activity in value.get("activity", []):
        if "detail" in activity and "reference" in activity:
            yield "activity with detail and reference (cpl-3)"


def service_request(value):
    if "orderDetail" in value and "code" not in value:
        yield "orderDetail without code (prr-1)"


def immunization(value):
    for education in value.get("education", []):
        if "documentType" not in education and "reference" not in education:
            yield "education without type and reference (imm-1)"


def administration(value):
    dosage = value.get("dosage")
    if dosage and "dose" not in dosage and not has(dosage, "rate"):
        yield "dosage without dose and rate (mad-1)"


def dispense(value):
    prepared, given = value.get("whenPrepared"), value.get("whenHandedOver")
    if prepared and given and prepared[:10] > given[:10]:
        yield "handed over before prepared (mdd-1)"


def consent(value):
    if not value.get("policy") and not value.get("policyRule"):
        yield "neither policy nor policyRule (ppc-1)"


def care_team(value):
    for member in value.get("participant", []):
        if "onBehalfOf" in member and not member.get("member", {}).get("reference", "").startswith("Practitioner/"):
            yield "onBehalfOf without a practitioner (ctm-1)"


RULES = {
    "AllergyIntolerance": allergy, "Condition": condition, "Observation": observation, "Patient": patient,
    "Organization": organization, "Composition": composition, "FamilyMemberHistory": family, "Goal": goal,
    "CarePlan": care_plan, "ServiceRequest": service_request, "Immunization": immunization,
    "MedicationAdministration": administration, "MedicationDispense": dispense, "Consent": consent, "CareTeam": care_team,
}


def faults(value, contained=False):
    yield from resource(value, contained)
    rule = RULES.get(value.get("resourceType"))
    if rule:
        yield from rule(value)
    for inner in value.get("contained", []):
        yield from faults(inner, True)
