//! Every sentence on screen: kept in `i18n/<language>.ftl`, asked for by key.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

static ENGLISH: LazyLock<Texts> = LazyLock::new(|| Texts::read("en", include_str!("../i18n/en.ftl")));

/// A sentence's name, for tables that pick one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key(pub &'static str);

/// The sentences of one language.
pub struct Texts {
    language: &'static str,
    bundle: FluentBundle<FluentResource>,
}

/// What may stand in a sentence.
pub trait Arg {
    fn value(&self) -> FluentValue<'_>;
}

impl Arg for str {
    fn value(&self) -> FluentValue<'_> {
        FluentValue::from(self)
    }
}

impl Arg for String {
    fn value(&self) -> FluentValue<'_> {
        FluentValue::from(self.as_str())
    }
}

impl Arg for u64 {
    fn value(&self) -> FluentValue<'_> {
        FluentValue::from(*self)
    }
}

impl<T: Arg + ?Sized> Arg for &T {
    fn value(&self) -> FluentValue<'_> {
        (*self).value()
    }
}

impl Texts {
    /// The best language for a reader: the one the page was opened with, else what the browser accepts.
    pub fn choose(wanted: Option<&str>, accepted: Option<&str>) -> &'static Texts {
        let all: [&'static Texts; 1] = [&ENGLISH];
        let speaks = |tag: &str| {
            let tag = tag.split(';').next().unwrap_or_default().trim();
            let language = tag.split(['-', '_']).next().unwrap_or_default();
            all.into_iter().find(|texts| texts.language.eq_ignore_ascii_case(language))
        };
        wanted
            .and_then(speaks)
            .or_else(|| accepted.into_iter().flat_map(|tags| tags.split(',')).find_map(speaks))
            .unwrap_or(&ENGLISH)
    }

    fn read(language: &'static str, source: &str) -> Texts {
        let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(resource, _)| resource);
        let mut bundle = FluentBundle::new_concurrent(language.parse().into_iter().collect());
        bundle.set_use_isolating(false);
        bundle.set_formatter(Some(|value, _| match value {
            FluentValue::Number(number) if number.value.fract() == 0.0 => Some(grouped(number.value as i64)),
            _ => None,
        }));
        bundle.add_resource_overriding(resource);
        Texts { language, bundle }
    }

    pub fn language(&self) -> &'static str {
        self.language
    }

    pub fn t(&self, key: &str) -> String {
        self.say(key, None)
    }

    pub fn t1(&self, key: &str, name: &str, value: impl Arg) -> String {
        let mut args = FluentArgs::new();
        args.set(name, value.value());
        self.say(key, Some(&args))
    }

    pub fn t2(&self, key: &str, name: &str, value: impl Arg, other: &str, second: impl Arg) -> String {
        let mut args = FluentArgs::new();
        args.set(name, value.value());
        args.set(other, second.value());
        self.say(key, Some(&args))
    }

    /// Two texts and a `count`.
    pub fn t3(&self, key: &str, one: &(&str, &str), other: &(&str, &str), count: &u64) -> String {
        let mut args = FluentArgs::new();
        args.set(one.0, one.1);
        args.set(other.0, other.1);
        args.set("count", *count);
        self.say(key, Some(&args))
    }

    fn say(&self, key: &str, args: Option<&FluentArgs<'_>>) -> String {
        let Some(pattern) = self.bundle.get_message(key).and_then(|message| message.value()) else {
            debug_assert!(false, "no sentence named {key}");
            return key.to_owned();
        };
        let mut errors = Vec::new();
        let text = self.bundle.format_pattern(pattern, args, &mut errors).into_owned();
        debug_assert!(errors.is_empty(), "{key}: {errors:?}");
        text
    }
}

/// `1204` → `1,204`.
fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if number < 0 { "-" } else { "" });
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    fn read_all(folder: &Path, into: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read_all(&path, into);
            } else {
                into.push(fs::read_to_string(&path).unwrap());
            }
        }
    }

    /// Keys in `t("…`, `t1("…`, `t2("…` and `Key("…`.
    fn used() -> BTreeSet<String> {
        let mut files = Vec::new();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        read_all(&root.join("templates"), &mut files);
        read_all(&root.join("src/connect"), &mut files);
        read_all(&root.join("src/data"), &mut files);
        let mut keys = BTreeSet::new();
        for file in &files {
            for call in [".t(\"", ".t1(\"", ".t2(\"", ".t3(\"", "Key(\""] {
                for part in file.split(call).skip(1) {
                    keys.insert(part.split('"').next().unwrap().to_owned());
                }
            }
        }
        keys
    }

    fn written() -> BTreeSet<String> {
        include_str!("../i18n/en.ftl")
            .lines()
            .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()))
            .map(|line| line.split('=').next().unwrap().trim().to_owned())
            .collect()
    }

    #[test]
    fn every_sentence_is_used_and_every_use_has_a_sentence() {
        let (used, written) = (used(), written());
        let missing: Vec<_> = used.difference(&written).collect();
        let unused: Vec<_> = written.difference(&used).collect();
        assert!(missing.is_empty() && unused.is_empty(), "missing: {missing:?}, unused: {unused:?}");
    }

    /// What is left of a template without its tags and its expressions.
    fn words(template: &str) -> String {
        let mut rest = template;
        let mut left = String::new();
        while let Some(at) = rest.find(['<', '{']) {
            left.push_str(&rest[..at]);
            let close = match rest[at..].get(..2) {
                Some("{{") => "}}",
                Some("{%") => "%}",
                _ => ">",
            };
            let end = rest[at..].find(close).map_or(rest.len(), |end| at + end + close.len());
            if close == ">" {
                // Expressions stand in attributes too.
                let tag = &rest[at..end];
                assert!(!tag.contains(" style=") && !tag.contains(" onclick="), "inline style or script: {tag}");
            }
            rest = &rest[end..];
        }
        left.push_str(rest);
        left
    }

    #[test]
    fn templates_hold_no_words_of_their_own() {
        let mut files = Vec::new();
        read_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("templates"), &mut files);
        for file in files {
            let words = words(&file);
            assert!(!words.contains(char::is_alphabetic), "text outside i18n: {}", words.trim());
        }
    }

    #[test]
    fn the_file_has_no_errors() {
        assert!(FluentResource::try_new(include_str!("../i18n/en.ftl").to_owned()).is_ok());
    }

    #[test]
    fn an_unknown_language_gets_english() {
        for (wanted, accepted) in [(Some("xx"), Some("yy, en-GB;q=0.5")), (None, None), (Some("en-US"), Some("fr"))] {
            assert_eq!(Texts::choose(wanted, accepted).language(), "en");
        }
    }

    #[test]
    fn large_numbers_are_grouped() {
        for (number, text) in [(0, "0"), (999, "999"), (1204, "1,204"), (-1_234_567, "-1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }
}
