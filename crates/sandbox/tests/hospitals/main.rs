//! The hospitals over real HTTP, as an application and a browser meet them.

mod app;
mod brands;
mod discovery;
mod dstu2;
mod faults;
mod login;
mod restarts;
mod search;
mod signed_clients;
mod tokens;
