//! A section: its narrative table and its coded entries.

use std::fmt::Write as _;

use crate::people::markup::escaped;

pub(super) struct Section {
    /// Template id and its version.
    pub template: (&'static str, &'static str),
    pub loinc: (&'static str, &'static str),
    pub title: &'static str,
    pub columns: &'static [&'static str],
    rows: Vec<Vec<String>>,
    entries: Vec<String>,
    /// What the narrative says when there is nothing to list.
    pub empty: &'static str,
}

impl Section {
    pub fn new(
        template: (&'static str, &'static str),
        loinc: (&'static str, &'static str),
        title: &'static str,
        columns: &'static [&'static str],
        empty: &'static str,
    ) -> Section {
        Section { template, loinc, title, columns, rows: Vec::new(), entries: Vec::new(), empty }
    }

    /// Adds a row of the table; returns the anchor by which an entry refers to its words.
    pub fn row(&mut self, cells: Vec<String>) -> String {
        self.rows.push(cells);
        self.anchor(self.rows.len())
    }

    pub fn entry(&mut self, xml: String) {
        self.entries.push(xml);
    }

    fn anchor(&self, row: usize) -> String {
        format!("s{}-{row}", self.loinc.0)
    }

    pub fn write(&self, out: &mut String) {
        let (root, extension) = self.template;
        let (code, display) = self.loinc;
        let absent = if self.entries.is_empty() { " nullFlavor=\"NI\"" } else { "" };
        let _ = write!(
            out,
            "<component><section{absent}><templateId root=\"{root}\"/><templateId root=\"{root}\" extension=\"{extension}\"/>\
             <code code=\"{code}\" codeSystem=\"2.16.840.1.113883.6.1\" codeSystemName=\"LOINC\" displayName=\"{display}\"/>\
             <title>{}</title><text>",
            self.title
        );
        self.narrative(out);
        out.push_str("</text>");
        for entry in &self.entries {
            let _ = write!(out, "<entry typeCode=\"DRIV\">{entry}</entry>");
        }
        out.push_str("</section></component>\n");
    }

    fn narrative(&self, out: &mut String) {
        if self.rows.is_empty() {
            let _ = write!(out, "<paragraph>{}</paragraph>", self.empty);
            return;
        }
        out.push_str("<table border=\"1\" width=\"100%\"><thead><tr>");
        for column in self.columns {
            let _ = write!(out, "<th>{column}</th>");
        }
        out.push_str("</tr></thead><tbody>");
        for (number, row) in self.rows.iter().enumerate() {
            out.push_str("<tr>");
            for (column, cell) in row.iter().enumerate() {
                match column {
                    0 => write!(out, "<td ID=\"{}\">{}</td>", self.anchor(number + 1), escaped(cell)),
                    _ => write!(out, "<td>{}</td>", escaped(cell)),
                }
                .expect("writing to a string does not fail");
            }
            out.push_str("</tr>");
        }
        out.push_str("</tbody></table>");
    }
}
