//! What somebody typed, in the forms it is looked for.

use url::Url;

use super::terms::{self, both, core_text, is_filler};

/// More is not read: nobody types it, and it must not cost anything.
const MAX_TEXT: usize = 1000;
const MAX_WORDS: usize = 12;
const MAX_WORD: usize = 60;

#[derive(Debug, Clone, Default)]
pub(super) struct Asked {
    pub words: Vec<Word>,
    /// The name it would be, words spelled out, and with the last word as typed.
    pub whole: [String; 2],
    /// The name without spaces.
    pub squeezed: String,
    /// When it is a web address: as addresses are compared.
    pub address: Option<String>,
    /// When it is a web address: its host.
    pub host: Option<String>,
}

#[derive(Debug, Clone)]
pub(super) struct Word {
    pub typed: String,
    pub long: String,
    /// May be missing from a brand when other words are found.
    pub optional: bool,
    /// Starts of words that may have been meant, and how many edits away.
    pub spellings: Vec<(String, u8)>,
}

impl Word {
    /// Too short words and numbers are taken as they are.
    pub fn edits(&self) -> u8 {
        let letters = self.typed.chars().count();
        if self.typed.contains(|c: char| c.is_ascii_digit()) {
            return 0;
        }
        match letters {
            0..4 => 0,
            4..6 => 1,
            _ => 2,
        }
    }
}

impl Asked {
    pub fn read(text: &str) -> Asked {
        let text = text[..text.floor_char_boundary(MAX_TEXT)].trim();
        let url = url(text);
        let host = url.as_ref().and_then(|url| url.host_str()).map(|host| host.strip_prefix("www.").unwrap_or(host));
        let address = url.as_ref().and_then(terms::address);
        let words = both(host.filter(|_| text.contains('/')).unwrap_or(text));
        let words = words.into_iter().take(MAX_WORDS).map(|(typed, long)| Word {
            optional: is_filler(&long) || is_filler(&typed),
            typed: terms::start(&typed, MAX_WORD).to_owned(),
            long: terms::start(&long, MAX_WORD).to_owned(),
            spellings: vec![],
        });
        Asked { address, host: host.map(str::to_owned), ..Asked::of(words.collect()) }
    }

    fn of(mut words: Vec<Word>) -> Asked {
        if words.iter().all(|word| word.optional) {
            words.iter_mut().for_each(|word| word.optional = false);
        }
        let mut long: Vec<&str> = words.iter().map(|word| word.long.as_str()).collect();
        let spelled = core_text(long.iter().copied());
        if let (Some(last), Some(word)) = (long.last_mut(), words.last()) {
            *last = &word.typed;
        }
        let typed = core_text(long.iter().copied());
        Asked { squeezed: spelled.replace(' ', ""), whole: [spelled, typed], words, address: None, host: None }
    }

    /// The same with two neighbours written in one, for each pair of them.
    pub fn joined(&self) -> impl Iterator<Item = Asked> {
        (1..self.words.len()).map(|second| {
            let mut words = self.words.clone();
            let tail = words.remove(second);
            if let Some(word) = words.get_mut(second - 1) {
                word.typed.push_str(&tail.typed);
                word.long = word.typed.clone();
                word.optional = false;
            }
            Asked::of(words)
        })
    }
}

/// The ZIP in a text, for who knows where it is.
pub fn zip(text: &str) -> Option<&str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '-').find_map(|word| {
        let (zip, rest) = word.split_at_checked(5)?;
        let more = rest.is_empty() || (rest.len() == 5 && rest.starts_with('-') && digits(&rest[1..]));
        (digits(zip) && more).then_some(zip)
    })
}

pub(super) fn digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// What was pasted from the browser's address line, with or without its scheme.
fn url(text: &str) -> Option<Url> {
    if text.contains(char::is_whitespace) {
        return None;
    }
    let url = match text.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https") => {
            Url::parse(&format!("https://{rest}"))
        }
        Some(_) => return None,
        None => Url::parse(&format!("https://{text}")),
    };
    url.ok().filter(|url| url.domain().is_some_and(|host| host.contains('.')))
}
