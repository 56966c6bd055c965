#!/usr/bin/env bash
# Whether everything made of the sample documents is valid FHIR R4.
#   tests/validity/check.sh [FOLDER…]     default: the sample data
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../../../.."
corpora=${TRIBUTARY_CORPORA:-$PWD/../shared/data}
target=${CARGO_TARGET_DIR:-$PWD/target}
if [ $# = 0 ]; then
    [ -d "$corpora/ccda" ] || { printf 'SKIPPED: validity needs the sample data; set TRIBUTARY_CORPORA\n' >&2; exit 0; }
    set -- "$corpora/ccda"
    # Documents that stand beside the answer of another converter.
    [ ! -d "$corpora/golden/ms_fhir_converter" ] || set -- "$@" "$corpora/golden/ms_fhir_converter"
    [ ! -d "$corpora/golden/ccda_on_fhir" ] || set -- "$@" "$corpora"/golden/ccda_on_fhir/*/cda.xml
fi

venv=$target/validity
pins=$(cksum <"$here/requirements.txt")
if [ "$(cat "$venv/pins" 2>/dev/null)" != "$pins" ]; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
    echo "$pins" >"$venv/pins"
fi

cargo build --quiet --release --locked -p tributary-records --example convert
"$target/release/examples/convert" "$@" --out "$target/ccda-bundles.ndjson" --losses "$target/ccda-losses.json"
"$venv/bin/python" "$here/check.py" "$target/ccda-bundles.ndjson" --table "$target/ccda-faults.tsv"
