//! The text of a section: as XHTML, and as words.

use std::borrow::Cow;

use super::node::Node;

/// A FHIR narrative `div`; none when there is nothing to read.
pub fn xhtml(text: Node<'_>) -> Option<String> {
    text.text()?;
    let mut out = String::from("<div xmlns=\"http://www.w3.org/1999/xhtml\">");
    write_contents(&mut out, text, true);
    out.push_str("</div>");
    Some(out)
}

/// A narrative element as HTML, with what it cannot stand without: a row comes in a table.
pub fn html(node: Node<'_>) -> Option<String> {
    node.text()?;
    let around: &[&str] = match node.name() {
        "tr" => &["table", "tbody"],
        "thead" | "tbody" | "tfoot" => &["table"],
        "item" => &["ul"],
        _ => &[],
    };
    let mut out = String::from("<div xmlns=\"http://www.w3.org/1999/xhtml\">");
    around.iter().for_each(|name| out.push_str(&format!("<{name}>")));
    // A cell alone is no table.
    if matches!(node.name(), "td" | "th" | "text" | "caption") {
        write_contents(&mut out, node, true)
    } else {
        write_element(&mut out, node)
    }
    around.iter().rev().for_each(|name| out.push_str(&format!("</{name}>")));
    out.push_str("</div>");
    Some(out)
}

/// The words of a node on one line, with a blank between cells, lines and paragraphs.
pub fn words(node: Node<'_>) -> Option<String> {
    let mut raw = String::new();
    collect(&mut raw, node);
    let tidy = raw.split_whitespace().collect::<Vec<_>>().join(" ");
    (!tidy.is_empty()).then_some(tidy)
}

fn collect(out: &mut String, node: Node<'_>) {
    for inner in node.contents() {
        if inner.is_text() {
            out.push_str(inner.characters());
        } else if !is_dropped(inner.name()) {
            let apart = !matches!(inner.name(), "content" | "sub" | "sup" | "linkHtml" | "b" | "i" | "u" | "span");
            if apart {
                out.push(' ');
            }
            collect(out, inner);
            if apart {
                out.push(' ');
            }
        }
    }
}

fn is_dropped(name: &str) -> bool {
    ["script", "style", "footnoteRef", "head", "object", "iframe"].iter().any(|bad| name.eq_ignore_ascii_case(bad))
}

/// The element of XHTML for one of CDA; none for one whose contents stand alone.
fn element(node: Node<'_>) -> Option<&'static str> {
    const SAME: &[&str] = &[
        "table", "thead", "tbody", "tfoot", "tr", "th", "td", "col", "colgroup", "br", "sub", "sup", "p", "b", "i",
        "em", "strong", "ul", "ol", "li", "dl", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "hr", "div",
        "span",
    ];
    Some(match node.name() {
        "paragraph" if has_block(node) => "div",
        "paragraph" => "p",
        "content" | "footnote" if has_block(node) => "div",
        "content" => match node.attr("styleCode") {
            Some("Bold") => "b",
            Some("Italics") => "i",
            _ => "span",
        },
        "footnote" => "span",
        "list" if node.attr("listType") == Some("ordered") => "ol",
        "list" => "ul",
        "item" => "li",
        "caption" => "p",
        name => return SAME.iter().find(|known| **known == name).copied(),
    })
}

fn has_block(node: Node<'_>) -> bool {
    node.descendants().any(|inner| matches!(inner.name(), "table" | "list" | "paragraph" | "ul" | "ol" | "p" | "div"))
}

fn write_contents(out: &mut String, node: Node<'_>, flow: bool) {
    for inner in node.contents() {
        if inner.is_text() {
            // Tables and lists hold no text of their own.
            if flow || !inner.characters().trim().is_empty() {
                escape(out, inner.characters());
            }
        } else if !is_dropped(inner.name()) {
            write_element(out, inner);
        }
    }
}

fn write_element(out: &mut String, node: Node<'_>) {
    match node.name() {
        "br" | "hr" => {
            out.push_str(if node.name() == "br" { "<br/>" } else { "<hr/>" });
            return;
        }
        // Column widths are the layout of another screen.
        "col" | "colgroup" => return,
        "renderMultiMedia" => {
            out.push_str("<span>[image]</span>");
            return;
        }
        "linkHtml" | "a" => return write_link(out, node),
        _ => {}
    }
    let is_table_caption = node.name() == "caption" && node.descendants().all(Node::is_text);
    let Some(name) = element(node) else { return write_contents(out, node, true) };
    if is_table_caption && out.ends_with("<table>") {
        out.push_str("<caption>");
        write_contents(out, node, true);
        out.push_str("</caption>");
        return;
    }
    // A list's caption is its first item; nothing else may stand in a list.
    let name = if name == "p" && node.name() == "caption" { if in_list(out) { "li" } else { "p" } } else { name };
    out.push('<');
    out.push_str(name);
    if matches!(name, "td" | "th") {
        for span in ["colspan", "rowspan"] {
            if let Some(count) = node.attr(span).and_then(|count| count.parse::<u16>().ok()).filter(|count| *count > 1)
            {
                out.push_str(&format!(" {span}=\"{count}\""));
            }
        }
    }
    out.push('>');
    write_contents(out, node, !matches!(name, "table" | "thead" | "tbody" | "tfoot" | "tr" | "ul" | "ol" | "dl"));
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

fn in_list(out: &str) -> bool {
    out.ends_with("<ul>") || out.ends_with("<ol>")
}

fn write_link(out: &mut String, node: Node<'_>) {
    let target = node.attr("href").filter(|href| {
        let href = href.to_ascii_lowercase();
        ["http://", "https://", "mailto:"].iter().any(|scheme| href.starts_with(scheme))
    });
    match target {
        Some(href) => {
            out.push_str("<a href=\"");
            escape(out, &href.split_whitespace().collect::<String>());
            out.push_str("\">");
            write_contents(out, node, true);
            out.push_str("</a>");
        }
        None => write_contents(out, node, true),
    }
}

fn escape(out: &mut String, text: &str) {
    let text: Cow<'_, str> =
        if text.contains(['&', '<', '>', '"']) { Cow::Owned(escaped(text)) } else { Cow::Borrowed(text) };
    out.push_str(&text);
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
