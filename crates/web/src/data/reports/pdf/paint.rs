//! Pages into bytes.

use std::num::NonZeroU16;

use krilla::color::rgb;
use krilla::configure::{Accessibility, Configuration, ConfigurationBuilder};
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::num::NormalizedF32;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, ContentTag, Identifier, Node, SpanTag, TableHeaderScope, Tag, TagGroup, TagTree,
};
use krilla::{Document, SerializeSettings, destination::XyzDestination};

use super::letters::Line;
use super::pages::{Element, HEIGHT, Ink, MARGIN, Mark, Pages, Role, Style, WIDTH};
use crate::data::reports::sheet::Sheet;

const SMALL: Style = Style { size: 8.0, bold: false, ink: Ink::Muted };

/// PDF/UA-1 where the library finds the document to be that, a plain tagged PDF else.
pub(super) fn paint(pages: &Pages, sheet: &Sheet) -> Option<Vec<u8>> {
    let strict = ConfigurationBuilder::new().with_accessibility_validator(Accessibility::UA1).finish().ok();
    strict.and_then(|strict| write(pages, sheet, strict)).or_else(|| write(pages, sheet, Configuration::default()))
}

fn write(pages: &Pages, sheet: &Sheet, configuration: Configuration) -> Option<Vec<u8>> {
    let language = sheet.texts.language().to_owned();
    let mut document = Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    document.set_metadata(
        Metadata::new().title(sheet.title.clone()).language(language.clone()).producer("Tributary".to_owned()),
    );
    let mut leaves: Vec<Vec<Identifier>> = pages.elements.iter().map(|_| Vec::new()).collect();
    let count = pages.sheets.len() as u64;
    for (number, page) in pages.sheets.iter().enumerate() {
        let mut canvas = document.start_page_with(PageSettings::from_wh(WIDTH, HEIGHT)?);
        let mut surface = canvas.surface();
        for mark in &page.marks {
            match mark {
                Mark::Rule { y, thick, ink } => rule(&mut surface, *y, *thick, *ink),
                Mark::Text { x, y, style, line, element } => {
                    let content = line.meant.as_deref().or_else(|| turns(&line.shown).then_some(&line.shown));
                    let tag = match element {
                        Some(_) => ContentTag::Span(SpanTag::empty().with_actual_text(content)),
                        None => ContentTag::Artifact(Artifact::with_kind(ArtifactType::PaginationOther)),
                    };
                    let identifier = surface.start_tagged(tag);
                    draw(&mut surface, pages, *x, *y, *style, line);
                    surface.end_tagged();
                    if let Some(leaves) = element.and_then(|element| leaves.get_mut(element)) {
                        leaves.push(identifier);
                    }
                }
            }
        }
        let page_number = sheet.texts.t2("report-page", "page", number as u64 + 1, "pages", count);
        let made = format!("{} · {}", sheet.title, sheet.generated.text());
        edge(&mut surface, pages, ArtifactType::Footer, HEIGHT - 36.0, &made, &page_number);
        if number > 0 {
            edge(&mut surface, pages, ArtifactType::Header, 44.0, &sheet.subject, &sheet.title);
        }
        surface.finish();
        canvas.finish();
    }
    let mut outline = Outline::new();
    for (page, y, title) in &pages.outline {
        outline.push_child(OutlineNode::new(title.clone(), XyzDestination::new(*page, Point::from_xy(MARGIN, *y))));
    }
    document.set_outline(outline);
    document.set_tag_tree(tree(&pages.elements, leaves, language));
    document.finish().ok()
}

/// Something that stands on every page, left and right.
fn edge(surface: &mut Surface<'_>, pages: &Pages, kind: ArtifactType, y: f32, left: &str, right: &str) {
    let room = (WIDTH - 2.0 * MARGIN) / SMALL.size;
    let wide = |text: &str| pages.regular.runs(text).iter().map(|run| run.width).sum::<f32>();
    let right_width = wide(right);
    let mut left: String = pages.regular.spelled(left).chars().take(120).collect();
    while wide(&left) + right_width + 2.0 > room && left.pop().is_some() {}
    surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(kind)));
    let line = |text: &str| Line { shown: text.to_owned(), meant: None };
    draw(surface, pages, MARGIN, y, SMALL, &line(&left));
    draw(surface, pages, WIDTH - MARGIN - right_width * SMALL.size, y, SMALL, &line(right));
    surface.end_tagged();
}

