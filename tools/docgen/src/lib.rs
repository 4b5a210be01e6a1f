//! Writes the pages that `ansible-doc` shows from what the modules declare of themselves.

use std::path::{Path, PathBuf};

use ansible_protocol::{ModuleSpec, PageSpec, ansible_doc_page};

/// Every module of the collection.
pub fn modules() -> [(&'static ModuleSpec, &'static PageSpec); 10] {
    [
        (&edx_cache_endpoint::SPEC, &edx_cache_endpoint::PAGE),
        (&edx_data_endpoint::SPEC, &edx_data_endpoint::PAGE),
        (&edx_databases::SPEC, &edx_databases::PAGE),
        (&edx_programs::SPEC, &edx_programs::PAGE),
        (&edx_queues::SPEC, &edx_queues::PAGE),
        (&edx_settings::SPEC, &edx_settings::PAGE),
        (&edx_verify::SPEC, &edx_verify::PAGE),
        (&memcached_install::SPEC, &memcached_install::PAGE),
        (&mysql_install::SPEC, &mysql_install::PAGE),
        (&redis_install::SPEC, &redis_install::PAGE),
    ]
}

/// Each module's page, and where it belongs.
pub fn pages() -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/modules");
    modules()
        .iter()
        .map(|(spec, page)| (folder.join(format!("{}.py", spec.name)), ansible_doc_page(spec, page)))
        .collect()
}
