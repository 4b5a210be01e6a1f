//! The host that a daemon is installed on: its packages, its service, its addresses, its memory, its programs.
//!
//! What every module that installs a daemon on Debian or Ubuntu needs, and none of what one daemon is about.

mod addresses;
mod config_file;
mod diff;
mod drop_in;
mod error;
mod here;
mod memory;
mod package;
mod programs;
mod service;

pub use addresses::{Interface, Network, listen_warning, local_endpoint};
pub use config_file::{ConfigFile, lock_config};
pub use diff::unified;
pub use drop_in::{DropIn, DropInChange, needs_network, remove_file, write_drop_in};
pub use error::Error;
pub use here::Here;
pub use memory::{Memory, of_this_machine as memory_of_this_machine};
pub use package::{Apt, Package};
pub use programs::{Ended, Programs};
pub use service::{Activity, Definition, Manager, Process, Service, State};
