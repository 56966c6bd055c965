//! Providers a person is linked to.

use super::{Form, Kind, Order};
use crate::chart::Chart;
use crate::drafts::Drafts;

pub static KIND: Kind = Kind {
    id: "organizations",
    title: "Organizations",
    description: "Hospitals, clinics and labs you are linked to.",
    form: Form::Sources,
    order: Order::OldestCreatedFirst,
    source_in_head: false,
    dated: false,
    resources: &[],
    from_fhir,
};

/// Organizations come from connections; those in FHIR are mostly departments.
fn from_fhir(_: &Chart, _: &mut Drafts) {}
