//! Bytes → text, by byte order mark, else by the prolog, else as UTF-8.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Decodes a file. Bytes that are no text in the encoding they claim are read as windows-1252 where they are not
/// UTF-8 either: that is what a wrong prolog mostly means.
pub fn decode(bytes: &[u8]) -> Cow<'_, str> {
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[length..]).0;
    }
    let declared = match bytes {
        [0, b'<', ..] => UTF_16BE,
        [b'<', 0, ..] => UTF_16LE,
        _ => in_prolog(bytes).unwrap_or(UTF_8),
    };
    if let Some(text) = declared.decode_without_bom_handling_and_without_replacement(bytes) {
        return text;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0,
    }
}

/// What `<?xml … encoding="…"?>` names. A prolog read byte by byte cannot be in UTF-16, whatever it says.
fn in_prolog(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.trim_ascii_start();
    let head = &head[..head.len().min(200)];
    let prolog = head.strip_prefix(b"<?xml").and_then(|rest| rest.split(|byte| *byte == b'>').next())?;
    let prolog = std::str::from_utf8(prolog).ok()?;
    let value = prolog.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|first| matches!(first, '"' | '\''))?;
    let label = value[1..].split(quote).next()?;
    Encoding::for_label(label.as_bytes()).filter(|found| *found != UTF_16BE && *found != UTF_16LE)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn encodings() {
        let utf16: Vec<u8> = "\u{feff}<a>Zoë</a>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for (bytes, text) in [
            (&b"<a>Zo\xc3\xab</a>"[..], "<a>Zoë</a>"),
            (b"\xef\xbb\xbf<a>Zo\xc3\xab</a>", "<a>Zoë</a>"),
            (&utf16, "<a>Zoë</a>"),
            (
                b"<?xml version='1.0' encoding='iso-8859-1'?><a>Zo\xeb</a>",
                "<?xml version='1.0' encoding='iso-8859-1'?><a>Zoë</a>",
            ),
            (b"<a>Zo\xeb</a>", "<a>Zoë</a>"),
            (b"<?xml encoding=\"utf-16\"?><a/>", "<?xml encoding=\"utf-16\"?><a/>"),
            (b"", ""),
        ] {
            assert_eq!(decode(bytes), text);
        }
    }
}
