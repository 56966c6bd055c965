//! Names of files, made harmless to show.

/// Letters of a name that are shown.
const LONGEST: usize = 120;

/// A path without steps upwards, and without characters that are not seen or turn the reading direction.
pub fn shown(path: &str) -> String {
    let parts = path.split(['/', '\\']).map(tidy).filter(|part| !part.is_empty() && part != "." && part != "..");
    let whole: String = parts.collect::<Vec<_>>().join("/");
    let length = whole.chars().count();
    if length <= LONGEST {
        return if whole.is_empty() { "file".to_owned() } else { whole };
    }
    // The end tells files apart.
    format!("…{}", whole.chars().skip(length - LONGEST + 1).collect::<String>())
}

/// What a file is called within its folder.
pub fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn tidy(part: &str) -> String {
    part.chars().filter(|letter| !is_hidden(*letter)).collect::<String>().trim().to_owned()
}

fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffd}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_harmless() {
        for (name, expected) in [
            ("ccd.xml", "ccd.xml"),
            ("../../etc/passwd", "etc/passwd"),
            ("C:\\Users\\ada\\ccd.xml", "C:/Users/ada/ccd.xml"),
            ("bad\0na\u{7f}me\n.xml", "badname.xml"),
            ("gnp\u{202e}lmx.ccd", "gnplmx.ccd"),
            ("", "file"),
            ("../..", "file"),
        ] {
            assert_eq!(shown(name), expected, "{name:?}");
        }
        assert_eq!(shown(&"ä".repeat(500)).chars().count(), LONGEST);
        assert_eq!(last("a/b/c.pdf"), "c.pdf");
    }
}
