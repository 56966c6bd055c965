"""Whether every resource of every bundle is valid FHIR R4: `python check.py bundles.ndjson [--table faults.tsv]`.

One bundle a line, as the example `convert` writes them. Prints documents and resources by type with the first faults;
exits with 1 when there is any. The R4B models of `fhir.resources` check structure and cardinality: for the types made
here R4B (4.3.0) and R4 (4.0.1) have the same elements (`R4_ONLY_DIFFERENCES` says what was compared); what the models
leave open is checked by the files beside this one.
"""

import collections
import hashlib
import json
import multiprocessing
import re
import sys
import time
from decimal import Decimal

from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError

import invariants
import lexical
import shapes
import us_core

# Types whose definition differs between R4 and R4B (https://hl7.org/fhir/R4B/diff.html). None may occur.
R4_ONLY_DIFFERENCES = {
    "ActivityDefinition", "AdministrableProductDefinition", "Citation", "ClinicalUseDefinition", "DeviceDefinition", "EffectEvidenceSynthesis",
    "Evidence", "EvidenceReport", "EvidenceVariable", "Ingredient", "ManufacturedItemDefinition", "MedicinalProduct",
    "MedicinalProductDefinition", "NutritionProduct", "PackagedProductDefinition", "PlanDefinition", "RegulatedAuthorization",
    "ResearchDefinition", "ResearchElementDefinition", "RiskEvidenceSynthesis", "SubscriptionStatus", "SubscriptionTopic",
    "SubstanceDefinition", "SubstanceSpecification",
}

# What is odd but is what the source said, and valid: counted and printed, no fault. LOINC bindings are not required ones,
# and some sample documents carry wrong codes on purpose.
REMARKS = [(r"no LOINC code", "codes that cannot be LOINC's, kept as the document gives them")]

# Where the models refuse what FHIR R4 allows: (pattern of the model's message, why it is right). Counted and printed.
FALSE_POSITIVES = []


def pairs(items):
    """A JSON object; a name told twice is a fault."""
    value = dict(items)
    if len(value) != len(items):
        value["\0twice"] = True
    return value


def model_faults(kind, value):
    try:
        get_fhir_model_class(kind).model_validate(value)
    except KeyError:
        yield "", f"no such resource type: {kind}"
    except (TypeError, AttributeError) as error:
        yield "", f"model stumbled: {error}"
    except ValidationError as error:
        for item in error.errors(include_url=False, include_input=False):
            path = ".".join(str(part) for part in item["loc"] if not isinstance(part, int))
            yield path, f"model: {item['msg']}"


def of_resource(kind, value):
    """Faults of one resource, whatever stands around it."""
    found = []
    if kind in R4_ONLY_DIFFERENCES:
        found.append((kind, "its definition differs between R4 and R4B"))
    found += [(f"{kind}.{path}", text) for path, text in model_faults(kind, value)]
    emptiness(value, kind, found)
    try:
        shapes.walk(kind, value, kind, found)
        found += [(kind, text) for text in invariants.faults(value)]
        found += [(kind, text) for text in us_core.faults(value)]
    except (AttributeError, TypeError, KeyError, ValueError):
        # What is known to be wrong cannot always be looked at further.
        if not found:
            raise
    if not isinstance(value.get("id"), str):
        found.append((kind, "no id"))
    return found


def emptiness(value, path, found):
    if isinstance(value, dict):
        if "\0twice" in value:
            found.append((path, "a name told twice"))
        if not value:
            found.append((path, "empty object"))
        for key, inner in value.items():
            if inner is None:
                found.append((path, f"null: {key}"))
            emptiness(inner, f"{path}.{key}", found)
    elif isinstance(value, list):
        if not value:
            found.append((path, "empty array"))
        if not path.rsplit(".", 1)[-1].startswith("_") and all(item is None for item in value):
            found.append((path, "array of nothing"))
        for inner in value:
            emptiness(inner, path, found)
    elif value == "":
        found.append((path, "empty string"))


