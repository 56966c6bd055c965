//! athenahealth: one host for all practices, and every call names the practice.

use super::{Platform, Refresh, Style, Tenant};

pub static ATHENA: Platform = Platform {
    id: "athena",
    name: "athenahealth",
    hosts: &["platform.athenahealth.com"],
    style: Style::Explicit,
    tenant: Some(Tenant { member: "ah_practice", parameter: "ah-practice", prefix: "Organization/a-1.Practice-" }),
    refresh: Refresh { send_client_id: true, send_scope: true },
    page_size: 50,
    forbidden_may_be_quota: true,
    binary: false,
    ..Platform::DEFAULT
};
