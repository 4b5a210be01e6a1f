//! Which role variable a setting is rendered from.

use std::path::Path;

use crate::data::Layer;
use crate::release::Release;
use crate::service::service_of;

use Layer::{Elasticsearch, Files, MongoDb, MySql, RabbitMq, Redis};
use Release::{Hawthorn, Ironwood, Juniper, Koa, Lilac, Maple, Olive, Palm, Quince};
use Shape::{Bucket, Class, Endpoint, Host, HostList, HostPort, Hosts, Port, Store, Url};

/// What a variable holds, and in which shape its role needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One host.
    Host,
    /// One host, with `:port` where it is not the default one.
    HostPort,
    /// Hosts with commas between them; a list renders too.
    Hosts,
    /// A list of hosts, which the role reads item by item.
    HostList,
    /// A URL that names the server.
    Url,
    /// A port for the hosts that another variable names.
    Port,
    /// The Python class that stores files.
    Class,
    /// The name of a bucket.
    Bucket,
    /// The endpoint of an object store that is not AWS's own.
    Endpoint,
    /// A mapping with all of class, bucket and endpoint, as Django's services have it.
    Store,
}

/// One variable that decides a setting, or a part of it.
///
/// A variable's name may be followed by `.member` where only a member of a mapping counts, with `|other` where a
/// member has two names.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The kind of data.
    pub layer: Layer,
    /// What the variable holds.
    pub shape: Shape,
    /// The services whose settings it reaches.
    pub services: &'static str,
    /// The setting, or the mapping around it.
    pub key: &'static str,
    /// The variable to write.
    pub own: &'static str,
    /// Variables that win over it where they are set, the strongest first.
    pub beaten_by: &'static [&'static str],
    /// The variable whose value it has by default.
    pub follows: Option<&'static str>,
    /// What it is by default.
    pub default: &'static str,
    /// The port that it has where none can be said, as another one than the layer's.
    port: Option<u16>,
    since: Release,
    until: Release,
}

impl Row {
    /// The port that is rendered where none is said.
    pub fn usual_port(&self, layer: Layer, release: Option<Release>) -> Option<u16> {
        self.port.or(release.map_or(layer, |release| self.layer_in(release)).default_port())
    }

    const fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }
    const fn beaten_by(mut self, beaten_by: &'static [&'static str]) -> Self {
        self.beaten_by = beaten_by;
        self
    }
    const fn follows(mut self, follows: &'static str) -> Self {
        self.follows = Some(follows);
        self
    }
    const fn default(mut self, default: &'static str) -> Self {
        self.default = default;
        self
    }
    const fn since(mut self, since: Release) -> Self {
        self.since = since;
        self
    }
    const fn only(self, release: Release) -> Self {
        self.since(release).until(release)
    }
    const fn until(mut self, until: Release) -> Self {
        self.until = until;
        self
    }

    /// Whether a setting of that layer, service and key is rendered from it.
    pub fn renders(&self, layer: Layer, service: &str, key: &str, release: Option<Release>) -> bool {
        // A queue may be of the other kind than its release's own; without a release it tells which release it is.
        let same_layer = self.layer == layer || (is_queue(self.layer) && is_queue(layer));
        let release = release.or_else(|| match layer {
            RabbitMq if self.since <= Juniper => Some(Juniper),
            Redis if self.since <= Koa => Some(Koa),
            _ => None,
        });
        let below = key.strip_prefix(self.key).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
        same_layer
            && (self.key.is_empty() || below)
            && self.services.split(' ').any(|name| name == service)
            && release.is_none_or(|release| self.is_in(release))
    }

    /// Whether the release has it.
    pub fn is_in(&self, release: Release) -> bool {
        (self.since..=self.until).contains(&release)
    }

    /// Its layer in a release: the queue has another one up to Juniper.
    pub fn layer_in(&self, release: Release) -> Layer {
        if self.layer == Redis && release < Koa { RabbitMq } else { self.layer }
    }
}

const fn is_queue(layer: Layer) -> bool {
    matches!(layer, Redis | RabbitMq)
}