fn draw(surface: &mut Surface<'_>, pages: &Pages, mut x: f32, y: f32, style: Style, line: &Line) {
    let letters = if style.bold { &pages.bold } else { &pages.regular };
    surface.set_fill(Some(fill(style.ink)));
    for run in letters.runs(&line.shown) {
        surface.draw_glyphs(Point::from_xy(x, y), &run.glyphs, letters.font.clone(), &run.text, style.size, false);
        x += run.width * style.size;
    }
}

fn rule(surface: &mut Surface<'_>, y: f32, thick: f32, ink: Ink) {
    let Some(rect) = Rect::from_xywh(MARGIN, y, WIDTH - 2.0 * MARGIN, thick) else { return };
    let mut path = PathBuilder::new();
    path.push_rect(rect);
    let Some(path) = path.finish() else { return };
    let colour = if ink == Ink::Muted { rgb::Color::new(0xd9, 0xdf, 0xdd) } else { colour(ink) };
    surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
    surface.set_fill(Some(Fill { paint: colour.into(), opacity: NormalizedF32::ONE, rule: Default::default() }));
    surface.draw_path(&path);
    surface.end_tagged();
}

fn fill(ink: Ink) -> Fill {
    Fill { paint: colour(ink).into(), opacity: NormalizedF32::ONE, rule: Default::default() }
}

fn colour(ink: Ink) -> rgb::Color {
    match ink {
        Ink::Text => rgb::Color::new(0x13, 0x23, 0x2b),
        Ink::Muted => rgb::Color::new(0x52, 0x64, 0x6d),
        Ink::Accent => rgb::Color::new(0x0b, 0x6b, 0x6f),
        Ink::Bad => rgb::Color::new(0xa3, 0x26, 0x2a),
    }
}

/// Whether any of it runs from right to left: then its letters are not drawn in the order they are read.
fn turns(text: &str) -> bool {
    text.chars().any(|c| matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}'))
}

/// Elements come after what they stand in, so that the tree is put together from its end.
fn tree(elements: &[Element], leaves: Vec<Vec<Identifier>>, language: String) -> TagTree {
    let mut children: Vec<Vec<Node>> = elements.iter().map(|_| Vec::new()).collect();
    let mut roots = Vec::new();
    for (number, (element, leaves)) in elements.iter().zip(leaves).enumerate().rev() {
        let mut nodes: Vec<Node> = std::mem::take(&mut children[number]);
        nodes.reverse();
        nodes.extend(leaves.into_iter().map(Node::from));
        let keeps_its_place = matches!(element.role, Role::Value | Role::RowHeader | Role::ColumnHeader);
        if nodes.is_empty() && !keeps_its_place {
            continue;
        }
        let group = Node::from(group(&element.role, nodes));
        match element.within {
            Some(within) => children[within].push(group),
            None => roots.push(group),
        }
    }
    roots.reverse();
    let mut tree = TagTree::from(roots);
    tree = tree.with_lang(Some(language));
    tree
}

fn group(role: &Role, nodes: Vec<Node>) -> TagGroup {
    match role {
        Role::Section => TagGroup::with_children(Tag::Section, nodes),
        Role::Heading(level, title) => {
            let level = NonZeroU16::new(*level).unwrap_or(NonZeroU16::MIN);
            TagGroup::with_children(Tag::Hn(level, Some(title.clone())), nodes)
        }
        Role::Paragraph => TagGroup::with_children(Tag::P, nodes),
        Role::Table => TagGroup::with_children(Tag::Table, nodes),
        Role::Head => TagGroup::with_children(Tag::THead, nodes),
        Role::Rows => TagGroup::with_children(Tag::TBody, nodes),
        Role::Row => TagGroup::with_children(Tag::TR, nodes),
        Role::ColumnHeader => TagGroup::with_children(Tag::TH(TableHeaderScope::Column), nodes),
        Role::RowHeader => TagGroup::with_children(Tag::TH(TableHeaderScope::Row), nodes),
        Role::Value => TagGroup::with_children(Tag::TD, nodes),
    }
}
