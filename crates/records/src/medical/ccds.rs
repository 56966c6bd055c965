//! Clinical summary documents (C-CDA).

use domain::Timestamp;
use serde::Serialize;

use super::{Form, Kind, Order};
use crate::chart::Chart;
use crate::drafts::Drafts;
use crate::{documents, versions};

pub static KIND: Kind = Kind {
    id: "ccds",
    title: "Clinical summaries",
    description: "Summary documents your providers have prepared.",
    form: Form::List,
    order: Order::NewestFirst,
    source_in_head: true,
    dated: true,
    resources: &["DocumentReference"],
    from_fhir,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Ccd {
    date_time: Option<Timestamp>,
    author: Option<String>,
}

fn from_fhir(chart: &Chart, drafts: &mut Drafts) {
    let replaced = versions::replaced(chart);
    for document in chart.of_kind("DocumentReference").filter(|document| documents::is_ccda(*document)) {
        let row = documents::screen(document, &replaced)
            .map(|()| Ccd { date_time: documents::written_at(document), author: documents::author(chart, document) });
        drafts.record(&KIND, document, row, |row| (row.date_time, &[]));
    }
}
