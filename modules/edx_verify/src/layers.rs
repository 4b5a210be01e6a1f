//! Every data layer of an application server: where its data is, whether that answers, and whether the next upgrade
//! keeps it there.

mod checks;
mod look;
mod names;
mod status;

use edx_layout::{DataSetting, Layer, Release, ThisHost};

use crate::check::Verification;
use crate::greet::Way;
use crate::options::LayerOptions;
use look::LayerSeen;
pub use status::HostLayers;

/// What the files say, and whose they are.
pub struct Data<'a> {
    /// Every setting that says where data is, those that the release does not read among them.
    pub settings: &'a [DataSetting],
    /// The application server.
    pub here: &'a ThisHost,
    /// Its release.
    pub release: Option<Release>,
    /// The variables of the next upgrade; none where they were not looked at.
    pub record: Option<Record<'a>>,
}

/// The variables of the next upgrade.
pub enum Record<'a> {
    /// The file does not exist.
    Absent,
    /// What it says.
    Variables(&'a lossless_yaml::Document),
    /// It could not be read, which another check tells.
    Unreadable,
}

/// Looks at every layer.
pub fn verify(data: &Data<'_>, options: &LayerOptions, way: Way<'_>) -> (HostLayers, Verification) {
    let seen: Vec<LayerSeen> = look::look(data, options, way);
    let recorded = checks::record(data);
    let mut checks: Vec<_> = seen.iter().flat_map(|layer| checks::judge(layer, options)).collect();
    checks.extend(recorded.iter().map(|(_, check)| check.clone()));
    let layers = status::layers(&seen, data, &recorded);
    (layers, Verification { checks, ..Verification::default() })
}

/// The layers that an option names.
pub fn named(names: &[&str]) -> Result<Vec<Layer>, String> {
    names.iter().map(|name| Layer::named(name).ok_or_else(|| (*name).to_owned())).collect()
}
