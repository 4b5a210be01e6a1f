//! `MySQL` and `MariaDB`, through their own client and dump programs.
//!
//! The client of the host's own server knows every way in which that server lets root in (a socket, a plugin, TLS), so
//! no client library is linked. A password goes to it in an anonymous file in memory: it is in no command line, no
//! environment and on no disk.

mod defaults;
mod error;
mod flavour;
mod login;
mod pipe;
mod session;
mod text;
mod tools;

pub use defaults::{Defaults, Purpose};
pub use error::Error;
pub use flavour::{Flavour, ReplicationWords, Version};
pub use login::{Login, Place, Secret};
pub use pipe::{Moved, Pipe};
pub use session::{Row, Session};
pub use text::{account, identifier, literal, modern, password};
pub use tools::Tools;

/// The TCP port of both.
pub const PORT: u16 = 3306;
