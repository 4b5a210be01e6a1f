//! Where Celery's clock keeps its lock: supervisor's file, which is no settings file and is not written here.

use std::path::Path;

use edx_layout::{DataAddress, DataPlace, Endpoint, Layer, Release, ThisHost, find_data};

use rewiring::Wish;

/// Below the root.
const WORKERS: &str = "edx/app/supervisor/conf.available.d/workers.conf";

/// A warning for each lock that stays on a server which is to be replaced. Only some hosts have the file.
pub fn warnings(root: &Path, release: Option<Release>, wish: &Wish, here: &ThisHost) -> Vec<String> {
    let path = root.join(WORKERS);
    let Ok(content) = file_set::read(&path) else { return Vec::new() };
    let goes = |place: &&DataPlace| match &place.address {
        DataAddress::Server { host, port, .. } => {
            let server = Endpoint::Tcp { host: host.clone(), port: *port };
            !wish.endpoints.contains(&server) && wish.replace.iter().any(|pattern| pattern.matches(&server, here))
        }
        _ => false,
    };
    let mut found = Vec::new();
    for setting in find_data(&path, content.bytes(), release).unwrap_or_default() {
        if let Some(place) = setting.places.iter().find(goes).filter(|_| setting.layer == Layer::Redis) {
            found.push(format!(
                "{}:{}: {}: Celery's clock keeps its lock on {}, and this file is supervisor's, so it was left alone; change it by hand, then run supervisorctl update",
                path.display(),
                setting.line,
                setting.key,
                place.shown
            ));
        }
    }
    found
}
