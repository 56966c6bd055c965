//! What there is to be ill with, to take and to measure: tables only.

pub(super) mod analytes;
pub(super) mod diseases;
pub(super) mod drugs;
pub(super) mod illnesses;
pub(super) mod operations;
pub(super) mod vaccines;
