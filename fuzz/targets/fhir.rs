//! Any bytes as a FHIR resource or bundle.
#![no_main]

use std::collections::HashMap;

use libfuzzer_sys::fuzz_target;
use records::Chart;
use serde_json::value::RawValue;
use tributary_fuzz::read_all;

fuzz_target!(|bytes: &[u8]| {
    let mut chart = Chart::new();
    // A list holds several resources, as our fixtures do.
    match serde_json::from_slice::<Vec<Box<RawValue>>>(bytes) {
        Ok(resources) => resources.iter().for_each(|resource| add(&mut chart, resource.get().as_bytes())),
        Err(_) => add(&mut chart, bytes),
    }
    read_all(&chart);
});

fn add(chart: &mut Chart, json: &[u8]) {
    let _ = chart.insert(json);
    #[cfg(feature = "files")]
    {
        let upgraded = records::dstu2::upgrade(json);
        if serde_json::from_slice::<HashMap<String, Box<RawValue>>>(json).is_ok() {
            serde_json::from_slice::<HashMap<String, Box<RawValue>>>(&upgraded).expect("an object stays one");
        }
        let _ = chart.insert(&upgraded);
    }
    #[cfg(not(feature = "files"))]
    let _ = serde_json::from_slice::<HashMap<String, Box<RawValue>>>(json);
}
