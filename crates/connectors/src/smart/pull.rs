//! The state machine of one stream: a request for each position, a step for each answer.
//!
//! The engine sends [`request`], gives the answer to [`next`] and stores the cursor that comes back.

use std::time::Duration;

use domain::{Actor, Timestamp};
use url::Url;

use super::bundle::{Bundle, Dropped, RawResource, Received, read};
use super::cursor::{Cursor, Cut};
use super::outcome::{Issue, Severity, issues, meaning};
use super::streams::{Query, Stream};
use super::version::Version;
use crate::http::{Answer, Request, same_origin, under};
use crate::platforms::{Meaning, Platform};

/// Whose record is read, and where.
#[derive(Debug, Clone)]
pub struct Target<'a> {
    pub platform: &'a Platform,
    pub base: &'a Url,
    pub patient: &'a str,
    /// See [`super::tokens::Tokens::tenant`].
    pub tenant: Option<(&'a str, &'a str)>,
    pub version: Version,
}

/// What an answer leads to.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Store the resources and the cursor together, then go on.
    Page(Page),
    /// Send the request of `cursor` after a pause; spread many of them by up to as much again.
    Retry { after: Duration, cursor: Cursor },
    /// Ask differently, at once.
    Variant { cursor: Cursor, why: Refusal },
    /// The source does not share this. The sync goes on with the next stream.
    Refused { why: Refusal },
    /// The access token is no longer good: refresh once and send the same request again.
    Expired,
    /// This stream cannot be read now. The sync goes on with the next stream.
    Failed { error: PullError },
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    pub resources: Vec<RawResource>,
    pub dropped: Dropped,
    /// What the server said beside the data.
    pub warnings: Vec<Issue>,
    pub next: Next,
}

impl Page {
    /// Whether the answer brought all that was asked for, as far as it can be told: nothing dropped,
    /// cut off, refused or warned of. What a page with gaps does not hold may still be there.
    pub fn is_whole(&self, platform: &Platform, answer: &Answer) -> bool {
        let warned = self.warnings.iter().any(|issue| issue.severity >= Severity::Warning);
        let empty = meaning(platform, &self.warnings) == Some(Meaning::Empty);
        let kept = self.dropped.total() == 0 && !matches!(self.next, Next::Cut(_));
        kept && (empty || (answer.is_success() && !warned))
    }
}

#[derive(Debug, Clone, Default, PartialEq)]
pub enum Next {
    More(Cursor),
    #[default]
    Done,
    /// The server offers more, but following it would be wrong.
    Cut(Cut),
}

/// Why a question was not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("not shared with this person's apps")]
    Forbidden,
    #[error("not known to this server")]
    NotFound,
    #[error("no phrasing of the question was accepted")]
    Query,
    #[error("the page was too large")]
    PageTooLarge,
    #[error("the page link has expired")]
    PageExpired,
}

impl Refusal {
    pub fn who_must_act(self) -> Actor {
        match self {
            Refusal::Forbidden | Refusal::NotFound | Refusal::Query => Actor::Provider,
            Refusal::PageTooLarge | Refusal::PageExpired => Actor::Us,
        }
    }

    pub fn code(self) -> &'static str {
        match self {
            Refusal::Forbidden => "forbidden",
            Refusal::NotFound => "not_found",
            Refusal::Query => "query_refused",
            Refusal::PageTooLarge => "page_too_large",
            Refusal::PageExpired => "page_expired",
        }
    }
}

/// Why a stream could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PullError {
    #[error("the provider answered {0} again and again")]
    Unavailable(u16),
    #[error("the provider asks to come back later")]
    Throttled,
    #[error("the provider sends web pages instead of data")]
    Html,
    #[error("the answer is not readable")]
    Malformed,
    #[error("the answer is of another type than asked for")]
    WrongType,
    #[error("even the smallest page is too large")]
    TooLarge,
    #[error("the answer came from another host")]
    ForeignHost,
    #[error("page links expire before they can be followed")]
    PageExpired,
    #[error("the stream and its stored position do not fit")]
    BadCursor,
}

