//! Connections that end in time, however they are made.
//!
//! Whoever talks to a server asks a [`Dial`] for a connection: [`Direct`] makes it from this host, and another
//! one may make it from somewhere else, such as the far end of an SSH connection. Either way a [`Socket`] comes
//! back, and a [`Wire`] on it ends every step by one deadline, whatever the server does.

mod dial;
mod direct;
mod fault;
mod socket;
mod wire;

pub use dial::{Dial, Target};
pub use direct::Direct;
pub use fault::{Fault, Stage};
pub use socket::Socket;
pub use wire::{Wire, left};
