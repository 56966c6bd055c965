//! Whole journeys against hospitals that answer over HTTP.

mod house;

mod connecting;
mod documents;
mod dstu2;
mod faults;
mod installation;
mod kills;
mod lifecycle;
mod outages;
mod refusals;
mod standing;
