//! Pages being filled from top to bottom: what stands where, and which element of the document it belongs to.

use super::letters::{Letters, Line};

/// US Letter, in points.
pub(super) const WIDTH: f32 = 612.0;
pub(super) const HEIGHT: f32 = 792.0;
pub(super) const MARGIN: f32 = 54.0;
const TOP: f32 = 66.0;
const BOTTOM: f32 = HEIGHT - 60.0;

/// What a part of the document is, for those who do not see it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Role {
    Section,
    /// A heading of this level.
    Heading(u16, String),
    Paragraph,
    Table,
    Head,
    Rows,
    Row,
    ColumnHeader,
    RowHeader,
    Value,
}

/// One element; what it stands in comes before it.
pub(super) struct Element {
    pub role: Role,
    pub within: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    Text,
    Muted,
    Accent,
    Bad,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Style {
    pub size: f32,
    pub bold: bool,
    pub ink: Ink,
}

pub(super) enum Mark {
    Text {
        x: f32,
        y: f32,
        style: Style,
        line: Line,
        /// None for what repeats on every page.
        element: Option<usize>,
    },
    Rule {
        y: f32,
        thick: f32,
        ink: Ink,
    },
}

#[derive(Default)]
pub(super) struct Sheet {
    pub marks: Vec<Mark>,
}

pub(super) struct Pages {
    pub regular: Letters,
    pub bold: Letters,
    pub sheets: Vec<Sheet>,
    pub elements: Vec<Element>,
    /// Where each heading of the second level starts: page, height, text.
    pub outline: Vec<(usize, f32, String)>,
    /// Whether some letters are not those of the record.
    pub spelled: bool,
    y: f32,
}

/// A cell in lines.
pub(super) struct Filled {
    pub x: f32,
    pub style: Style,
    pub lines: Vec<Line>,
    pub role: Role,
}

impl Pages {
    pub(super) fn new(regular: Letters, bold: Letters) -> Pages {
        Pages {
            regular,
            bold,
            sheets: vec![Sheet::default()],
            elements: Vec::new(),
            outline: Vec::new(),
            spelled: false,
            y: TOP,
        }
    }

    pub(super) fn letters(&mut self, bold: bool) -> &mut Letters {
        if bold { &mut self.bold } else { &mut self.regular }
    }

    pub(super) fn element(&mut self, role: Role, within: Option<usize>) -> usize {
        self.elements.push(Element { role, within });
        self.elements.len() - 1
    }

    pub(super) fn space(&mut self, points: f32) {
        self.y += points;
    }

    fn turn(&mut self) {
        self.sheets.push(Sheet::default());
        self.y = TOP;
    }

    /// Turns the page unless so much still fits.
    pub(super) fn need(&mut self, points: f32) {
        if self.y + points > BOTTOM && self.y > TOP {
            self.turn();
        }
    }

    fn mark(&mut self, mark: Mark) {
        if let Mark::Text { line, .. } = &mark {
            self.spelled |= line.meant.is_some();
        }
        if let Some(sheet) = self.sheets.last_mut() {
            sheet.marks.push(mark);
        }
    }

    pub(super) fn rule(&mut self, thick: f32, ink: Ink) {
        let y = self.y;
        self.mark(Mark::Rule { y, thick, ink });
    }

    /// Remembers a heading for the list of contents.
    pub(super) fn note(&mut self, title: &str) {
        self.outline.push((self.sheets.len() - 1, self.y, title.to_owned()));
    }

    /// A text over the whole width.
    pub(super) fn text(&mut self, text: &str, style: Style, role: Role, within: Option<usize>) {
        let lines = self.letters(style.bold).lines(text, (WIDTH - 2.0 * MARGIN) / style.size);
        if lines.is_empty() {
            return;
        }
        let element = self.element(role, within);
        for line in lines {
            self.need(style.leading());
            self.y += style.leading();
            let y = self.y - style.size * 0.35;
            self.mark(Mark::Text { x: MARGIN, y, style, line, element: Some(element) });
        }
    }

    /// A row of cells, over as many pages as it takes. `head` is drawn again on each of those.
    pub(super) fn row(&mut self, cells: Vec<Filled>, within: usize, head: &[Filled]) {
        const PAD: f32 = 4.0;
        let lines = cells.iter().map(|cell| cell.lines.len()).max().unwrap_or(0);
        let leading = cells.iter().map(|cell| cell.style.leading()).fold(0.0, f32::max);
        let whole = lines as f32 * leading + 2.0 * PAD;
        if self.y + whole > BOTTOM && (whole < (BOTTOM - TOP) * 0.5 || self.y + 3.0 * leading > BOTTOM) {
            self.turn();
            self.repeat(head);
        }
        let row = self.element(Role::Row, Some(within));
        let elements: Vec<usize> = cells.iter().map(|cell| self.element(cell.role.clone(), Some(row))).collect();
        self.y += PAD;
        for number in 0..lines {
            if self.y + leading > BOTTOM {
                self.turn();
                self.repeat(head);
                self.y += PAD;
            }
            self.y += leading;
            for (cell, element) in cells.iter().zip(&elements) {
                if let Some(line) = cell.lines.get(number) {
                    let y = self.y - cell.style.size * 0.35;
                    let (x, style, line) = (cell.x, cell.style, line.clone());
                    self.mark(Mark::Text { x, y, style, line, element: Some(*element) });
                }
            }
        }
        self.y += PAD;
        self.rule(0.5, Ink::Muted);
    }

    fn repeat(&mut self, head: &[Filled]) {
        if head.is_empty() {
            return;
        }
        let lines = head.iter().map(|cell| cell.lines.len()).max().unwrap_or(0);
        let leading = head.iter().map(|cell| cell.style.leading()).fold(0.0, f32::max);
        for cell in head {
            for (number, line) in cell.lines.iter().enumerate() {
                let y = self.y + (number + 1) as f32 * leading - cell.style.size * 0.35;
                self.mark(Mark::Text { x: cell.x, y, style: cell.style, line: line.clone(), element: None });
            }
        }
        self.y += lines as f32 * leading + 4.0;
        self.rule(1.0, Ink::Accent);
    }
}

impl Style {
    pub(super) fn leading(self) -> f32 {
        self.size * 1.4
    }
}
