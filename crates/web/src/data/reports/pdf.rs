//! A report as a PDF: text that can be searched and copied, tagged for those who listen, with page numbers.

mod letters;
mod pages;
mod paint;

use letters::{Letters, Line};
use pages::{Filled, Ink, MARGIN, Pages, Role, Style, WIDTH};

use super::sheet::{Body, Cell, Note, Sheet};

const TITLE: Style = Style { size: 20.0, bold: true, ink: Ink::Text };
const SUBJECT: Style = Style { size: 14.0, bold: true, ink: Ink::Text };
const HEADING: Style = Style { size: 13.0, bold: true, ink: Ink::Text };
const NOTE: Style = Style { size: 10.5, bold: true, ink: Ink::Text };
const BODY: Style = Style { size: 9.0, bold: false, ink: Ink::Text };
const STRONG: Style = Style { size: 9.0, bold: true, ink: Ink::Text };
const QUIET: Style = Style { size: 9.0, bold: false, ink: Ink::Muted };
const LABEL: Style = Style { size: 8.0, bold: true, ink: Ink::Muted };
const WARNING: Style = Style { size: 9.0, bold: true, ink: Ink::Bad };

/// Between two columns.
const GAP: f32 = 10.0;
/// Rows that decide how wide columns are.
const LOOKED_AT: usize = 300;

/// `None` when the type compiled in cannot be read, or the library refuses the document.
pub(super) fn draw(sheet: &Sheet) -> Option<Vec<u8>> {
    let (regular, bold) = (Letters::read(dejavu::sans::regular())?, Letters::read(dejavu::sans::bold())?);
    let mut pages = Pages::new(regular, bold);
    opening(&mut pages, sheet);
    for part in &sheet.sections {
        pages.space(18.0);
        // A heading is not left alone at the foot of a page.
        pages.need(70.0);
        let section = pages.element(Role::Section, None);
        pages.note(&part.title);
        pages.text(&part.title, HEADING, Role::Heading(2, part.title.clone()), Some(section));
        pages.space(3.0);
        pages.rule(1.0, Ink::Accent);
        pages.space(3.0);
        match &part.body {
            Body::Nothing(words) => pages.text(words, QUIET, Role::Paragraph, Some(section)),
            Body::Facts(things) => things.iter().for_each(|facts| list(&mut pages, facts, section)),
            Body::Table { columns, rows } => table(&mut pages, columns, rows, section),
            Body::Notes(notes) => notes.iter().for_each(|one| note(&mut pages, one, section)),
        }
        if let Some(more) = &part.more {
            pages.space(4.0);
            pages.text(more, QUIET, Role::Paragraph, Some(section));
        }
    }
    pages.space(24.0);
    pages.text(&sheet.caution, QUIET, Role::Paragraph, None);
    if pages.spelled {
        pages.space(6.0);
        pages.text(&sheet.texts.t("report-spelled"), QUIET, Role::Paragraph, None);
    }
    paint::paint(&pages, sheet)
}

fn opening(pages: &mut Pages, sheet: &Sheet) {
    pages.text(&sheet.title, TITLE, Role::Heading(1, sheet.title.clone()), None);
    pages.space(4.0);
    pages.text(&sheet.subject, SUBJECT, Role::Paragraph, None);
    pages.text(&sheet.details, QUIET, Role::Paragraph, None);
    pages.text(&sheet.about, QUIET, Role::Paragraph, None);
    pages.space(8.0);
    let none = || vec![sheet.texts.t("report-sources-none")];
    let sources: Vec<String> = sheet.sources.iter().map(|source| format!("{}: {}", source.name, source.says)).collect();
    let sources = if sources.is_empty() { none() } else { sources };
    let origin = [
        (sheet.texts.t("report-generated"), sheet.generated.clone()),
        (sheet.texts.t("report-sources"), Cell::Text(sources.join("\n"))),
    ];
    let section = pages.element(Role::Section, None);
    list(pages, &origin, section);
}

/// Labels and values.
fn list(pages: &mut Pages, facts: &[(String, Cell)], within: usize) {
    const LABELS: f32 = 110.0;
    let table = pages.element(Role::Table, Some(within));
    let rows = pages.element(Role::Rows, Some(table));
    for (label, value) in facts {
        let label = pages.letters(LABEL.bold).lines(label, (LABELS - GAP) / LABEL.size);
        let style = style(value, BODY);
        let lines = pages.letters(style.bold).lines(value.text(), (WIDTH - 2.0 * MARGIN - LABELS) / style.size);
        let label = Filled { x: MARGIN, style: LABEL, lines: label, role: Role::RowHeader };
        pages.row(vec![label, Filled { x: MARGIN + LABELS, style, lines, role: Role::Value }], rows, &[]);
    }
    pages.space(8.0);
}