def references(value):
    """Every literal reference inside a resource."""
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for key, inner in value.items():
            if isinstance(inner, (dict, list)):
                yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def of_bundle(bundle):
    """Faults that only the bundle shows, as (type, path, text)."""
    entries = bundle.get("entry", [])
    keys, urls = collections.Counter(), collections.Counter()
    for entry in entries:
        resource = entry.get("resource", {})
        keys[f"{resource.get('resourceType')}/{resource.get('id')}"] += 1
        urls[entry.get("fullUrl")] += 1
        if not str(entry.get("fullUrl")).endswith(f"/{resource.get('resourceType')}/{resource.get('id')}"):
            yield resource.get("resourceType"), "Bundle.entry", "fullUrl and id differ"
    for key, count in keys.items():
        if count > 1:
            yield key.split("/")[0], "Bundle.entry", "id told twice"
    for url, count in urls.items():
        if count > 1:
            yield "Bundle", "Bundle.entry", "fullUrl told twice (bdl-7)"
    for entry in entries:
        resource = entry.get("resource", {})
        kind, inner = resource.get("resourceType"), {f"#{item.get('id')}" for item in resource.get("contained", [])}
        for target in references(resource):
            if target not in keys and target not in inner:
                to = re.sub(r"/.*", "/…", target)
                yield kind, kind, f"reference resolves to nothing: {to}"
    if entries and entries[0].get("resource", {}).get("resourceType") != "Composition":
        yield "Composition", "Bundle.entry", "the Composition is not first"
    if not entries:
        yield "Bundle", "Bundle.entry", "empty"


seen = {}


def check(line):
    """(document, resources by type, types with invalid resources, faults) of one line."""
    bundle = json.loads(line, parse_float=Decimal, object_pairs_hook=pairs)
    name = bundle.get("identifier", {}).get("value", "?")
    types, invalid, found = collections.Counter(), collections.Counter(), []
    for entry in bundle.get("entry", []):
        resource = entry.get("resource", {})
        kind = resource.get("resourceType", "?")
        types[kind] += 1
        digest = hashlib.blake2b(json.dumps(resource, default=str).encode(), digest_size=16).digest()
        if digest not in seen:
            seen[digest] = of_resource(kind, resource)
        faults = seen[digest]
        if faults:
            invalid[kind] += 1
            found += [(kind, path, text, resource.get("id")) for path, text in faults]
    for kind, path, text in of_bundle(bundle):
        invalid[kind] += 1
        found.append((kind, path, text, ""))
    return name, types, invalid, found


def main():
    began = time.time()
    path, table = sys.argv[1], None
    if "--table" in sys.argv:
        table = sys.argv[sys.argv.index("--table") + 1]
    types, invalid, documents, broken = collections.Counter(), collections.Counter(), 0, 0
    kinds = collections.defaultdict(list)
    allowed = collections.Counter()
    with open(path, encoding="utf-8") as lines, multiprocessing.Pool(2) as pool:
        for name, of_types, of_invalid, found in pool.imap(check, lines, chunksize=4):
            documents += 1
            types += of_types
            kept = []
            for item in found:
                reason = next((why for pattern, why in FALSE_POSITIVES + REMARKS if re.search(pattern, item[2])), None)
                if reason:
                    allowed[reason] += 1
                else:
                    kept.append(item)
            if kept:
                broken += 1
                invalid += of_invalid
            for kind, place, text, key in kept:
                kinds[(kind, place, re.sub(r"'[^']*'", "'…'", text) if len(kinds) > 2000 else text)].append(f"{name} {key}")
    print(f"{'type':<28}{'resources':>10}{'invalid':>9}  first faults")
    for kind, count in sorted(types.items()):
        first = sorted(((len(at), place, text) for (of, place, text), at in kinds.items() if of == kind), reverse=True)[:3]
        told = "; ".join(f"{number}× {place}: {text}" for number, place, text in first)
        print(f"{kind:<28}{count:>10}{invalid[kind]:>9}  {told}")
    for (kind, place, text), at in kinds.items():
        if kind not in types:
            print(f"{kind}: {len(at)}× {place}: {text} ({at[0]})")
    for reason, count in allowed.items():
        print(f"let pass {count}×: {reason}")
    if table:
        with open(table, "w", encoding="utf-8") as out:
            for (kind, place, text), at in sorted(kinds.items(), key=lambda item: -len(item[1])):
                out.write(f"{len(at)}\t{kind}\t{place}\t{text}\t{at[0]}\n")
    total = sum(types.values())
    print(f"{documents} documents, {broken} with faults; {total} resources, {sum(len(at) for at in kinds.values())} faults; {time.time() - began:.0f} s")
    return 1 if kinds or not total else 0


if __name__ == "__main__":
    sys.exit(main())
