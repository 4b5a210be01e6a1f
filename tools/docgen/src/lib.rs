//! Writes the pages that `ansible-doc` shows from what the modules declare of themselves.

use std::path::{Path, PathBuf};

use ansible_protocol::{ModuleSpec, ansible_doc_page};

/// Every module of the collection.
pub fn modules() -> [&'static ModuleSpec; 5] {
    [&edx_cache_endpoint::SPEC, &edx_programs::SPEC, &edx_settings::SPEC, &edx_verify::SPEC, &memcached_install::SPEC]
}

/// Each module's page, and where it belongs.
pub fn pages() -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/modules");
    modules().iter().map(|spec| (folder.join(format!("{}.py", spec.name)), ansible_doc_page(spec))).collect()
}
