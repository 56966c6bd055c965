//! Any bytes as a file somebody has: packages, gzip, documents, pictures.
#![no_main]

use libfuzzer_sys::fuzz_target;
use records::Chart;
use records::ccda::{Origin, convert};
use records::files::{Form, Limits, land, open};
use tributary_fuzz::{TODAY, check_converted, read_all};

/// Small, so that every limit can be met.
const LIMITS: Limits = Limits { packed: 256 * 1024, unpacked: 2 * 1024 * 1024, ratio: 50, pieces: 20 };

fuzz_target!(|bytes: &[u8]| {
    let Ok(opened) = open("records.zip", bytes, &LIMITS) else { return };
    assert!(!opened.pieces.is_empty() && opened.pieces.len() <= LIMITS.pieces, "pieces");
    assert!(opened.pieces.iter().map(|piece| piece.bytes.len() as u64).sum::<u64>() <= LIMITS.unpacked, "too much");
    let mut chart = Chart::new();
    for piece in &opened.pieces {
        assert!(!piece.name.contains(['\0', '\n']) && !piece.name.split('/').any(|part| part == ".."), "harmful name");
        if piece.form == Form::Ccda {
            let origin = Origin { document: None, patient: None, received_at: TODAY };
            if let Ok(converted) = convert(&piece.bytes, &origin) {
                check_converted(&converted, &[]);
            }
        }
        for landed in land(piece).into_iter().flatten() {
            let _ = chart.insert(&landed.json);
        }
    }
    read_all(&chart);
});
