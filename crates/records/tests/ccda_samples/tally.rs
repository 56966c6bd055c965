//! What became of the entries of many documents, by section.

use std::collections::BTreeMap;
use std::fmt;

use records::ccda::{Fate, Losses};

#[derive(Default)]
pub struct Tally {
    /// By the name of the reader, or by the LOINC code where only narrative is kept.
    pub sections: BTreeMap<String, Line>,
}

#[derive(Default)]
pub struct Line {
    pub sections: usize,
    pub entries: usize,
    pub mapped: usize,
    pub lost: BTreeMap<String, usize>,
}

impl Tally {
    pub fn add(&mut self, losses: &Losses) {
        for section in &losses.sections {
            let name = section.reader.map(str::to_owned);
            let name =
                name.unwrap_or_else(|| format!("narrative {}", section.code.as_deref().unwrap_or("without code")));
            let line = self.sections.entry(name).or_default();
            line.sections += 1;
            for entry in &section.entries {
                line.entries += 1;
                match &entry.fate {
                    Fate::Mapped(_) => line.mapped += 1,
                    Fate::Lost(reason) => *line.lost.entry(format!("{reason:?}")).or_default() += 1,
                }
            }
        }
    }

    pub fn total(&self) -> (usize, usize) {
        self.sections.values().fold((0, 0), |(entries, mapped), line| (entries + line.entries, mapped + line.mapped))
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{:<34} {:>8} {:>8} {:>8} {:>7}  lost", "section", "sections", "entries", "mapped", "share")?;
        let (mut silent, mut without) = (0, 0);
        for (name, line) in &self.sections {
            if line.entries == 0 {
                silent += 1;
                without += line.sections;
                continue;
            }
            let lost: Vec<String> = line.lost.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
            writeln!(
                out,
                "{name:<34} {:>8} {:>8} {:>8} {:>6.1}%  {}",
                line.sections,
                line.entries,
                line.mapped,
                100.0 * line.mapped as f64 / line.entries as f64,
                lost.join(", ")
            )?;
        }
        let (entries, mapped) = self.total();
        writeln!(out, "{:<34} {without:>8} {:>8} {:>8}         ({silent} kinds without entries)", "others", 0, 0)?;
        writeln!(out, "all: {mapped} of {entries} entries, {:.1}%", 100.0 * mapped as f64 / entries.max(1) as f64)
    }
}
