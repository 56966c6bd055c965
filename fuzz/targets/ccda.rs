//! Any bytes as a C-CDA document.
#![no_main]

use libfuzzer_sys::fuzz_target;
use records::Chart;
use records::ccda::{Origin, convert};
use tributary_fuzz::{TODAY, check_converted, read_all};

fuzz_target!(|bytes: &[u8]| {
    // Bits of the input choose whether somebody else speaks for the document and for the person.
    let document = (bytes.len() & 1 == 1).then(|| "DocumentReference/summary-1".to_owned());
    let patient = (bytes.len() & 2 == 2).then(|| "Patient/1".to_owned());
    let origin = Origin { document, patient, received_at: TODAY };
    let converted = convert(bytes, &origin);
    let again = convert(bytes, &origin);
    let (Ok(converted), Ok(again)) = (&converted, &again) else {
        assert_eq!(converted.err(), again.err(), "refused differently the second time");
        return;
    };
    assert!(converted.resources == again.resources && converted.losses == again.losses, "not the same twice");
    let elsewhere: Vec<&str> = [&origin.document, &origin.patient].into_iter().filter_map(Option::as_deref).collect();
    check_converted(converted, &elsewhere);
    let mut chart = Chart::new();
    for landed in &converted.resources {
        chart.insert(&landed.json).expect("what we made is FHIR");
    }
    read_all(&chart);
});
