//! Whole journeys against hospitals that answer over HTTP.

mod house;

mod connecting;
mod faults;
mod kills;
mod refusals;