fn note(pages: &mut Pages, note: &Note, section: usize) {
    pages.space(6.0);
    pages.need(50.0);
    pages.text(&note.title, NOTE, Role::Heading(3, note.title.clone()), Some(section));
    pages.text(&note.byline, QUIET, Role::Paragraph, Some(section));
    pages.space(3.0);
    for line in &note.text {
        pages.text(line, BODY, Role::Paragraph, Some(section));
    }
}

fn table(pages: &mut Pages, columns: &[String], rows: &[Vec<Cell>], section: usize) {
    let widths = widths(pages, columns, rows);
    let mut places = Vec::with_capacity(widths.len());
    let mut x = MARGIN;
    for width in &widths {
        places.push(x);
        x += width + GAP;
    }
    let head: Vec<Filled> = columns
        .iter()
        .zip(widths.iter().zip(&places))
        .map(|(column, (width, x))| Filled {
            x: *x,
            style: LABEL,
            lines: pages.letters(true).lines(column, width / LABEL.size),
            role: Role::ColumnHeader,
        })
        .collect();
    let again: Vec<Filled> =
        head.iter().map(|cell| Filled { lines: cell.lines.clone(), role: Role::Value, ..*cell }).collect();
    let table = pages.element(Role::Table, Some(section));
    let top = pages.element(Role::Head, Some(table));
    pages.row(head, top, &[]);
    let body = pages.element(Role::Rows, Some(table));
    for row in rows {
        let mut cells = Vec::with_capacity(row.len());
        for (number, cell) in row.iter().enumerate() {
            let (width, x) = (widths[number], places[number]);
            let style = style(cell, if number == 0 { STRONG } else { BODY });
            let lines: Vec<Line> = pages.letters(style.bold).lines(cell.text(), width / style.size);
            let role = if number == 0 { Role::RowHeader } else { Role::Value };
            cells.push(Filled { x, style, lines, role });
        }
        pages.row(cells, body, &again);
    }
}

fn style(cell: &Cell, usual: Style) -> Style {
    match cell {
        Cell::Warning(_) => WARNING,
        Cell::Empty | Cell::Text(_) | Cell::Day { .. } => usual,
    }
}

/// Every column gets what its longest word needs; what is left goes to those with more to say.
fn widths(pages: &mut Pages, columns: &[String], rows: &[Vec<Cell>]) -> Vec<f32> {
    const LONGEST_WORD: f32 = 90.0;
    const LONGEST_LINE: f32 = 260.0;
    let room = WIDTH - 2.0 * MARGIN - GAP * (columns.len().saturating_sub(1)) as f32;
    let mut least = Vec::with_capacity(columns.len());
    let mut most = Vec::with_capacity(columns.len());
    for (number, column) in columns.iter().enumerate() {
        let (word, line) = pages.letters(true).extent(column);
        let (mut word, mut line) = (word * LABEL.size, line * LABEL.size);
        for cell in rows.iter().take(LOOKED_AT).filter_map(|row| row.get(number)) {
            let style = style(cell, if number == 0 { STRONG } else { BODY });
            let (one, all) = pages.letters(style.bold).extent(cell.text());
            // A day is not broken.
            let one = if matches!(cell, Cell::Day { .. } | Cell::Warning(_)) { all } else { one };
            (word, line) = (word.max(one * style.size), line.max(all * style.size));
        }
        least.push(word.min(LONGEST_WORD) + 1.0);
        most.push(line.clamp(word.min(LONGEST_WORD), LONGEST_LINE) + 1.0);
    }
    let (needed, wanted): (f32, f32) = (least.iter().sum(), most.iter().sum());
    if wanted <= room {
        // What is left stays empty on the right, but not so that a table looks torn.
        let more = ((room - wanted) / columns.len() as f32).min(40.0);
        return most.into_iter().map(|width| width + more).collect();
    }
    if needed >= room {
        return least.into_iter().map(|width| width * room / needed).collect();
    }
    let share = (room - needed) / (wanted - needed);
    least.iter().zip(&most).map(|(least, most)| least + (most - least) * share).collect()
}