const fn row(layer: Layer, shape: Shape, services: &'static str, key: &'static str, own: &'static str) -> Row {
    let default = match shape {
        Shape::Port | Shape::Bucket | Shape::Endpoint => "",
        Shape::Class | Shape::Store => "FileSystemStorage",
        _ => "localhost",
    };
    Row {
        layer,
        shape,
        services,
        key,
        own,
        beaten_by: &[],
        follows: None,
        default,
        port: None,
        since: Hawthorn,
        until: Quince,
    }
}

/// Given to an upgrade, it beats what the roles of these services pass, which is their own variable.
const SHARED_DB: &[&str] = &["edx_django_service_default_db_host"];
/// The same for uploaded files.
const SHARED_MEDIA: &str = "edx_django_service_media_storage_backend";
const EDXAPP: &str = "lms studio";
const CELERY: &[&str] = &["EDXAPP_CELERY_BROKER_HOSTNAME"];
const RABBIT: &str = "EDXAPP_RABBIT_HOSTNAME";
const REDIS: &str = "EDXAPP_REDIS_HOSTNAME";
const SHOP: &[&str] = &["ECOMMERCE_BROKER_URL"];
const SHOP_WORKER: &[&str] = &["ECOMMERCE_WORKER_BROKER_URL"];
const SEARCH: &[&str] = &["EDXAPP_ELASTIC_SEARCH_CONFIG"];
const OPEN_SEARCH: &[&str] = &["EDXAPP_OPEN_SEARCH_CONFIG"];
const FORUM_ES7: &[&str] = &["FORUM_ELASTICSEARCH_URL_ES7"];
const FORUM_OS: &[&str] = &["FORUM_OPENSEARCH_URL"];
const MONGO: &[&str] = &["EDXAPP_MONGO_HOSTS"];
const STORAGE: &str = "EDXAPP_DEFAULT_FILE_STORAGE";
const BUCKET: &str = "EDXAPP_AWS_STORAGE_BUCKET_NAME";
const GRADES: &str = "EDXAPP_GRADE_STORAGE_TYPE";
const IMAGE_BUCKET: &str = "EDXAPP_VIDEO_IMAGE_SETTINGS.STORAGE_KWARGS.bucket|bucket_name";
const TRANSCRIPT_BUCKET: &str = "EDXAPP_VIDEO_TRANSCRIPTS_SETTINGS.STORAGE_KWARGS.bucket|bucket_name";
const BLOCK_BUCKET: &str = "EDXAPP_BLOCK_STRUCTURES_SETTINGS.STORAGE_KWARGS.bucket|bucket_name";

const fn mysql(services: &'static str, key: &'static str, own: &'static str) -> Row {
    row(MySql, Host, services, key, own)
}
const fn mysql_port(services: &'static str, key: &'static str, own: &'static str) -> Row {
    row(MySql, Port, services, key, own)
}
/// The database of a service whose role takes the shared variable.
const fn shared_db(service: &'static str, own: &'static str) -> Row {
    mysql(service, "DATABASES.default", own).beaten_by(SHARED_DB)
}
const fn mongo(shape: Shape, services: &'static str, key: &'static str, own: &'static str) -> Row {
    row(MongoDb, shape, services, key, own)
}
const fn queue(shape: Shape, services: &'static str, key: &'static str, own: &'static str) -> Row {
    row(Redis, shape, services, key, own)
}
/// The queue of a service that has none by default.
const fn hostname(service: &'static str, own: &'static str) -> Row {
    queue(HostPort, service, "CELERY_BROKER_HOSTNAME", own).default("")
}
const fn search(shape: Shape, services: &'static str, key: &'static str, own: &'static str) -> Row {
    row(Elasticsearch, shape, services, key, own)
}
/// Files of LMS and Studio.
const fn files(shape: Shape, key: &'static str, own: &'static str) -> Row {
    row(Files, shape, EDXAPP, key, own)
}
const fn store(services: &'static str, key: &'static str, own: &'static str) -> Row {
    row(Files, Store, services, key, own)
}
const fn media(service: &'static str, own: &'static str) -> Row {
    store(service, "MEDIA_STORAGE_BACKEND", own).beaten_by(&[SHARED_MEDIA])
}

