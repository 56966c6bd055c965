//! Text of the record, fit to be shown.

/// Most characters of a name, a value, a short remark.
pub const SHORT: usize = 400;
/// Most characters of a note.
pub const LONG: usize = 20_000;

/// Without what is not text: control characters, and those that reorder or hide what stands around them.
/// Lines stay lines, other white space becomes one blank, and what is longer than `most` ends in `…`.
pub fn clean(text: &str, most: usize) -> String {
    let mut out = String::with_capacity(text.len().min(most * 4));
    let (mut kept, mut blank, mut lines) = (0, false, 0);
    for c in text.chars() {
        if c == '\n' || matches!(c, '\u{2028}' | '\u{2029}') {
            lines += 1;
            continue;
        }
        if c.is_whitespace() {
            blank = true;
            continue;
        }
        if is_hidden(c) {
            continue;
        }
        if kept >= most {
            out.push('…');
            break;
        }
        if kept > 0 && lines > 0 {
            out.push_str(if lines > 1 { "\n\n" } else { "\n" });
        } else if kept > 0 && blank {
            out.push(' ');
        }
        (blank, lines) = (false, 0);
        out.push(c);
        kept += 1;
    }
    out
}

/// Joiners stay: scripts and emoji need them.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
        || u32::from(c) & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reorders_or_hides_is_taken_out() {
        for (given, shown) in [
            ("  Ada \t Lovelace ", "Ada Lovelace"),
            ("a\u{202e}gpj.exe", "agpj.exe"),
            ("a\u{0}b\u{7f}\u{feff}c", "abc"),
            ("one\n two\r\n\n\nthree\n", "one\ntwo\n\nthree"),
            ("نام\u{200c}ه", "نام\u{200c}ه"),
            ("\u{202e}\u{2066}", ""),
        ] {
            assert_eq!(clean(given, SHORT), shown, "{given:?}");
        }
        assert_eq!(clean(&"é".repeat(10_000), 5), "ééééé…");
        assert_eq!(clean("12345", 5), "12345");
    }
}
