//! From what was seen of each application server to what an operator asks: what is still on it, what keeps a second
//! one from being added, what to do next, and which servers so many users take.

mod address;
mod error;
mod how;
mod html;
mod json;
mod plan;
mod readiness;
mod report;
mod stages;
mod status;
mod step;
mod text;
mod topology;
mod words;
mod wrap;

pub use error::{At, Error};
pub use how::How;
pub use html::html;
pub use plan::{Plan, PlannedServer, PortRule, Rule, Size, plan};
pub use readiness::{Kind, Readiness, Remark, readiness};
pub use report::Report;
pub use stages::{Mark, Stage};
pub use status::{CacheKeyPrefix, EndpointStatus, Finding, HostStatus, LayerStatus, Place, Scope, UNREACHED};
pub use step::{Step, StepKind, next_step};
pub use text::{plan_text, text};
