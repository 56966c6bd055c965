//! FHIR R4 as US Core asks of a server, and DSTU2 as it was, for the one patient a token is about.

pub mod bearer;
pub mod binary;
pub mod bundle;
pub mod capability;
pub mod dates;
pub mod docref;
pub mod dstu2;
pub mod kinds;
pub mod matching;
pub mod outcome;
pub mod paging;
pub mod query;
pub mod read;
pub mod search;
