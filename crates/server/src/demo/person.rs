//! A person who connects their hospital, played over HTTP as a browser would.

use std::collections::HashMap;

use reqwest::header::LOCATION;
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use url::Url;

use crate::Failure;

/// Follows the hospital's pages from the authorize address to our callback, and answers that address.
pub async fn log_in(authorize: Url, username: &str, password: &str, callback: &Url) -> Result<Url, Failure> {
    let browser = Client::builder().redirect(Policy::none()).build()?;
    let mut cookies: HashMap<String, String> = HashMap::new();
    let mut here = authorize;
    let mut fields: Option<Vec<(String, String)>> = None;
    for _ in 0..12 {
        if here.as_str().starts_with(callback.as_str()) {
            return Ok(here);
        }
        let request = match fields.take() {
            None => browser.get(here.clone()),
            Some(form) => browser
                .post(here.clone())
                .header("content-type", "application/x-www-form-urlencoded")
                .body(url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish()),
        };
        let jar: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let response = request.header("cookie", jar.join("; ")).send().await?;
        remember(&mut cookies, &response);
        if let Some(to) = response.headers().get(LOCATION) {
            here = here.join(to.to_str()?)?;
            continue;
        }
        let status = response.status();
        let page = response.text().await?;
        let form = Form::read(&page).ok_or_else(|| format!("the hospital answered {status} without a form"))?;
        here = here.join(&form.action)?;
        fields = Some(form.filled(username, password));
    }
    Err("the hospital's login did not come to an end".into())
}

fn remember(cookies: &mut HashMap<String, String>, response: &Response) {
    for cookie in response.headers().get_all("set-cookie") {
        if let Some((name, value)) = cookie.to_str().ok().and_then(|text| text.split(';').next()?.split_once('=')) {
            cookies.insert(name.trim().to_owned(), value.trim().to_owned());
        }
    }
}

struct Form {
    action: String,
    inputs: Vec<(String, String, String)>,
    buttons: Vec<(String, String)>,
}

impl Form {
    /// The page's first form.
    fn read(page: &str) -> Option<Form> {
        let start = page.find("<form")?;
        let form = &page[start..page[start..].find("</form>")? + start];
        let open = &form[..form.find('>')?];
        let tags = |name: &str| -> Vec<String> {
            form.split(&format!("<{name}"))
                .skip(1)
                .filter_map(|rest| rest.split('>').next().map(str::to_owned))
                .collect()
        };
        let inputs = tags("input")
            .iter()
            .filter(|tag| attribute(tag, "type").as_deref() != Some("checkbox") || tag.contains(" checked"))
            .filter_map(|tag| {
                let kind = attribute(tag, "type").unwrap_or_default();
                Some((attribute(tag, "name")?, kind, attribute(tag, "value").unwrap_or_else(|| "on".to_owned())))
            })
            .collect();
        let buttons = tags("button")
            .iter()
            .filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default())))
            .collect();
        Some(Form { action: attribute(open, "action").unwrap_or_default(), inputs, buttons })
    }

    /// Name and password where they are asked for, everything else as offered, and the first button.
    fn filled(self, username: &str, password: &str) -> Vec<(String, String)> {
        let mut fields: Vec<(String, String)> = self
            .inputs
            .into_iter()
            .map(|(name, kind, value)| match (name.as_str(), kind.as_str()) {
                ("username", _) => (name, username.to_owned()),
                (_, "password") => (name, password.to_owned()),
                _ => (name, value),
            })
            .collect();
        fields.extend(self.buttons.into_iter().next());
        fields
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    let value = &tag[start..start + tag[start..].find('"')?];
    Some(
        value
            .replace("&#38;", "&")
            .replace("&amp;", "&")
            .replace("&#34;", "\"")
            .replace("&#39;", "'")
            .replace("&#x2F;", "/"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_a_login_form() {
        let page = r#"<p>x</p><form method="post" action="/login?a=1&amp;b=2"><input type="hidden" name="csrf" value="c&#38;d">
            <input name="username"><input type="password" name="password">
            <input type="checkbox" name="scope" value="one" checked><input type="checkbox" name="scope" value="two">
            <button name="decision" value="allow">Allow</button><button name="decision" value="deny">No</button></form>"#;
        let form = Form::read(page).unwrap();
        assert_eq!(form.action, "/login?a=1&b=2");
        let filled: Vec<String> =
            form.filled("ada", "pw").into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(filled, ["csrf=c&d", "username=ada", "password=pw", "scope=one", "decision=allow"]);
        assert!(Form::read("<p>no form</p>").is_none());
    }
}