impl PullError {
    pub fn who_must_act(self) -> Actor {
        match self {
            PullError::Unavailable(_) | PullError::Throttled | PullError::PageExpired | PullError::BadCursor => {
                Actor::Us
            }
            _ => Actor::Provider,
        }
    }

    /// Whether it may pass by itself: an outage, a limit, an answer broken on its way.
    pub fn may_pass(self) -> bool {
        use PullError::{Html, Malformed, PageExpired, Throttled, Unavailable};
        matches!(self, Unavailable(_) | Throttled | Html | Malformed | PageExpired)
    }

    pub fn code(self) -> &'static str {
        match self {
            PullError::Unavailable(_) => "provider_unavailable",
            PullError::Throttled => "provider_throttled",
            PullError::Html => "answer_is_a_web_page",
            PullError::Malformed => "answer_malformed",
            PullError::WrongType => "answer_wrong_type",
            PullError::TooLarge => "answer_too_large",
            PullError::ForeignHost => "answer_foreign_host",
            PullError::PageExpired => "page_expired",
            PullError::BadCursor => "cursor_invalid",
        }
    }
}

/// The first request of a stream.
pub fn first(stream: &Stream, target: &Target<'_>) -> Option<Request> {
    request(stream, target, &Cursor::default())
}

/// The request of a position; `None` when the stored position no longer fits the stream.
/// The caller adds the access token.
pub fn request(stream: &Stream, target: &Target<'_>, cursor: &Cursor) -> Option<Request> {
    let query = stream.variants.get(cursor.variant)?.legs.get(cursor.leg)?;
    let url = match &cursor.next {
        // Checked when it was stored, and again here because a stored value may have been moved to another base.
        Some(link) => Url::parse(link).ok().filter(|url| same_origin(target.base, url))?,
        None => first_url(stream, target, query, cursor.count.unwrap_or(stream.page_size)),
    };
    Some(Request::get(url).header("accept", target.version.accept(target.platform)))
}

fn first_url(stream: &Stream, target: &Target<'_>, query: &Query, count: u32) -> Url {
    let kind = &stream.resource;
    let (path, parameters) = match query {
        Query::Read(id) => (format!("/{kind}/{id}"), vec![]),
        Query::Search(parameters) => {
            let mut all = vec![("patient".to_owned(), target.patient.to_owned())];
            all.extend(parameters.iter().cloned());
            all.push(("_count".to_owned(), count.to_string()));
            (format!("/{kind}"), all)
        }
        Query::Ids(ids) => {
            (format!("/{kind}"), vec![("_id".to_owned(), ids.join(",")), ("_count".to_owned(), count.to_string())])
        }
        Query::Operation(name) => (format!("/{kind}/${name}"), vec![("patient".to_owned(), target.patient.to_owned())]),
    };
    let mut url = under(target.base, &path);
    for (name, value) in &parameters {
        url.query_pairs_mut().append_pair(name, value);
    }
    if let Some((name, value)) = target.tenant {
        url.query_pairs_mut().append_pair(name, value);
    }
    url
}

const THROTTLED_TRIES: u32 = 6;
const FAILED_TRIES: u32 = 3;

/// What to do after an answer to the request of `cursor`.
pub fn next(stream: &Stream, target: &Target<'_>, cursor: &Cursor, answer: &Answer, now: Timestamp) -> Step {
    let run = Run { stream, target, cursor, answer, now };
    if !same_origin(target.base, &answer.url) {
        return Step::Failed { error: PullError::ForeignHost };
    }
    match answer.status {
        200..300 if answer.truncated => run.shrink(PullError::TooLarge),
        200..300 if answer.is_html() => run.again(THROTTLED_TRIES, PullError::Html),
        200..300 => run.data(),
        300..=399 => run.redirect(),
        401 => Step::Expired,
        429 | 503 => run.again(THROTTLED_TRIES, PullError::Throttled),
        408 | 500.. => run.trouble(),
        _ => run.refusal(&issues(answer.text_bytes())),
    }
}

