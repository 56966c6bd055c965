//! Comma-separated values as RFC 4180 has them: quotes may hold commas, line ends and doubled quotes.

/// Longer cells and wider rows than any list has.
const MAX_CELL: usize = 64 * 1024;
const MAX_CELLS: usize = 512;

/// Rows of a text, each with the line it begins on, counted from one. A row that is too long for a list is `None`.
pub(crate) struct Rows<'a> {
    bytes: &'a [u8],
    line: u64,
}

impl<'a> Rows<'a> {
    pub fn of(bytes: &'a [u8]) -> Rows<'a> {
        Rows { bytes: bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes), line: 1 }
    }
}

impl Iterator for Rows<'_> {
    type Item = (u64, Option<Vec<String>>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.bytes.is_empty() {
            return None;
        }
        let begins = self.line;
        let mut cells = Vec::new();
        let mut cell = Vec::new();
        let (mut quoted, mut fits) = (false, true);
        let mut rest = self.bytes.iter();
        while let Some(&byte) = rest.next() {
            self.line += u64::from(byte == b'\n');
            match byte {
                b'"' if quoted && rest.as_slice().first() == Some(&b'"') => {
                    rest.next();
                    cell.push(b'"');
                }
                b'"' if quoted => quoted = false,
                b'"' if cell.is_empty() => quoted = true,
                b',' if !quoted => cells.push(text(&mut cell)),
                b'\n' if !quoted => break,
                byte if cell.len() < MAX_CELL => cell.push(byte),
                _ => fits = false,
            }
            if cells.len() > MAX_CELLS {
                fits = false;
                cells.clear();
            }
        }
        self.bytes = rest.as_slice();
        cells.push(text(&mut cell));
        Some((begins, (fits && !quoted).then_some(cells)))
    }
}

/// UTF-8, or else what spreadsheets write.
fn text(cell: &mut Vec<u8>) -> String {
    let bytes = std::mem::take(cell);
    let text = String::from_utf8(bytes)
        .unwrap_or_else(|error| error.into_bytes().into_iter().map(char::from).collect::<String>());
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_hold_commas_line_ends_and_quotes() {
        let text = "\u{feff}name,line\r\n\"Quay, \"\"Old\"\"\",\"1\nQuay\"\r\n\nplain \"x\",\n";
        let rows: Vec<(u64, Vec<String>)> = Rows::of(text.as_bytes()).map(|(line, row)| (line, row.unwrap())).collect();
        let row = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            rows,
            [
                (1, row(&["name", "line"])),
                (2, row(&["Quay, \"Old\"", "1\nQuay"])),
                (4, row(&[""])),
                (5, row(&["plain \"x\"", ""])),
            ]
        );
    }

    #[test]
    fn hostile_rows_are_left_out() {
        let long = format!("{}\nquay,1\n", "x".repeat(10_000_000));
        let rows: Vec<Option<Vec<String>>> = Rows::of(long.as_bytes()).map(|(_, row)| row).collect();
        assert!(matches!(&rows[..], [None, Some(_)]));
        let wide = ",".repeat(1_000_000);
        assert_eq!(Rows::of(wide.as_bytes()).next(), Some((1, None)));
        assert_eq!(Rows::of(b"\"open\nquay,1\n").next(), Some((1, None)), "a quote that never ends");
        assert_eq!(Rows::of(b"Mayag\xfcez").next(), Some((1, Some(vec!["Mayagüez".to_owned()]))));
    }
}
