//! What became of the entries of many documents, by section.

use std::collections::BTreeMap;
use std::fmt;

use records::ccda::{LossReason, Losses, Totals};

#[derive(Default)]
pub struct Tally {
    /// By the name of the reader, or by the LOINC code where only narrative is kept.
    pub sections: BTreeMap<String, Line>,
}

#[derive(Default)]
pub struct Line {
    pub sections: usize,
    pub totals: Totals,
}

impl Tally {
    pub fn add(&mut self, losses: &Losses) {
        for section in &losses.sections {
            let name = section.reader.clone();
            let name =
                name.unwrap_or_else(|| format!("narrative {}", section.code.as_deref().unwrap_or("without code")));
            let line = self.sections.entry(name).or_default();
            line.sections += 1;
            line.totals.add(&section.totals());
        }
    }

    pub fn total(&self) -> Totals {
        let mut all = Totals::default();
        self.sections.values().for_each(|line| all.add(&line.totals));
        all
    }
}

fn listed(reasons: &BTreeMap<LossReason, u64>) -> String {
    let told: Vec<String> = reasons.iter().map(|(reason, count)| format!("{reason:?} {count}")).collect();
    told.join(", ")
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "section | sections | entries | mapped | share | lost | parts lost")?;
        let (mut silent, mut without) = (0, 0);
        for (name, Line { sections, totals }) in &self.sections {
            if totals.entries == 0 {
                silent += 1;
                without += sections;
                continue;
            }
            let share = 100.0 * totals.mapped as f64 / totals.entries as f64;
            let (entries, mapped, lost, parts) =
                (totals.entries, totals.mapped, listed(&totals.lost), listed(&totals.parts));
            writeln!(out, "| {name} | {sections} | {entries} | {mapped} | {share:.1}% | {lost} | {parts} |")?;
        }
        let all = self.total();
        writeln!(out, "others: {without} sections of {silent} kinds without entries")?;
        let share = 100.0 * all.mapped as f64 / all.entries.max(1) as f64;
        let parts = all.parts.values().sum::<u64>();
        writeln!(out, "all: {} of {} entries, {share:.1}%; parts lost {parts}", all.mapped, all.entries)
    }
}
