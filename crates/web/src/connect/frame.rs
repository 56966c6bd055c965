//! What is the same on every screen: header, texts, assets, and the data block for the script.

use std::sync::Arc;

use domain::App;
use serde_json::{Value, json};

use super::assets;
use crate::i18n::{Arg, Texts};

/// The part of a page that its layout needs.
pub struct Frame {
    texts: &'static Texts,
    pub title: String,
    /// The integrator's name; empty when nobody could be identified.
    pub app: String,
    pub back: Option<String>,
    /// Where the X posts to.
    pub close: Option<String>,
    /// Seconds after which a page without script asks again.
    pub refresh: Option<u32>,
    data: Value,
}

impl Frame {
    pub fn new(texts: &'static Texts, app: Option<&Arc<App>>, title: String) -> Frame {
        let data = json!({ "targets": targets(app, None) });
        Frame {
            texts,
            title,
            app: app.map(|app| app.name.clone()).unwrap_or_default(),
            back: None,
            close: None,
            refresh: None,
            data,
        }
    }

    pub fn back(mut self, to: String) -> Frame {
        self.back = Some(to);
        self
    }

    pub fn close(mut self, to: String) -> Frame {
        self.close = Some(to);
        self
    }

    pub fn refresh(mut self, seconds: u32) -> Frame {
        self.refresh = Some(seconds);
        self
    }

    /// Something the script reads.
    pub fn tell(mut self, name: &str, value: Value) -> Frame {
        self.data[name] = value;
        self
    }

    pub fn lang(&self) -> &'static str {
        self.texts.language()
    }

    pub fn t(&self, key: &str) -> String {
        self.texts.t(key)
    }

    pub fn t1(&self, key: &str, name: &str, value: impl Arg) -> String {
        self.texts.t1(key, name, value)
    }

    pub fn t2(&self, key: &str, name: &str, value: impl Arg, other: &str, second: impl Arg) -> String {
        self.texts.t2(key, name, value, other, second)
    }

    /// A place with its neighbours' number.
    pub fn t3(&self, key: &str, one: &(&str, &str), other: &(&str, &str), count: &u64) -> String {
        self.texts.t3(key, one, other, count)
    }

    pub fn asset(&self, name: &str) -> &'static str {
        assets::address(name)
    }

    /// JSON that cannot end the element it stands in.
    pub fn data(&self) -> String {
        self.data.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
    }
}

/// Origins a message may go to: the one the page was opened with, else all the app registered, else any.
pub fn targets(app: Option<&Arc<App>>, opened_by: Option<&str>) -> Vec<String> {
    if let Some(origin) = opened_by {
        return vec![origin.to_owned()];
    }
    match app {
        Some(app) if !app.origins.is_empty() => app.origins.iter().map(|origin| origin.as_str().to_owned()).collect(),
        _ => vec!["*".to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_block_cannot_be_left() {
        let frame = Frame::new(Texts::choose(None, None), None, String::new()).tell("x", json!("</script><!--"));
        assert!(!frame.data().contains('<'));
        let read: Value = serde_json::from_str(&frame.data()).unwrap();
        assert_eq!(read["x"], "</script><!--");
    }
}
