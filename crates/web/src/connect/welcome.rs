//! Who asks for what, before anything is chosen.

use askama::Template;
use axum::response::Response;
use domain::Step;

use super::failure::Failure;
use super::frame::Frame;
use super::visitor::Visitor;

#[derive(Template)]
#[template(path = "connect/welcome.html")]
struct Welcome {
    frame: Frame,
    next: String,
}

pub async fn welcome(mut visitor: Visitor) -> Result<Response, Failure> {
    visitor.stand(Step::Welcome).await?;
    let title = visitor.texts.t1("welcome-title", "app", &visitor.visit.app.name);
    Ok(visitor.show(&Welcome { frame: visitor.frame(title), next: visitor.to("search") }))
}