struct Run<'a> {
    stream: &'a Stream,
    target: &'a Target<'a>,
    cursor: &'a Cursor,
    answer: &'a Answer,
    now: Timestamp,
}

impl Run<'_> {
    fn data(&self) -> Step {
        match read(self.answer.text_bytes(), self.target.patient) {
            None if self.cursor.attempts < FAILED_TRIES => self.again(FAILED_TRIES, PullError::Malformed),
            None => self.shrink(PullError::Malformed),
            Some(Received::Outcome(issues)) => {
                let error = issues.iter().any(|issue| issue.severity == Severity::Error);
                match meaning(self.target.platform, &issues) {
                    Some(Meaning::Empty | Meaning::Note) => self.page(Bundle { issues, ..Bundle::default() }),
                    _ if error => self.refusal(&issues),
                    _ => self.page(Bundle { issues, ..Bundle::default() }),
                }
            }
            Some(Received::Page(bundle)) => self.page(bundle),
            Some(Received::One(resource)) if resource.kind == self.stream.resource && self.reads() => {
                self.page(Bundle { resources: vec![resource], ..Bundle::default() })
            }
            Some(Received::One(_)) => Step::Failed { error: PullError::WrongType },
        }
    }

    fn reads(&self) -> bool {
        matches!(self.query(), Some(Query::Read(_)))
    }

    fn query(&self) -> Option<&Query> {
        self.stream.variants.get(self.cursor.variant)?.legs.get(self.cursor.leg)
    }

    fn page(&self, bundle: Bundle) -> Step {
        let next = match &bundle.next {
            None => self.next_leg().map_or(Next::Done, Next::More),
            Some(link) => self.follow(link, &bundle),
        };
        Step::Page(Page { resources: bundle.resources, dropped: bundle.dropped, warnings: bundle.issues, next })
    }

    fn follow(&self, link: &str, bundle: &Bundle) -> Next {
        let here = &self.answer.url;
        let Ok(url) = under(self.target.base, "/").join(link) else { return Next::Cut(Cut::BadLink) };
        if !same_origin(self.target.base, &url) {
            return Next::Cut(Cut::ForeignHost);
        }
        let ids = bundle.resources.iter().map(|resource| resource.id.as_str());
        match self.cursor.follow(self.cursor.next.as_deref().unwrap_or(here.as_str()), url.as_str(), ids) {
            Ok(on) => Next::More(on),
            // A page that names itself as the next is the last one.
            Err(cut) if cut.loses_data() => Next::Cut(cut),
            Err(cut) => self.next_leg().map_or(Next::Cut(cut), Next::More),
        }
    }

    fn next_leg(&self) -> Option<Cursor> {
        let legs = self.stream.variants.get(self.cursor.variant)?.legs.len();
        (self.cursor.leg + 1 < legs).then(|| self.cursor.leg(self.cursor.leg + 1))
    }

    fn next_variant(&self) -> Option<Cursor> {
        (self.cursor.variant + 1 < self.stream.variants.len()).then(|| self.cursor.variant(self.cursor.variant + 1))
    }

    /// A 4xx, or an error inside a 200: an answer about the question, not about the server's health.
    fn refusal(&self, issues: &[Issue]) -> Step {
        let meaning = meaning(self.target.platform, issues);
        let paging = self.cursor.next.is_some();
        match (self.answer.status, meaning) {
            (_, Some(Meaning::Outage)) => self.trouble(),
            (_, Some(Meaning::Quota)) => self.again(THROTTLED_TRIES, PullError::Throttled),
            (_, Some(Meaning::Empty)) => self.page(Bundle { issues: issues.to_vec(), ..Bundle::default() }),
            (_, Some(Meaning::PageExpired)) | (404 | 410, _) if paging => self.reopen(),
            (403, None | Some(Meaning::Refused)) if paging && self.target.platform.forbidden_may_be_quota => {
                self.again(THROTTLED_TRIES, PullError::Throttled)
            }
            (_, Some(Meaning::Query)) => self.simpler(Refusal::Query, issues),
            (_, Some(Meaning::Refused)) | (403, _) => self.refused(Refusal::Forbidden, issues),
            (404 | 410, _) | (_, Some(Meaning::Gone)) => self.refused(Refusal::NotFound, issues),
            _ => self.simpler(Refusal::Query, issues),
        }
    }

    /// The thing asked for is closed, however it is asked for; but another leg may be open.
    fn refused(&self, why: Refusal, issues: &[Issue]) -> Step {
        match self.leg_after_refusal() {
            Some(cursor) => Step::Variant { cursor, why },
            // Ids that cannot be searched may still be read one by one.
            None if self.cursor.leg > 0 || matches!(self.query(), Some(Query::Ids(_))) => self.simpler(why, issues),
            None => Step::Refused { why },
        }
    }

    fn simpler(&self, why: Refusal, issues: &[Issue]) -> Step {
        match self.leg_after_refusal().or_else(|| self.next_variant().filter(|_| self.cursor.leg == 0)) {
            Some(cursor) => Step::Variant { cursor, why },
            // The last of several legs was refused: what the others gave stands.
            None if self.cursor.leg > 0 => Step::Page(Page { warnings: issues.to_vec(), ..Page::default() }),
            None => Step::Refused { why },
        }
    }

    fn leg_after_refusal(&self) -> Option<Cursor> {
        let lenient = self.stream.variants.get(self.cursor.variant)?.lenient;
        self.next_leg().filter(|_| lenient || self.cursor.leg > 0)
    }

    fn reopen(&self) -> Step {
        if self.cursor.restarts >= 3 {
            return Step::Failed { error: PullError::PageExpired };
        }
        Step::Variant { cursor: self.cursor.restart(), why: Refusal::PageExpired }
    }

    fn again(&self, tries: u32, error: PullError) -> Step {
        if self.cursor.attempts >= tries {
            return Step::Failed { error };
        }
        let doubled = Duration::from_secs(2u64 << self.cursor.attempts.min(7));
        let after = self.answer.retry_after(self.now).unwrap_or(doubled.min(Duration::from_secs(300)));
        Step::Retry { after, cursor: self.cursor.retry() }
    }

    /// An internal error: some servers fail a whole page for one bad row, so smaller pages lose less.
    fn trouble(&self) -> Step {
        let error = PullError::Unavailable(self.answer.status);
        let page = self.cursor.count.unwrap_or(self.stream.page_size);
        if self.cursor.attempts < FAILED_TRIES {
            self.again(FAILED_TRIES, error)
        } else if page == self.stream.page_size {
            self.shrink(error)
        } else {
            Step::Failed { error }
        }
    }

    fn shrink(&self, error: PullError) -> Step {
        let page = self.cursor.count.unwrap_or(self.stream.page_size);
        if page <= 1 || !matches!(self.query(), Some(Query::Search(_) | Query::Ids(_))) {
            return Step::Failed { error };
        }
        Step::Variant { cursor: self.cursor.shrunk(page / 2), why: Refusal::PageTooLarge }
    }

    /// A merged patient answers with a redirect; clients that do not follow it themselves get here.
    fn redirect(&self) -> Step {
        let link = self.answer.header("location").and_then(|link| self.answer.url.join(link).ok());
        match link {
            Some(url) if !same_origin(self.target.base, &url) => Step::Failed { error: PullError::ForeignHost },
            Some(url) if self.cursor.attempts < FAILED_TRIES => {
                Step::Retry { after: Duration::ZERO, cursor: self.cursor.retry().at(url.as_str()) }
            }
            _ => Step::Failed { error: PullError::Unavailable(self.answer.status) },
        }
    }
}

#[cfg(test)]
#[path = "pull_tests.rs"]
mod tests;
