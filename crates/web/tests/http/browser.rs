//! A person's browser: follows redirects, keeps cookies, fills in the form in front of it.

use std::collections::HashMap;

use url::Url;

use crate::answer::Answer;
use crate::wire::Ask;

#[derive(Clone, Default)]
pub struct Browser {
    /// By site, then by name.
    cookies: HashMap<String, HashMap<String, String>>,
}

/// A page and where it is.
pub struct Page {
    pub at: Url,
    pub answer: Answer,
}

/// A form on a page, with what it would send as it stands.
pub struct Form {
    pub action: Url,
    pub fields: Vec<(String, String)>,
    /// Of which one is pressed.
    pub buttons: Vec<(String, String)>,
}

impl Browser {
    /// One request, redirects not followed.
    pub async fn ask(&mut self, at: &Url, ask: Ask) -> Answer {
        let site = at.origin().ascii_serialization();
        let known = self.cookies.entry(site.clone()).or_default();
        let jar: Vec<String> = known.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let ask = if jar.is_empty() { ask } else { ask.header("cookie", jar.join("; ")) };
        let answer = ask.send(&site).await;
        for (_, cookie) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            if let Some((name, value)) = cookie.split(';').next().and_then(|pair| pair.split_once('=')) {
                known.insert(name.trim().to_owned(), value.trim().to_owned());
            }
        }
        answer
    }

    pub fn cookie(&self, at: &Url, name: &str) -> Option<&str> {
        self.cookies.get(&at.origin().ascii_serialization())?.get(name).map(String::as_str)
    }

    pub async fn get(&mut self, at: &Url) -> Answer {
        self.ask(at, Ask::get(target(at))).await
    }

    /// Follows redirects up to a page, or to an address that begins with `stop`.
    pub async fn open_until(&mut self, at: &Url, stop: &str) -> Page {
        let answer = self.get(at).await;
        self.follow(at.clone(), answer, stop).await
    }

    pub async fn open(&mut self, at: &Url) -> Page {
        self.open_until(at, "nowhere").await
    }

    pub async fn submit_until(&mut self, form: &Form, stop: &str) -> Page {
        let ask = Ask::new("POST", target(&form.action)).form(&form.fields);
        let answer = self.ask(&form.action, ask).await;
        self.follow(form.action.clone(), answer, stop).await
    }

    pub async fn submit(&mut self, form: &Form) -> Page {
        self.submit_until(form, "nowhere").await
    }

    async fn follow(&mut self, mut at: Url, mut answer: Answer, stop: &str) -> Page {
        for _ in 0..10 {
            let Some(to) = answer.header("location") else { return Page { at, answer } };
            let next = at.join(to).expect("an address");
            if next.as_str().starts_with(stop) {
                return Page { at: next, answer };
            }
            at = next;
            answer = self.get(&at).await;
        }
        panic!("redirected in circles, last to {at}");
    }
}

/// Path and query.
pub fn target(at: &Url) -> String {
    at.query().map_or_else(|| at.path().to_owned(), |query| format!("{}?{query}", at.path()))
}

impl Page {
    /// The first form whose action ends with this.
    pub fn form(&self, action: &str) -> Form {
        let forms = self.answer.text().split("<form").skip(1).filter_map(|rest| rest.split("</form>").next());
        let mut read = forms.map(|form| Form::read(form, &self.at));
        let found = read.find(|form| form.action.path().ends_with(action));
        found.unwrap_or_else(|| panic!("no form for {action} at {}: {}", self.at, self.answer.text()))
    }

    /// The first sentences of a page, tags dropped.
    pub fn words(&self) -> String {
        words(self.answer.text())
    }
}

/// What a person reads on a page.
pub fn words(html: &str) -> String {
    let main = html.split_once("<main").map_or(html, |(_, main)| main);
    let main = main.split_once("</main>").map_or(main, |(main, _)| main);
    let text: Vec<&str> =
        main.split('<').filter_map(|piece| piece.split_once('>')).map(|(_, text)| text.trim()).collect();
    unescaped(&text.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" | "))
}

impl Form {
    fn read(form: &str, at: &Url) -> Form {
        let tags = |name: &str| -> Vec<String> {
            let open = format!("<{name}");
            form.split(&open).skip(1).filter_map(|rest| rest.split('>').next().map(str::to_owned)).collect()
        };
        let named = |tag: &String| Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default()));
        let inputs = tags("input");
        let ticked = inputs
            .iter()
            .filter(|tag| attribute(tag, "type").as_deref() != Some("checkbox") || tag.contains(" checked"));
        let fields = ticked.filter_map(named).collect();
        let buttons = tags("button").iter().filter_map(named).collect();
        let action = attribute(form.split('>').next().unwrap_or_default(), "action").unwrap_or_default();
        Form { action: at.join(&action).expect("an address"), fields, buttons }
    }

    pub fn fill(mut self, name: &str, value: &str) -> Form {
        self.fields.retain(|(field, _)| field != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn press(mut self, value: &str) -> Form {
        let button = self.buttons.iter().find(|(_, is)| is == value).expect("such a button").clone();
        self.fields.push(button);
        self
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    Some(unescaped(&tag[start..start + tag[start..].find('"')?]))
}

fn unescaped(text: &str) -> String {
    text.replace("&#38;", "&")
        .replace("&amp;", "&")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
}
