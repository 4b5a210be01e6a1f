//! The settings in what releases of Open edX render, read in the plainest way.

use std::fs;
use std::path::{Path, PathBuf};

use edx_layout::{DataAddress, DataPlace, DataSetting, Endpoint, Layer, Release};
use lossless_yaml::Document;
use serde_json::Value;

/// The releases that there are renderings of.
pub const RELEASES: [Release; 4] = [Release::Ironwood, Release::Koa, Release::Maple, Release::Quince];

/// The folder of a release's renderings; none, with a message, where this checkout stands alone.
pub fn rendering(release: Release) -> Option<PathBuf> {
    let shared = std::env::var_os("EDXOPS_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared"), PathBuf::from);
    let folder = shared.join("edx-etc").join(release.name());
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: {} is not there", folder.display());
    None
}

/// The settings of one rendering: `""`, `-remote` or `-s3`.
pub fn settings(release: Release, variant: &str) -> Option<Vec<DataSetting>> {
    let folder = rendering(release)?;
    let mut found = Vec::new();
    for part in [format!("etc{variant}"), format!("app{variant}/edxapp"), format!("app{variant}/certs")] {
        let Ok(files) = fs::read_dir(folder.join(part)) else { continue };
        let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).filter(|file| file.is_file()).collect();
        files.sort();
        for file in files {
            let root = Document::parse(fs::read(&file).unwrap()).unwrap().root().to_json();
            Reader { release, file: &file, found: &mut found }.mapping(&root);
        }
    }
    let forum = folder.join(format!("app{variant}/forum/forum_env"));
    let text = fs::read_to_string(&forum).unwrap();
    let mut reader = Reader { release, file: &forum, found: &mut found };
    for line in text.lines().filter_map(|line| line.strip_prefix("export ")) {
        let (name, value) = line.split_once('=').unwrap();
        let layer = match name {
            "MONGOHQ_URL" => Layer::MongoDb,
            "SEARCH_SERVER" | "SEARCH_SERVER_ES7" | "SEARCH_SERVER_OS12" => Layer::Elasticsearch,
            _ => continue,
        };
        reader.url(layer, name, value.trim_matches('"'));
    }
    Some(found)
}

struct Reader<'a> {
    release: Release,
    file: &'a Path,
    found: &'a mut Vec<DataSetting>,
}

