//! Against what four releases of Open edX render themselves, with and without a move.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use ansible_protocol::{Value, json};
use common::{Run, verify};
use tempfile::TempDir;

const RELEASES: [&str; 4] = ["ironwood", "koa", "maple", "quince"];

/// The renderings; none, with a message, where this checkout stands alone.
fn renderings() -> Option<PathBuf> {
    let shared = std::env::var_os("EDXOPS_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let folder = shared.join("edx-etc");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: {} is not there", folder.display());
    None
}

/// A copy of one rendering as it stands on a server: `etc` as `edx/etc`, `app` as `edx/app`.
fn server(rendering: &Path, variant: &str) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("edx")).unwrap();
    for name in ["etc", "app"] {
        let status = Command::new("cp")
            .arg("-r")
            .arg(rendering.join(format!("{name}{variant}")))
            .arg(root.path().join("edx").join(name))
            .status()
            .unwrap();
        assert!(status.success());
    }
    // The copies are as read-only as the originals, and the folder has to be removed again.
    assert!(Command::new("chmod").args(["-R", "u+w"]).arg(root.path()).status().unwrap().success());
    root
}

fn look(root: &TempDir, release: &str, server_vars: &Path) -> Run {
    let options: Value = json!({"path": root.path().join("edx/etc"), "release": release, "server_vars": server_vars});
    let run = verify(&options);
    assert!(!run.result.to_string().contains("pw-"), "a secret of {release} is shown");
    run
}

#[test]
fn a_server_rendered_from_its_own_variables_passes() {
    let Some(renderings) = renderings() else { return };
    for release in RELEASES {
        let rendering = renderings.join(release);
        let root = server(&rendering, "-remote");
        let run = look(&root, release, &rendering.join("server-vars.yml"));
        run.assert_only(&[], &[]);
        assert_eq!(run.with("skipped"), Vec::<String>::new(), "{release}");
        let ok = run.with("ok");
        assert!(ok.contains(&"server_vars.variable EDXAPP_MEMCACHE".to_owned()), "{release}");
        assert!(ok.contains(&"server_vars.variable edx_django_service_memcache".to_owned()), "{release}");
        assert!(ok.contains(&"server_vars.switch EDXAPP_ENABLE_MEMCACHE".to_owned()), "{release}");
    }
}

#[test]
fn a_fresh_install_has_local_endpoints_in_every_file_and_needs_no_variables() {
    let Some(renderings) = renderings() else { return };
    for release in RELEASES {
        let root = server(&renderings.join(release), "");
        let run = look(&root, release, Path::new("/nonexistent/server-vars.yml"));
        let has_cache = |name: &str| run.result["caches"].to_string().contains(&format!("/{name}\""));
        for name in ["lms.yml", "studio.yml", "ecommerce.yml", "discovery.yml", "analytics_api.yml", "insights.yml"] {
            assert!(has_cache(name), "{release} {name}");
        }
        assert_eq!(has_cache("lms.env.json"), release == "ironwood");
        let local = [run.with("failed"), run.with("warning")].concat();
        assert!(local.iter().all(|check| check.starts_with("edx_etc.no_local_cache ")), "{release}: {local:?}");
        let files: std::collections::BTreeSet<&str> =
            run.result["caches"].as_array().unwrap().iter().map(|cache| cache["file"].as_str().unwrap()).collect();
        assert_eq!(local.len(), files.len(), "{release}: {local:?}");
        // Ironwood's lms.yml and studio.yml are written and never read.
        assert_eq!(run.with("warning").len(), if release == "ironwood" { 2 } else { 0 });
        assert_eq!(run.seen("server_vars.file").0, "ok");
    }
}

#[test]
fn a_moved_server_without_variables_fails() {
    let Some(renderings) = renderings() else { return };
    for release in RELEASES {
        let root = server(&renderings.join(release), "-remote");
        let run = look(&root, release, Path::new("/nonexistent/server-vars.yml"));
        run.assert_only(&["server_vars.file /nonexistent/server-vars.yml"], &[]);
    }
}

#[test]
fn variables_of_a_move_that_has_not_taken_place_fail() {
    let Some(renderings) = renderings() else { return };
    for release in RELEASES {
        let rendering = renderings.join(release);
        let root = server(&rendering, "");
        let run = look(&root, release, &rendering.join("server-vars.yml"));
        let failed = run.with("failed");
        assert!(failed.contains(&"server_vars.variable EDXAPP_MEMCACHE".to_owned()), "{release}");
        assert!(failed.contains(&"server_vars.shared_variable edx_django_service_memcache".to_owned()), "{release}");
    }
}

#[test]
fn each_variable_of_the_move_is_missed_when_it_is_not_there() {
    let Some(renderings) = renderings() else { return };
    for release in RELEASES {
        let rendering = renderings.join(release);
        let root = server(&rendering, "-remote");
        let text = std::fs::read_to_string(rendering.join("server-vars.yml")).unwrap();
        // The shared variable would stand in for the others, so it goes first.
        let needed = ["edx_django_service_memcache", "EDXAPP_MEMCACHE", "ECOMMERCE_MEMCACHE", "DISCOVERY_MEMCACHE"];
        let kept: Vec<&str> =
            text.lines().filter(|line| !needed.iter().any(|name| line.starts_with(&format!("{name}:")))).collect();
        let vars = root.path().join("server-vars.yml");
        std::fs::write(&vars, kept.join("\n")).unwrap();
        let run = look(&root, release, &vars);
        let expected: Vec<String> = needed.iter().map(|name| format!("server_vars.variable {name}")).collect();
        assert_eq!(run.with("failed"), expected, "{release}");
    }
}
