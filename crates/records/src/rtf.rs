//! The words of a note written in Rich Text Format.

/// Groups nested deeper than this are read as if they were not nested: a bound on memory.
const DEPTH: usize = 256;

/// Destinations that hold no words of the note.
const SILENT: &[&str] = &[
    "fonttbl",
    "colortbl",
    "stylesheet",
    "info",
    "pict",
    "object",
    "header",
    "headerl",
    "headerr",
    "headerf",
    "footer",
    "footerl",
    "footerr",
    "footerf",
    "footnote",
    "generator",
    "fldinst",
    "listtable",
    "listoverridetable",
    "revtbl",
    "rsidtbl",
    "themedata",
    "colorschememapping",
    "datastore",
    "latentstyles",
    "xmlnstbl",
    "filetbl",
];

/// What a group inherits and gives back at its end.
#[derive(Clone, Copy)]
struct Group {
    silent: bool,
    /// Bytes that stand for a Unicode character where it cannot be shown.
    fallback: usize,
}

pub fn is_rtf(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().starts_with(b"{\\rtf")
}

/// Plain text, at most `limit` bytes of it; lines are those of the source, table cells are divided by `\u{1}`.
pub fn plain(rtf: &[u8], limit: usize) -> String {
    let mut reader = Reader { rtf, at: 0, out: String::new(), skip: 0, high: None };
    reader.read(limit);
    reader.out
}

struct Reader<'a> {
    rtf: &'a [u8],
    at: usize,
    out: String,
    /// Characters still to be left out after a Unicode one.
    skip: usize,
    /// First half of a surrogate pair.
    high: Option<u16>,
}

impl Reader<'_> {
    fn read(&mut self, limit: usize) {
        let mut group = Group { silent: false, fallback: 1 };
        let (mut outer, mut deeper) = (Vec::new(), 0usize);
        while let Some(byte) = self.next() {
            if self.out.len() >= limit {
                break;
            }
            match byte {
                b'{' if outer.len() < DEPTH => outer.push(group),
                b'{' => deeper += 1,
                b'}' if deeper > 0 => deeper -= 1,
                b'}' => group = outer.pop().unwrap_or(group),
                b'\\' => self.control(&mut group),
                b'\r' | b'\n' => {}
                byte => self.say(group, cp1252(byte)),
            }
        }
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.rtf.get(self.at).copied()?;
        self.at += 1;
        Some(byte)
    }

    fn say(&mut self, group: Group, letter: char) {
        if self.skip > 0 {
            self.skip -= 1;
        } else if !group.silent {
            self.out.push(letter);
        }
    }

    fn control(&mut self, group: &mut Group) {
        let Some(first) = self.next() else { return };
        match first {
            b'\'' => {
                let digits = self.rtf.get(self.at..self.at + 2).and_then(|pair| std::str::from_utf8(pair).ok());
                if let Some(byte) = digits.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
                    self.at += 2;
                    self.say(*group, cp1252(byte));
                }
            }
            b'*' => group.silent = true,
            b'~' => self.say(*group, ' '),
            b'_' => self.say(*group, '-'),
            b'-' => {}
            b'\r' | b'\n' => self.say(*group, '\n'),
            letter if letter.is_ascii_alphabetic() => {
                let start = self.at - 1;
                while self.rtf.get(self.at).is_some_and(u8::is_ascii_alphabetic) {
                    self.at += 1;
                }
                let word = String::from_utf8_lossy(&self.rtf[start..self.at]).into_owned();
                let number = self.number();
                self.word(group, &word, number);
            }
            other => self.say(*group, char::from(other)),
        }
    }

    /// The parameter of a control word, and the blank that ends it.
    fn number(&mut self) -> Option<i64> {
        let start = self.at;
        if self.rtf.get(self.at) == Some(&b'-') {
            self.at += 1;
        }
        while self.rtf.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        let number = std::str::from_utf8(&self.rtf[start..self.at]).ok().and_then(|digits| digits.parse().ok());
        if self.rtf.get(self.at) == Some(&b' ') {
            self.at += 1;
        }
        number
    }

    fn word(&mut self, group: &mut Group, word: &str, number: Option<i64>) {
        let letter = match word {
            "par" | "line" | "row" | "sect" | "page" => '\n',
            "tab" => ' ',
            "cell" => '\u{1}',
            "emdash" => '—',
            "endash" => '–',
            "bullet" => '•',
            "lquote" => '‘',
            "rquote" => '’',
            "ldblquote" => '“',
            "rdblquote" => '”',
            "u" => return self.unicode(*group, number),
            "uc" => {
                group.fallback = number.and_then(|count| usize::try_from(count).ok()).unwrap_or(1).min(8);
                return;
            }
            // Raw bytes follow, braces among them.
            "bin" => {
                let count = number.and_then(|count| usize::try_from(count).ok()).unwrap_or(0);
                self.at = self.at.saturating_add(count).min(self.rtf.len());
                return;
            }
            _ => {
                group.silent |= SILENT.contains(&word);
                return;
            }
        };
        self.say(*group, letter);
    }

    /// A UTF-16 unit, written as a signed number, followed by what older readers show instead.
    fn unicode(&mut self, group: Group, number: Option<i64>) {
        let unit = number.map(|number| number.rem_euclid(65_536) as u16).unwrap_or_default();
        self.skip = 0;
        let units = [self.high.take().unwrap_or_default(), unit];
        match unit {
            0 => {}
            0xD800..=0xDBFF => self.high = Some(unit),
            _ => {
                if let Some(Ok(letter)) = char::decode_utf16(units.into_iter().filter(|unit| *unit != 0)).next() {
                    self.say(group, letter);
                }
            }
        }
        self.skip = group.fallback;
    }
}

/// Windows-1252, which RTF and undeclared text are written in.
pub fn cp1252(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{fffd}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{fffd}', 'Ž', '\u{fffd}',
        '\u{fffd}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{fffd}', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_in_rtf() {
        for (rtf, text) in [
            (
                r"{\rtf1\ansi{\fonttbl{\f0 Arial;}}{\colortbl;\red0;}\f0\fs24 Rest for {\b two} days.\par Return if fever.}",
                "Rest for two days.\nReturn if fever.",
            ),
            (r"{\rtf1 39\'b0C, na\u239?ve, \u-10179?\u-8704?}", "39°C, naïve, 😀"),
            (r"{\rtf1{\*\generator Word}{\info{\author Dana}}{\pict\bin3 }{}x}y}", "y"),
            (r"{\rtf1 a\{b\}c\\d\~e}", r"a{b}c\d e"),
            (r"{\rtf1\trowd Iron\cell 6.80\cell\row}", "Iron\u{1}6.80\u{1}\n"),
            (r"{\rtf1{\field{\*\fldinst HYPERLINK}{\fldrslt link}}}", "link"),
            (r"{\rtf1\uc2 \u8805  >=60}", "≥=60"),
            (r"{\rtf1 open {{{", "open "),
            (r"{\rtf1 \'", ""),
            ("", ""),
        ] {
            assert_eq!(plain(rtf.as_bytes(), 1 << 20), text, "{rtf}");
        }
        assert!(is_rtf(b" {\\rtf1}") && !is_rtf(b"{}"));
        let deep = [b"{\\rtf1 ".as_slice(), &b"{".repeat(100_000), b"deep", &b"}".repeat(100_000), b" end}"].concat();
        assert_eq!(plain(&deep, 1 << 20), "deep end");
    }
}