/// Every variable.
pub const ROWS: &[Row] = &[
    mysql(EDXAPP, "DATABASES.default", "EDXAPP_MYSQL_HOST"),
    mysql(EDXAPP, "DATABASES.read_replica", "EDXAPP_MYSQL_REPLICA_HOST").follows("EDXAPP_MYSQL_HOST"),
    mysql(EDXAPP, "DATABASES.student_module_history", "EDXAPP_MYSQL_CSMH_HOST").follows("EDXAPP_MYSQL_HOST"),
    mysql_port(EDXAPP, "DATABASES.default", "EDXAPP_MYSQL_PORT"),
    mysql_port(EDXAPP, "DATABASES.read_replica", "EDXAPP_MYSQL_REPLICA_PORT").follows("EDXAPP_MYSQL_PORT"),
    mysql_port(EDXAPP, "DATABASES.student_module_history", "EDXAPP_MYSQL_CSMH_PORT").follows("EDXAPP_MYSQL_PORT"),
    shared_db("ecommerce", "ECOMMERCE_DATABASE_HOST").until(Ironwood),
    mysql("ecommerce", "DATABASES.default", "ECOMMERCE_DATABASE_HOST").since(Juniper),
    shared_db("discovery", "DISCOVERY_MYSQL").until(Ironwood),
    mysql("discovery", "DATABASES.default", "DISCOVERY_MYSQL").since(Juniper),
    mysql("discovery", "DATABASES.read_replica", "DISCOVERY_MYSQL_REPLICA_HOST").since(Juniper),
    mysql("insights", "DATABASES.default", "INSIGHTS_DATABASE_HOST").default("127.0.0.1"),
    mysql_port("insights", "DATABASES.default", "INSIGHTS_DATABASE_PORT"),
    mysql("analytics_api", "DATABASES.default", "ANALYTICS_API_DEFAULT_HOST"),
    mysql_port("analytics_api", "DATABASES.default", "ANALYTICS_API_DEFAULT_PORT"),
    mysql("analytics_api", "DATABASES.reports", "ANALYTICS_API_REPORTS_HOST"),
    mysql_port("analytics_api", "DATABASES.reports", "ANALYTICS_API_REPORTS_PORT"),
    mysql("xqueue", "DATABASES.default", "XQUEUE_MYSQL_HOST"),
    mysql_port("xqueue", "DATABASES.default", "XQUEUE_MYSQL_PORT"),
    mysql("edx_notes_api", "DATABASES.default", "EDX_NOTES_API_MYSQL_HOST"),
    mysql_port("edx_notes_api", "DATABASES.default", "EDX_NOTES_API_MYSQL_PORT"),
    shared_db("credentials", "CREDENTIALS_MYSQL_HOST"),
    shared_db("registrar", "REGISTRAR_MYSQL_HOST").since(Juniper),
    shared_db("designer", "DESIGNER_MYSQL_HOST").since(Juniper),
    shared_db("enterprise_catalog", "ENTERPRISE_CATALOG_MYSQL_HOST").since(Juniper),
    shared_db("license_manager", "LICENSE_MANAGER_MYSQL_HOST").since(Maple),
    shared_db("commerce_coordinator", "COMMERCE_COORDINATOR_MYSQL_HOST").since(Olive),
    shared_db("blockstore", "BLOCKSTORE_DATABASE_HOST").since(Juniper),
    shared_db("journals", "JOURNALS_MYSQL").until(Ironwood),
    mongo(Hosts, EDXAPP, "DOC_STORE_CONFIG", MONGO[0]),
    mongo(Hosts, EDXAPP, "CONTENTSTORE", MONGO[0]),
    mongo(Hosts, EDXAPP, "MODULESTORE", MONGO[0]),
    mongo(Port, EDXAPP, "DOC_STORE_CONFIG", "EDXAPP_MONGO_PORT").beaten_by(MONGO),
    mongo(Port, EDXAPP, "CONTENTSTORE", "EDXAPP_MONGO_PORT").beaten_by(MONGO),
    mongo(Port, EDXAPP, "MODULESTORE", "EDXAPP_MONGO_PORT").beaten_by(MONGO),
    mongo(HostList, "forum", "MONGOHQ_URL", "FORUM_MONGO_HOSTS").beaten_by(&["FORUM_MONGO_URL"]),
    mongo(Port, "forum", "MONGOHQ_URL", "FORUM_MONGO_PORT").beaten_by(&["FORUM_MONGO_URL"]),
    hostname(EDXAPP, RABBIT).default("localhost").beaten_by(CELERY).until(Juniper),
    hostname(EDXAPP, REDIS).default("localhost").beaten_by(CELERY).follows(RABBIT).since(Koa),
    queue(HostPort, "workers", "SINGLE_BEAT_REDIS_SERVER", REDIS).beaten_by(CELERY).follows(RABBIT).since(Koa),
    queue(Host, "ecommerce", "BROKER_URL", "ECOMMERCE_BROKER_HOST").beaten_by(SHOP).default("this host's own address"),
    queue(Port, "ecommerce", "BROKER_URL", "ECOMMERCE_BROKER_PORT").beaten_by(SHOP),
    queue(Host, "ecomworker", "BROKER_URL", "ECOMMERCE_WORKER_BROKER_HOST").beaten_by(SHOP_WORKER).default("127.0.0.1"),
    queue(Port, "ecomworker", "BROKER_URL", "ECOMMERCE_WORKER_BROKER_PORT").beaten_by(SHOP_WORKER),
    queue(Url, "discovery", "CELERY_BROKER_URL", "DISCOVERY_CELERY_BROKER_URL").default("127.0.0.1").since(Lilac),
    hostname("registrar", "REGISTRAR_CELERY_BROKER_HOSTNAME").since(Juniper),
    hostname("enterprise_catalog", "ENTERPRISE_CATALOG_CELERY_BROKER_HOSTNAME").since(Juniper),
    hostname("license_manager", "LICENSE_MANAGER_CELERY_BROKER_HOSTNAME").since(Maple),
    hostname("commerce_coordinator", "COMMERCE_COORDINATOR_CELERY_BROKER_HOSTNAME").since(Olive),
    search(Host, EDXAPP, "ELASTIC_SEARCH_CONFIG", "EDXAPP_SEARCH_HOST").beaten_by(SEARCH),
    search(Port, EDXAPP, "ELASTIC_SEARCH_CONFIG", "EDXAPP_SEARCH_PORT").beaten_by(SEARCH),
    search(Host, EDXAPP, "OPEN_SEARCH_CONFIG", "EDXAPP_OPENSEARCH_HOST").beaten_by(OPEN_SEARCH).only(Olive),
    search(Port, EDXAPP, "OPEN_SEARCH_CONFIG", "EDXAPP_OPENSEARCH_PORT").beaten_by(OPEN_SEARCH).port(9202).only(Olive),
    search(Host, "forum", "SEARCH_SERVER", "FORUM_ELASTICSEARCH_HOST").beaten_by(&["FORUM_ELASTICSEARCH_URL"]),
    search(Port, "forum", "SEARCH_SERVER", "FORUM_ELASTICSEARCH_PORT").beaten_by(&["FORUM_ELASTICSEARCH_URL"]),
    search(Host, "forum", "SEARCH_SERVER_ES7", "FORUM_ELASTICSEARCH_HOST_ES7").beaten_by(FORUM_ES7).since(Koa),
    search(Port, "forum", "SEARCH_SERVER_ES7", "FORUM_ELASTICSEARCH_PORT").beaten_by(FORUM_ES7).since(Koa),
    search(Host, "forum", "SEARCH_SERVER_OS12", "FORUM_OPENSEARCH_HOST").beaten_by(FORUM_OS).since(Olive),
    search(Port, "forum", "SEARCH_SERVER_OS12", "FORUM_OPENSEARCH_PORT").beaten_by(FORUM_OS).port(9202).since(Olive),
    search(Url, "discovery", "ELASTICSEARCH_URL", "DISCOVERY_ELASTICSEARCH_URL").until(Koa),
    search(Url, "discovery", "ELASTICSEARCH_CLUSTER_URL", "DISCOVERY_ELASTICSEARCH_URL").since(Lilac),
    search(Host, "discovery", "DISCOVERY_OPENSEARCH_HOST", "DISCOVERY_OPENSEARCH_HOST").since(Palm),
    search(Port, "discovery", "DISCOVERY_OPENSEARCH_HOST", "DISCOVERY_OPENSEARCH_PORT").port(9202).since(Palm),
    search(Url, "analytics_api", "ELASTICSEARCH_LEARNERS_HOST", "ANALYTICS_API_ELASTICSEARCH_LEARNERS_HOST"),
    search(Url, "edx_notes_api", "ELASTICSEARCH_URL", "EDX_NOTES_API_ELASTICSEARCH_URL").until(Koa),
    search(Url, "edx_notes_api", "ELASTICSEARCH_DSL", "EDX_NOTES_API_ELASTICSEARCH_URL").since(Lilac),
    search(Url, "edx_notes_api", "HAYSTACK_CONNECTIONS", "EDX_NOTES_API_ELASTICSEARCH_URL"),
    search(Url, "journals", "ELASTICSEARCH_URL", "JOURNALS_ELASTICSEARCH_URL").until(Ironwood),
    files(Class, "DEFAULT_FILE_STORAGE", STORAGE).beaten_by(&["EDXAPP_ENV_EXTRA.DEFAULT_FILE_STORAGE"]),
    files(Bucket, "DEFAULT_FILE_STORAGE", BUCKET).beaten_by(&["EDXAPP_ENV_EXTRA.AWS_STORAGE_BUCKET_NAME"]),
    files(Bucket, "FILE_UPLOAD_STORAGE_BUCKET_NAME", "EDXAPP_FILE_UPLOAD_STORAGE_BUCKET_NAME").follows(BUCKET),
    files(Class, "GRADES_DOWNLOAD.STORAGE_CLASS", "EDXAPP_GRADE_STORAGE_CLASS").beaten_by(&[GRADES]),
    files(Bucket, "GRADES_DOWNLOAD.STORAGE_CLASS", "EDXAPP_GRADE_STORAGE_KWARGS.bucket|bucket_name").follows(BUCKET),
    files(Class, "GRADES_DOWNLOAD.STORAGE_TYPE", GRADES).follows("EDXAPP_GRADE_STORAGE_CLASS"),
    files(Bucket, "GRADES_DOWNLOAD.STORAGE_TYPE", "EDXAPP_GRADE_BUCKET"),
    files(Class, "PROFILE_IMAGE_BACKEND", "EDXAPP_PROFILE_IMAGE_BACKEND.class"),
    files(Bucket, "PROFILE_IMAGE_BACKEND", "EDXAPP_PROFILE_IMAGE_BACKEND.options.bucket|bucket_name").follows(BUCKET),
    files(Class, "VIDEO_IMAGE_SETTINGS", "EDXAPP_VIDEO_IMAGE_SETTINGS.STORAGE_CLASS").follows(STORAGE),
    files(Bucket, "VIDEO_IMAGE_SETTINGS", IMAGE_BUCKET).follows(BUCKET),
    files(Class, "VIDEO_TRANSCRIPTS_SETTINGS", "EDXAPP_VIDEO_TRANSCRIPTS_SETTINGS.STORAGE_CLASS").follows(STORAGE),
    files(Bucket, "VIDEO_TRANSCRIPTS_SETTINGS", TRANSCRIPT_BUCKET).follows(BUCKET),
    files(Class, "BLOCK_STRUCTURES_SETTINGS", "EDXAPP_BLOCK_STRUCTURES_SETTINGS.STORAGE_CLASS"),
    files(Bucket, "BLOCK_STRUCTURES_SETTINGS", BLOCK_BUCKET).follows(BUCKET),
    files(Bucket, "COURSE_IMPORT_EXPORT_BUCKET", "EDXAPP_IMPORT_EXPORT_BUCKET"),
    files(Class, "FINANCIAL_REPORTS", "EDXAPP_FINANCIAL_REPORTS.STORAGE_TYPE").default("localfs").until(Juniper),
    files(Bucket, "FINANCIAL_REPORTS", "EDXAPP_FINANCIAL_REPORTS.BUCKET").until(Juniper),
    files(Bucket, "VIDEO_UPLOAD_PIPELINE", "EDXAPP_VIDEO_UPLOAD_PIPELINE.BUCKET"),
    files(Class, "DJFS", "EDXAPP_DJFS.type").default("osfs"),
    files(Bucket, "DJFS", "EDXAPP_DJFS.bucket"),
    // No variable of the role itself renders these.
    files(Endpoint, "", "EDXAPP_ENV_EXTRA.AWS_S3_ENDPOINT_URL"),
    files(Class, "COURSE_IMPORT_EXPORT_STORAGE", "EDXAPP_ENV_EXTRA.COURSE_IMPORT_EXPORT_STORAGE"),
    files(Class, "USER_TASKS_ARTIFACT_STORAGE", "EDXAPP_ENV_EXTRA.USER_TASKS_ARTIFACT_STORAGE"),
    files(Class, "COURSE_METADATA_EXPORT_STORAGE", "EDXAPP_ENV_EXTRA.COURSE_METADATA_EXPORT_STORAGE"),
    files(Class, "ORA2_FILEUPLOAD_BACKEND", "EDXAPP_ENV_EXTRA.ORA2_FILEUPLOAD_BACKEND"),
    store("analytics_api ecommerce blockstore journals", "MEDIA_STORAGE_BACKEND", SHARED_MEDIA),
    store("analytics_api", "REPORT_DOWNLOAD_BACKEND", "ANALYTICS_API_REPORT_DOWNLOAD_BACKEND"),
    media("discovery", "DISCOVERY_MEDIA_STORAGE_BACKEND"),
    media("credentials", "CREDENTIALS_MEDIA_STORAGE_BACKEND"),
    store("credentials", "FILE_STORAGE_BACKEND", "CREDENTIALS_FILE_STORAGE_BACKEND"),
    media("registrar", "REGISTRAR_MEDIA_STORAGE_BACKEND").since(Juniper),
    media("designer", "DESIGNER_MEDIA_STORAGE_BACKEND").since(Juniper),
    media("enterprise_catalog", "ENTERPRISE_CATALOG_MEDIA_STORAGE_BACKEND").since(Juniper),
    media("license_manager", "LICENSE_MANAGER_MEDIA_STORAGE_BACKEND").since(Maple),
    media("commerce_coordinator", "COMMERCE_COORDINATOR_MEDIA_STORAGE_BACKEND").since(Olive),
    row(Files, Class, "xqueue", "DEFAULT_FILE_STORAGE", "XQUEUE_DEFAULT_FILE_STORAGE"),
    row(Files, Bucket, "xqueue", "DEFAULT_FILE_STORAGE", "XQUEUE_UPLOAD_BUCKET"),
    row(Files, Bucket, "certs", "CERT_BUCKET", "CERTS_BUCKET").until(Lilac),
];

