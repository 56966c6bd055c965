//! Whole journeys against hospitals that answer over HTTP.

mod house;

mod connecting;
mod faults;
mod installation;
mod kills;
mod lifecycle;
mod outages;
mod refusals;
mod standing;
