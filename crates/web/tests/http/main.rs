//! Everything over HTTP: the platform as integrators and people meet it, beside hospitals that answer.

mod answer;
mod browser;
mod person;
mod town;
mod wire;

mod callbacks;
mod client_tokens;
mod fhir;
mod fhir_export;
mod fhir_hostile;
mod fhir_searches;
mod hostile;
mod leaks;
mod lists;
mod rates;
mod reading;
mod record_kinds;
mod reports;
mod token_bodies;
mod token_refusals;
mod token_requests;
mod user_states;
mod widget_guards;
