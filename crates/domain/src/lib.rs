//! The nouns of Tributary and their rules. No I/O, no async, no SQL, no HTTP.

pub mod apps;
pub mod connect;
pub mod connections;
pub mod humans;
pub mod ids;
pub mod secrets;
pub mod sync;
pub mod timestamps;
pub mod tokens;
pub mod trouble;

pub use apps::{App, Origin, SecretPolicy};
pub use connect::{CloseStatus, ConnectSession, Launch, Mode, Step, Surface};
pub use connections::{Connection, Status};
pub use humans::{Profile, UserState};
pub use ids::{ClientId, ConnectionId, HumanId, RecordId, RowId, SourceId, UserId};
pub use secrets::Secret;
pub use sync::{Outcome, StreamReport, SyncReport, SyncState};
pub use timestamps::Timestamp;
pub use tokens::TokenKind;
pub use trouble::{Actor, Trouble};