impl Reader<'_> {
    fn mapping(&mut self, root: &Value) {
        let queue = if self.release >= Release::Koa { Layer::Redis } else { Layer::RabbitMq };
        for (name, database) in root["DATABASES"].as_object().into_iter().flatten() {
            self.server(Layer::MySql, &format!("DATABASES.{name}.HOST"), &database["HOST"], &database["PORT"]);
        }
        for (pointer, key) in [
            ("/DOC_STORE_CONFIG", "DOC_STORE_CONFIG"),
            ("/CONTENTSTORE/OPTIONS", "CONTENTSTORE.OPTIONS"),
            ("/CONTENTSTORE/DOC_STORE_CONFIG", "CONTENTSTORE.DOC_STORE_CONFIG"),
            ("/MODULESTORE/default/OPTIONS/stores/0/DOC_STORE_CONFIG", MODULE_STORES[0]),
            ("/MODULESTORE/default/OPTIONS/stores/1/DOC_STORE_CONFIG", MODULE_STORES[1]),
        ] {
            if let Some(store) = root.pointer(pointer) {
                self.server(Layer::MongoDb, &format!("{key}.host"), &store["host"], &store["port"]);
            }
        }
        self.server(queue, "CELERY_BROKER_HOSTNAME", &root["CELERY_BROKER_HOSTNAME"], &Value::Null);
        for key in ["BROKER_URL", "CELERY_BROKER_URL"] {
            if let Some(text) = root[key].as_str() {
                self.url(queue, key, text);
            }
        }
        let config = &root["ELASTIC_SEARCH_CONFIG"][0];
        self.server(Layer::Elasticsearch, "ELASTIC_SEARCH_CONFIG[0].host", &config["host"], &config["port"]);
        for (pointer, key) in [
            ("/ELASTICSEARCH_URL", "ELASTICSEARCH_URL"),
            ("/ELASTICSEARCH_CLUSTER_URL", "ELASTICSEARCH_CLUSTER_URL"),
            ("/ELASTICSEARCH_LEARNERS_HOST", "ELASTICSEARCH_LEARNERS_HOST"),
            ("/ELASTICSEARCH_DSL/default/hosts", "ELASTICSEARCH_DSL.default.hosts"),
            ("/HAYSTACK_CONNECTIONS/default/URL", "HAYSTACK_CONNECTIONS.default.URL"),
        ] {
            if let Some(text) = root.pointer(pointer).and_then(Value::as_str) {
                self.url(Layer::Elasticsearch, key, text);
            }
        }
        self.files(root);
    }

    fn files(&mut self, root: &Value) {
        let default = root["AWS_STORAGE_BUCKET_NAME"].as_str().or(root["UPLOAD_BUCKET"].as_str()).unwrap_or_default();
        for (key, class, options) in [
            ("DEFAULT_FILE_STORAGE", &root["DEFAULT_FILE_STORAGE"], &Value::Null),
            (
                "GRADES_DOWNLOAD.STORAGE_CLASS",
                &root["GRADES_DOWNLOAD"]["STORAGE_CLASS"],
                &root["GRADES_DOWNLOAD"]["STORAGE_KWARGS"],
            ),
            (
                "PROFILE_IMAGE_BACKEND.class",
                &root["PROFILE_IMAGE_BACKEND"]["class"],
                &root["PROFILE_IMAGE_BACKEND"]["options"],
            ),
            ("FINANCIAL_REPORTS.STORAGE_TYPE", &root["FINANCIAL_REPORTS"]["STORAGE_TYPE"], &root["FINANCIAL_REPORTS"]),
            ("DJFS.type", &root["DJFS"]["type"], &root["DJFS"]),
            (
                "MEDIA_STORAGE_BACKEND.DEFAULT_FILE_STORAGE",
                &root["MEDIA_STORAGE_BACKEND"]["DEFAULT_FILE_STORAGE"],
                &root["MEDIA_STORAGE_BACKEND"],
            ),
            (
                "REPORT_DOWNLOAD_BACKEND.DEFAULT_FILE_STORAGE",
                &root["REPORT_DOWNLOAD_BACKEND"]["DEFAULT_FILE_STORAGE"],
                &root["REPORT_DOWNLOAD_BACKEND"],
            ),
        ] {
            let Some(class) = class.as_str() else { continue };
            let bucket = ["bucket", "BUCKET", "AWS_STORAGE_BUCKET_NAME"]
                .iter()
                .find_map(|name| options[name].as_str())
                .unwrap_or(default);
            let address = if class.contains("S3") || class.starts_with("s3") {
                DataAddress::ObjectStore { endpoint: None, bucket: bucket.to_owned() }
            } else {
                DataAddress::Folder(PathBuf::from("/edx/var"))
            };
            self.push(Layer::Files, key, vec![DataPlace { shown: class.to_owned(), address }]);
        }
        for (pointer, key) in [
            ("/FILE_UPLOAD_STORAGE_BUCKET_NAME", "FILE_UPLOAD_STORAGE_BUCKET_NAME"),
            ("/COURSE_IMPORT_EXPORT_BUCKET", "COURSE_IMPORT_EXPORT_BUCKET"),
            ("/VIDEO_UPLOAD_PIPELINE/BUCKET", "VIDEO_UPLOAD_PIPELINE.BUCKET"),
        ] {
            let bucket = root.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            if bucket.starts_with("oracle") {
                let address = DataAddress::ObjectStore { endpoint: None, bucket: bucket.to_owned() };
                self.push(Layer::Files, key, vec![DataPlace { shown: bucket.to_owned(), address }]);
            }
        }
    }

    fn server(&mut self, layer: Layer, key: &str, host: &Value, port: &Value) {
        let Some(host) = host.as_str() else { return };
        let port = port.as_u64().map(|port| port.to_string()).or(port.as_str().map(str::to_owned));
        let places = if host.is_empty() { vec![] } else { vec![place(layer, host, port.as_deref())] };
        self.push(layer, key, places);
    }

    fn url(&mut self, layer: Layer, key: &str, url: &str) {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
        let server = rest.split('/').next().unwrap();
        let (host, port) = server.split_once(':').map_or((server, None), |(host, port)| (host, Some(port)));
        self.push(layer, key, vec![place(layer, host, port)]);
    }

    fn push(&mut self, layer: Layer, key: &str, places: Vec<DataPlace>) {
        let is_json = self.file.extension().is_some_and(|extension| extension == "json");
        let is_edxapp = is_json || self.file.ends_with("lms.yml") || self.file.ends_with("studio.yml");
        let is_read = !is_edxapp || is_json == self.release.reads_edxapp_json();
        let file = self.file.to_owned();
        self.found.push(DataSetting { layer, file, key: key.to_owned(), line: 1, is_read, places });
    }
}

const MODULE_STORES: [&str; 2] = [
    "MODULESTORE.default.OPTIONS.stores[0].DOC_STORE_CONFIG",
    "MODULESTORE.default.OPTIONS.stores[1].DOC_STORE_CONFIG",
];

/// A server as a setting names it.
pub fn place(layer: Layer, host: &str, port: Option<&str>) -> DataPlace {
    let Ok(Endpoint::Tcp { host: parsed, .. }) = host.parse() else { panic!("{host} is no host") };
    let port = port.map_or_else(|| layer.default_port().unwrap(), |port| port.parse().unwrap());
    DataPlace { shown: host.to_owned(), address: DataAddress::Server { host: parsed, port, tls: false } }
}