/// A variable of the native playbook that installs a layer's server on the application server while it is true.
pub struct Switch {
    /// Its layer.
    pub layer: Layer,
    /// Its name.
    pub name: &'static str,
    /// The releases in which it does.
    pub releases: std::ops::RangeInclusive<Release>,
}

/// Every switch; `MySQL` and `MongoDB` have none, as their roles look at `EDXAPP_MYSQL_HOST` and
/// `EDXAPP_MONGO_HOSTS`.
pub const SWITCHES: &[Switch] = &[
    Switch { layer: Redis, name: "SANDBOX_ENABLE_REDIS", releases: Koa..=Quince },
    Switch { layer: RabbitMq, name: "SANDBOX_ENABLE_RABBITMQ", releases: Hawthorn..=Juniper },
    Switch { layer: Elasticsearch, name: "EDXAPP_ENABLE_ELASTIC_SEARCH", releases: Juniper..=Quince },
];

/// `NAME.member` as `NAME` and `member`.
pub fn split(element: &'static str) -> (&'static str, &'static str) {
    element.split_once('.').unwrap_or((element, ""))
}

/// The name of a part of a store in the mapping of a Django service's settings.
pub fn member_of(shape: Shape) -> &'static str {
    match shape {
        Shape::Class => "DEFAULT_FILE_STORAGE",
        Shape::Bucket => "AWS_STORAGE_BUCKET_NAME",
        _ => "AWS_S3_ENDPOINT_URL",
    }
}

/// The service that has this file, told by its name.
pub fn owner(file: &Path) -> Option<&'static str> {
    let named = |name: &str| file.file_name().is_some_and(|file| file == name);
    let below = |name: &str| file.parent().and_then(Path::file_name).is_some_and(|folder| folder == name);
    if named("forum_env") {
        Some("forum")
    } else if named("workers.conf") {
        Some("workers")
    } else if below("certs") && (named("env.json") || named("auth.json")) {
        Some("certs")
    } else {
        service_of(file).map(|service| service.name)
    }
}
