//! Letters: which there are, how wide they are, where a line ends, and which way it runs.

use std::collections::HashMap;
use std::ops::Range;

use deunicode::deunicode_char;
use krilla::Data;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use rustybuzz::{Direction, Face, UnicodeBuffer};
use unicode_bidi::BidiInfo;

/// Words whose width is remembered.
const REMEMBERED: usize = 20_000;

/// One weight of the type.
pub(super) struct Letters {
    face: Face<'static>,
    pub font: Font,
    /// Width of words, in parts of the size.
    widths: HashMap<String, f32>,
}

/// A line of a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    pub shown: String,
    /// What it stands for, where other letters are shown.
    pub meant: Option<String>,
}

/// A stretch of a line that runs one way, ready to be drawn.
pub(super) struct Run {
    pub text: String,
    pub glyphs: Vec<KrillaGlyph>,
    /// In parts of the size.
    pub width: f32,
}

/// A word with letters there are.
struct Word {
    shown: String,
    meant: Option<String>,
}

impl Letters {
    pub(super) fn read(bytes: &'static [u8]) -> Option<Letters> {
        let (face, font) = (Face::from_slice(bytes, 0)?, Font::new(Data::from(bytes), 0)?);
        Some(Letters { face, font, widths: HashMap::new() })
    }

    /// The text in lines that are at most so wide, in parts of the size.
    pub(super) fn lines(&mut self, text: &str, width: f32) -> Vec<Line> {
        text.lines().flat_map(|paragraph| self.paragraph(paragraph, width)).collect()
    }

    /// The widest word, and everything in one line, both in parts of the size.
    pub(super) fn extent(&mut self, text: &str) -> (f32, f32) {
        let (mut widest, mut whole) = (0.0_f32, 0.0);
        for (number, word) in text.split_whitespace().enumerate() {
            let word = self.spell(word);
            let width = self.width(&word.shown) + if number > 0 { self.width(" ") } else { 0.0 };
            (widest, whole) = (widest.max(width), whole + width);
        }
        (widest, whole)
    }

    /// One line of letters there are.
    pub(super) fn spelled(&self, text: &str) -> String {
        text.split_whitespace().map(|word| self.spell(word).shown).collect::<Vec<_>>().join(" ")
    }

    fn paragraph(&mut self, text: &str, width: f32) -> Vec<Line> {
        let space = self.width(" ");
        let mut lines = Vec::new();
        let (mut line, mut used) = (Vec::<Word>::new(), 0.0);
        for word in text.split_whitespace() {
            for part in self.fit(word, width) {
                let wide = self.width(&part.shown);
                if !line.is_empty() && used + space + wide > width {
                    lines.push(joined(&std::mem::take(&mut line)));
                    used = 0.0;
                }
                used += wide + if line.is_empty() { 0.0 } else { space };
                line.push(part);
            }
        }
        if !line.is_empty() {
            lines.push(joined(&line));
        }
        lines
    }

    /// The word, in as many parts as it takes.
    fn fit(&mut self, word: &str, width: f32) -> Vec<Word> {
        let spelled = self.spell(word);
        if self.width(&spelled.shown) <= width {
            return vec![spelled];
        }
        let mut parts: Vec<Word> = Vec::new();
        let (mut part, mut used) = (String::new(), 0.0);
        for c in spelled.shown.chars() {
            let wide = self.width(c.encode_utf8(&mut [0; 4]));
            if !part.is_empty() && used + wide > width {
                parts.push(Word { shown: std::mem::take(&mut part), meant: None });
                used = 0.0;
            }
            part.push(c);
            used += wide;
        }
        parts.push(Word { shown: part, meant: None });
        if let Some(meant) = spelled.meant {
            // It is said once.
            for part in &mut parts {
                part.meant = Some(String::new());
            }
            parts[0].meant = Some(meant);
        }
        parts
    }

    fn has(&self, c: char) -> bool {
        matches!(c, '\u{200c}' | '\u{200d}') || self.face.glyph_index(c).is_some()
    }

    /// Letters the type lacks are spelled in Latin ones.
    fn spell(&self, word: &str) -> Word {
        if word.chars().all(|c| self.has(c)) {
            return Word { shown: word.to_owned(), meant: None };
        }
        let mut shown = String::new();
        for c in word.chars() {
            match c {
                _ if self.has(c) => shown.push(c),
                // They only change how the letter before them looks.
                '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}' => {}
                _ => shown.push_str(deunicode_char(c).unwrap_or("\u{fffd}")),
            }
        }
        let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        Word { shown: if shown.is_empty() { "\u{fffd}".to_owned() } else { shown }, meant: Some(word.to_owned()) }
    }

    fn width(&mut self, word: &str) -> f32 {
        if let Some(width) = self.widths.get(word) {
            return *width;
        }
        let width = self.glyphs(word, Direction::LeftToRight, false).1;
        if self.widths.len() < REMEMBERED && word.len() < 64 {
            self.widths.insert(word.to_owned(), width);
        }
        width
    }

    /// A line from left to right, as it is seen.
    pub(super) fn runs(&self, line: &str) -> Vec<Run> {
        let bidi = BidiInfo::new(line, None);
        let Some(paragraph) = bidi.paragraphs.first() else { return Vec::new() };
        let (levels, ranges) = bidi.visual_runs(paragraph, paragraph.range.clone());
        let run = |range: Range<usize>| {
            let backwards = levels.get(range.start).is_some_and(|level| level.is_rtl());
            let direction = if backwards { Direction::RightToLeft } else { Direction::LeftToRight };
            let text = line[range].to_owned();
            let (glyphs, width) = self.glyphs(&text, direction, true);
            Run { text, glyphs, width }
        };
        ranges.into_iter().map(run).collect()
    }

    /// Glyphs in the order they are drawn, each with the letters it stands for, and their width.
    fn glyphs(&self, text: &str, direction: Direction, keep: bool) -> (Vec<KrillaGlyph>, f32) {
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.guess_segment_properties();
        buffer.set_direction(direction);
        let shaped = rustybuzz::shape(&self.face, &[], buffer);
        let em = self.face.units_per_em() as f32;
        let width = shaped.glyph_positions().iter().map(|position| position.x_advance as f32).sum::<f32>() / em;
        if !keep {
            return (Vec::new(), width);
        }
        let mut starts: Vec<usize> = shaped.glyph_infos().iter().map(|info| info.cluster as usize).collect();
        starts.sort_unstable();
        starts.dedup();
        let end = |start: usize| {
            let next = starts.partition_point(|known| *known <= start);
            starts.get(next).copied().unwrap_or(text.len())
        };
        let glyphs = shaped.glyph_infos().iter().zip(shaped.glyph_positions()).map(|(info, position)| {
            let start = info.cluster as usize;
            KrillaGlyph::new(
                GlyphId::new(info.glyph_id),
                position.x_advance as f32 / em,
                position.x_offset as f32 / em,
                position.y_offset as f32 / em,
                position.y_advance as f32 / em,
                start..end(start),
                None,
            )
        });
        (glyphs.collect(), width)
    }
}

fn joined(words: &[Word]) -> Line {
    let join = |texts: Vec<&str>| texts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ");
    let shown = join(words.iter().map(|word| word.shown.as_str()).collect());
    let spelled = words.iter().any(|word| word.meant.is_some());
    let meant = spelled.then(|| join(words.iter().map(|word| word.meant.as_deref().unwrap_or(&word.shown)).collect()));
    Line { shown, meant }
}
