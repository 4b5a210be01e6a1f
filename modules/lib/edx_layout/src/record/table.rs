//! Which role variable a setting is rendered from.

use std::path::Path;

use crate::data::Layer;
use crate::release::Release;
use crate::service::service_of;

use Layer::{Elasticsearch, Files, MongoDb, MySql, RabbitMq, Redis};
use Release::{Hawthorn, Ironwood, Juniper, Koa, Lilac, Maple, Olive, Palm, Quince};

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
    /// The port where none is said.
    pub fn usual_port(&self) -> Option<u16> {
        self.port.or(self.layer.default_port())
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
    const fn until(mut self, until: Release) -> Self {
        self.until = until;
        self
    }

    /// Whether a setting of that layer, service and key is rendered from it.
    pub fn renders(&self, layer: Layer, service: &str, key: &str, release: Option<Release>) -> bool {
        let is_queue = |layer: Layer| matches!(layer, Redis | RabbitMq);
        // A queue's server may be of the other kind than its release's own. Without a release it tells which one.
        let same_layer = self.layer == layer || (release.is_some() && is_queue(self.layer) && is_queue(layer));
        let below = key.strip_prefix(self.key).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
        same_layer
            && (self.key.is_empty() || below)
            && self.services.split(' ').any(|name| name == service)
            && release.is_none_or(|release| (self.since..=self.until).contains(&release))
    }
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

const fn mysql(services: &'static str, key: &'static str, own: &'static str) -> Row {
    row(MySql, Shape::Host, services, key, own)
}
const fn mysql_port(services: &'static str, key: &'static str, own: &'static str) -> Row {
    row(MySql, Shape::Port, services, key, own)
}
const fn mongo(shape: Shape, services: &'static str, key: &'static str, own: &'static str) -> Row {
    row(MongoDb, shape, services, key, own)
}
const fn queue(shape: Shape, services: &'static str, key: &'static str, own: &'static str) -> Row {
    row(Redis, shape, services, key, own)
}
const fn rabbit(shape: Shape, services: &'static str, key: &'static str, own: &'static str) -> Row {
    row(RabbitMq, shape, services, key, own).until(Juniper)
}
const fn search(shape: Shape, services: &'static str, key: &'static str, own: &'static str) -> Row {
    row(Elasticsearch, shape, services, key, own)
}
const fn files(shape: Shape, services: &'static str, key: &'static str, own: &'static str) -> Row {
    row(Files, shape, services, key, own)
}

/// Given to an upgrade, it beats the own variable of the services of its role that pass it none.
const SHARED_DB: &[&str] = &["edx_django_service_default_db_host"];
/// The same for uploaded files.
const SHARED_MEDIA: &[&str] = &["edx_django_service_media_storage_backend"];
const EDXAPP: &str = "lms studio";
const BUCKET: &str = "EDXAPP_AWS_STORAGE_BUCKET_NAME";
const STORAGE: &str = "EDXAPP_DEFAULT_FILE_STORAGE";
const EXTRA_BUCKET: &[&str] = &["EDXAPP_ENV_EXTRA.AWS_STORAGE_BUCKET_NAME"];

/// Every variable.
pub const ROWS: &[Row] = &[
    mysql(EDXAPP, "DATABASES.default", "EDXAPP_MYSQL_HOST"),
    mysql(EDXAPP, "DATABASES.read_replica", "EDXAPP_MYSQL_REPLICA_HOST").follows("EDXAPP_MYSQL_HOST"),
    mysql(EDXAPP, "DATABASES.student_module_history", "EDXAPP_MYSQL_CSMH_HOST").follows("EDXAPP_MYSQL_HOST"),
    mysql_port(EDXAPP, "DATABASES.default", "EDXAPP_MYSQL_PORT"),
    mysql_port(EDXAPP, "DATABASES.read_replica", "EDXAPP_MYSQL_REPLICA_PORT").follows("EDXAPP_MYSQL_PORT"),
    mysql_port(EDXAPP, "DATABASES.student_module_history", "EDXAPP_MYSQL_CSMH_PORT").follows("EDXAPP_MYSQL_PORT"),
    mysql("ecommerce", "DATABASES.default", "ECOMMERCE_DATABASE_HOST").beaten_by(SHARED_DB).until(Ironwood),
    mysql("ecommerce", "DATABASES.default", "ECOMMERCE_DATABASE_HOST").since(Juniper),
    mysql("discovery", "DATABASES.default", "DISCOVERY_MYSQL").beaten_by(SHARED_DB).until(Ironwood),
    mysql("discovery", "DATABASES.default", "DISCOVERY_MYSQL").since(Juniper),
    mysql("discovery", "DATABASES.read_replica", "DISCOVERY_MYSQL_REPLICA_HOST").since(Juniper),
    mysql("credentials", "DATABASES.default", "CREDENTIALS_MYSQL_HOST").beaten_by(SHARED_DB),
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
    mysql("registrar", "DATABASES.default", "REGISTRAR_MYSQL_HOST").beaten_by(SHARED_DB).since(Juniper),
    mysql("designer", "DATABASES.default", "DESIGNER_MYSQL_HOST").beaten_by(SHARED_DB).since(Juniper),
    mysql("enterprise_catalog", "DATABASES.default", "ENTERPRISE_CATALOG_MYSQL_HOST")
        .beaten_by(SHARED_DB)
        .since(Juniper),
    mysql("license_manager", "DATABASES.default", "LICENSE_MANAGER_MYSQL_HOST").beaten_by(SHARED_DB).since(Maple),
    mysql("commerce_coordinator", "DATABASES.default", "COMMERCE_COORDINATOR_MYSQL_HOST")
        .beaten_by(SHARED_DB)
        .since(Olive),
    mysql("blockstore", "DATABASES.default", "BLOCKSTORE_DATABASE_HOST").beaten_by(SHARED_DB).since(Juniper),
    mysql("journals", "DATABASES.default", "JOURNALS_MYSQL").beaten_by(SHARED_DB).until(Ironwood),
    // MongoDB.
    mongo(Shape::Hosts, EDXAPP, "DOC_STORE_CONFIG", "EDXAPP_MONGO_HOSTS"),
    mongo(Shape::Hosts, EDXAPP, "CONTENTSTORE", "EDXAPP_MONGO_HOSTS"),
    mongo(Shape::Hosts, EDXAPP, "MODULESTORE", "EDXAPP_MONGO_HOSTS"),
    mongo(Shape::Port, EDXAPP, "DOC_STORE_CONFIG", "EDXAPP_MONGO_PORT").beaten_by(&["EDXAPP_MONGO_HOSTS"]),
    mongo(Shape::Port, EDXAPP, "CONTENTSTORE", "EDXAPP_MONGO_PORT").beaten_by(&["EDXAPP_MONGO_HOSTS"]),
    mongo(Shape::Port, EDXAPP, "MODULESTORE", "EDXAPP_MONGO_PORT").beaten_by(&["EDXAPP_MONGO_HOSTS"]),
    mongo(Shape::HostList, "forum", "MONGOHQ_URL", "FORUM_MONGO_HOSTS").beaten_by(&["FORUM_MONGO_URL"]),
    mongo(Shape::Port, "forum", "MONGOHQ_URL", "FORUM_MONGO_PORT").beaten_by(&["FORUM_MONGO_URL"]),
    // The task queue.
    queue(Shape::HostPort, EDXAPP, "CELERY_BROKER_HOSTNAME", "EDXAPP_REDIS_HOSTNAME")
        .beaten_by(&["EDXAPP_CELERY_BROKER_HOSTNAME"])
        .follows("EDXAPP_RABBIT_HOSTNAME")
        .since(Koa),
    rabbit(Shape::HostPort, EDXAPP, "CELERY_BROKER_HOSTNAME", "EDXAPP_RABBIT_HOSTNAME")
        .beaten_by(&["EDXAPP_CELERY_BROKER_HOSTNAME"]),
    queue(Shape::Host, "ecommerce", "BROKER_URL", "ECOMMERCE_BROKER_HOST")
        .beaten_by(&["ECOMMERCE_BROKER_URL"])
        .default("this host's own address")
        .since(Koa),
    queue(Shape::Port, "ecommerce", "BROKER_URL", "ECOMMERCE_BROKER_PORT")
        .beaten_by(&["ECOMMERCE_BROKER_URL"])
        .since(Koa),
    rabbit(Shape::Host, "ecommerce", "BROKER_URL", "ECOMMERCE_BROKER_HOST")
        .beaten_by(&["ECOMMERCE_BROKER_URL"])
        .default("this host's own address"),
    rabbit(Shape::Port, "ecommerce", "BROKER_URL", "ECOMMERCE_BROKER_PORT").beaten_by(&["ECOMMERCE_BROKER_URL"]),
    queue(Shape::Host, "ecomworker", "BROKER_URL", "ECOMMERCE_WORKER_BROKER_HOST")
        .beaten_by(&["ECOMMERCE_WORKER_BROKER_URL"])
        .default("127.0.0.1")
        .since(Koa),
    queue(Shape::Port, "ecomworker", "BROKER_URL", "ECOMMERCE_WORKER_BROKER_PORT")
        .beaten_by(&["ECOMMERCE_WORKER_BROKER_URL"])
        .since(Koa),
    rabbit(Shape::Host, "ecomworker", "BROKER_URL", "ECOMMERCE_WORKER_BROKER_HOST")
        .beaten_by(&["ECOMMERCE_WORKER_BROKER_URL"])
        .default("127.0.0.1"),
    rabbit(Shape::Port, "ecomworker", "BROKER_URL", "ECOMMERCE_WORKER_BROKER_PORT")
        .beaten_by(&["ECOMMERCE_WORKER_BROKER_URL"]),
    queue(Shape::Url, "discovery", "CELERY_BROKER_URL", "DISCOVERY_CELERY_BROKER_URL")
        .default("127.0.0.1")
        .since(Lilac),
    queue(Shape::HostPort, "registrar", "CELERY_BROKER_HOSTNAME", "REGISTRAR_CELERY_BROKER_HOSTNAME")
        .default("")
        .since(Juniper),
    queue(Shape::HostPort, "enterprise_catalog", "CELERY_BROKER_HOSTNAME", "ENTERPRISE_CATALOG_CELERY_BROKER_HOSTNAME")
        .default("")
        .since(Juniper),
    queue(Shape::HostPort, "license_manager", "CELERY_BROKER_HOSTNAME", "LICENSE_MANAGER_CELERY_BROKER_HOSTNAME")
        .default("")
        .since(Maple),
    queue(
        Shape::HostPort,
        "commerce_coordinator",
        "CELERY_BROKER_HOSTNAME",
        "COMMERCE_COORDINATOR_CELERY_BROKER_HOSTNAME",
    )
    .default("")
    .since(Olive),
    // The search index.
    search(Shape::Host, EDXAPP, "ELASTIC_SEARCH_CONFIG", "EDXAPP_SEARCH_HOST")
        .beaten_by(&["EDXAPP_ELASTIC_SEARCH_CONFIG"]),
    search(Shape::Port, EDXAPP, "ELASTIC_SEARCH_CONFIG", "EDXAPP_SEARCH_PORT")
        .beaten_by(&["EDXAPP_ELASTIC_SEARCH_CONFIG"]),
    search(Shape::Host, EDXAPP, "OPEN_SEARCH_CONFIG", "EDXAPP_OPENSEARCH_HOST")
        .beaten_by(&["EDXAPP_OPEN_SEARCH_CONFIG"])
        .since(Olive)
        .until(Olive),
    search(Shape::Port, EDXAPP, "OPEN_SEARCH_CONFIG", "EDXAPP_OPENSEARCH_PORT")
        .beaten_by(&["EDXAPP_OPEN_SEARCH_CONFIG"])
        .port(9202)
        .since(Olive)
        .until(Olive),
    search(Shape::Host, "forum", "SEARCH_SERVER", "FORUM_ELASTICSEARCH_HOST").beaten_by(&["FORUM_ELASTICSEARCH_URL"]),
    search(Shape::Port, "forum", "SEARCH_SERVER", "FORUM_ELASTICSEARCH_PORT").beaten_by(&["FORUM_ELASTICSEARCH_URL"]),
    search(Shape::Host, "forum", "SEARCH_SERVER_ES7", "FORUM_ELASTICSEARCH_HOST_ES7")
        .beaten_by(&["FORUM_ELASTICSEARCH_URL_ES7"])
        .since(Koa),
    search(Shape::Port, "forum", "SEARCH_SERVER_ES7", "FORUM_ELASTICSEARCH_PORT")
        .beaten_by(&["FORUM_ELASTICSEARCH_URL_ES7"])
        .since(Koa),
    search(Shape::Host, "forum", "SEARCH_SERVER_OS12", "FORUM_OPENSEARCH_HOST").port(9202).since(Olive),
    search(Shape::Url, "discovery", "ELASTICSEARCH_URL", "DISCOVERY_ELASTICSEARCH_URL").default("127.0.0.1").until(Koa),
    search(Shape::Url, "discovery", "ELASTICSEARCH_CLUSTER_URL", "DISCOVERY_ELASTICSEARCH_URL")
        .default("127.0.0.1")
        .since(Lilac),
    search(Shape::Host, "discovery", "DISCOVERY_OPENSEARCH_HOST", "DISCOVERY_OPENSEARCH_HOST").port(9202).since(Palm),
    search(Shape::Url, "analytics_api", "ELASTICSEARCH_LEARNERS_HOST", "ANALYTICS_API_ELASTICSEARCH_LEARNERS_HOST"),
    search(Shape::Url, "edx_notes_api", "ELASTICSEARCH_URL", "EDX_NOTES_API_ELASTICSEARCH_URL").until(Koa),
    search(Shape::Url, "edx_notes_api", "ELASTICSEARCH_DSL", "EDX_NOTES_API_ELASTICSEARCH_URL").since(Lilac),
    search(Shape::Url, "edx_notes_api", "HAYSTACK_CONNECTIONS", "EDX_NOTES_API_ELASTICSEARCH_URL"),
    search(Shape::Url, "journals", "ELASTICSEARCH_URL", "JOURNALS_ELASTICSEARCH_URL")
        .default("127.0.0.1")
        .until(Ironwood),
    // Files. Nothing renders the endpoint of LMS and Studio but the variable for everything else.
    files(Shape::Class, EDXAPP, "DEFAULT_FILE_STORAGE", STORAGE).beaten_by(&["EDXAPP_ENV_EXTRA.DEFAULT_FILE_STORAGE"]),
    files(Shape::Bucket, EDXAPP, "DEFAULT_FILE_STORAGE", BUCKET).beaten_by(EXTRA_BUCKET),
    files(Shape::Bucket, EDXAPP, "AWS_STORAGE_BUCKET_NAME", BUCKET).beaten_by(EXTRA_BUCKET),
    files(Shape::Endpoint, EDXAPP, "", "EDXAPP_ENV_EXTRA.AWS_S3_ENDPOINT_URL").since(Ironwood),
    files(Shape::Bucket, EDXAPP, "FILE_UPLOAD_STORAGE_BUCKET_NAME", "EDXAPP_FILE_UPLOAD_STORAGE_BUCKET_NAME")
        .follows(BUCKET),
    files(Shape::Class, EDXAPP, "GRADES_DOWNLOAD.STORAGE_CLASS", "EDXAPP_GRADE_STORAGE_CLASS")
        .beaten_by(&["EDXAPP_GRADE_STORAGE_TYPE"]),
    files(Shape::Bucket, EDXAPP, "GRADES_DOWNLOAD.STORAGE_CLASS", "EDXAPP_GRADE_STORAGE_KWARGS.bucket|bucket_name")
        .follows(BUCKET),
    files(Shape::Class, EDXAPP, "GRADES_DOWNLOAD.STORAGE_TYPE", "EDXAPP_GRADE_STORAGE_TYPE")
        .follows("EDXAPP_GRADE_STORAGE_CLASS"),
    files(Shape::Bucket, EDXAPP, "GRADES_DOWNLOAD.STORAGE_TYPE", "EDXAPP_GRADE_BUCKET"),
    files(Shape::Class, EDXAPP, "BLOCK_STRUCTURES_SETTINGS", "EDXAPP_BLOCK_STRUCTURES_SETTINGS.STORAGE_CLASS"),
    files(
        Shape::Bucket,
        EDXAPP,
        "BLOCK_STRUCTURES_SETTINGS",
        "EDXAPP_BLOCK_STRUCTURES_SETTINGS.STORAGE_KWARGS.bucket|bucket_name",
    )
    .follows(BUCKET),
    // No role variable renders these.
    files(Shape::Class, EDXAPP, "COURSE_IMPORT_EXPORT_STORAGE", "EDXAPP_ENV_EXTRA.COURSE_IMPORT_EXPORT_STORAGE"),
    files(Shape::Class, EDXAPP, "USER_TASKS_ARTIFACT_STORAGE", "EDXAPP_ENV_EXTRA.USER_TASKS_ARTIFACT_STORAGE"),
    files(Shape::Class, EDXAPP, "COURSE_METADATA_EXPORT_STORAGE", "EDXAPP_ENV_EXTRA.COURSE_METADATA_EXPORT_STORAGE"),
    files(Shape::Class, EDXAPP, "ORA2_FILEUPLOAD_BACKEND", "EDXAPP_ENV_EXTRA.ORA2_FILEUPLOAD_BACKEND"),
    files(Shape::Class, EDXAPP, "PROFILE_IMAGE_BACKEND", "EDXAPP_PROFILE_IMAGE_BACKEND.class"),
    files(Shape::Bucket, EDXAPP, "PROFILE_IMAGE_BACKEND", "EDXAPP_PROFILE_IMAGE_BACKEND.options.bucket|bucket_name")
        .follows(BUCKET),
    files(Shape::Class, EDXAPP, "VIDEO_IMAGE_SETTINGS", "EDXAPP_VIDEO_IMAGE_SETTINGS.STORAGE_CLASS").follows(STORAGE),
    files(
        Shape::Bucket,
        EDXAPP,
        "VIDEO_IMAGE_SETTINGS",
        "EDXAPP_VIDEO_IMAGE_SETTINGS.STORAGE_KWARGS.bucket|bucket_name",
    )
    .follows(BUCKET),
    files(Shape::Class, EDXAPP, "VIDEO_TRANSCRIPTS_SETTINGS", "EDXAPP_VIDEO_TRANSCRIPTS_SETTINGS.STORAGE_CLASS")
        .follows(STORAGE),
    files(
        Shape::Bucket,
        EDXAPP,
        "VIDEO_TRANSCRIPTS_SETTINGS",
        "EDXAPP_VIDEO_TRANSCRIPTS_SETTINGS.STORAGE_KWARGS.bucket|bucket_name",
    )
    .follows(BUCKET),
    files(Shape::Bucket, EDXAPP, "COURSE_IMPORT_EXPORT_BUCKET", "EDXAPP_IMPORT_EXPORT_BUCKET"),
    files(Shape::Bucket, EDXAPP, "FINANCIAL_REPORTS", "EDXAPP_FINANCIAL_REPORTS.BUCKET"),
    files(Shape::Bucket, EDXAPP, "VIDEO_UPLOAD_PIPELINE", "EDXAPP_VIDEO_UPLOAD_PIPELINE.BUCKET"),
    files(Shape::Class, EDXAPP, "FINANCIAL_REPORTS", "EDXAPP_FINANCIAL_REPORTS.STORAGE_TYPE").default("localfs"),
    files(Shape::Class, EDXAPP, "DJFS", "EDXAPP_DJFS.type").default("osfs"),
    files(Shape::Bucket, EDXAPP, "DJFS", "EDXAPP_DJFS.bucket"),
    files(Shape::Store, "analytics_api ecommerce blockstore journals", "MEDIA_STORAGE_BACKEND", SHARED_MEDIA[0]),
    files(Shape::Store, "discovery", "MEDIA_STORAGE_BACKEND", "DISCOVERY_MEDIA_STORAGE_BACKEND")
        .beaten_by(SHARED_MEDIA),
    files(Shape::Store, "credentials", "MEDIA_STORAGE_BACKEND", "CREDENTIALS_MEDIA_STORAGE_BACKEND")
        .beaten_by(SHARED_MEDIA),
    files(Shape::Store, "credentials", "FILE_STORAGE_BACKEND", "CREDENTIALS_FILE_STORAGE_BACKEND"),
    files(Shape::Store, "registrar", "MEDIA_STORAGE_BACKEND", "REGISTRAR_MEDIA_STORAGE_BACKEND")
        .beaten_by(SHARED_MEDIA)
        .since(Juniper),
    files(Shape::Store, "designer", "MEDIA_STORAGE_BACKEND", "DESIGNER_MEDIA_STORAGE_BACKEND")
        .beaten_by(SHARED_MEDIA)
        .since(Juniper),
    files(Shape::Store, "enterprise_catalog", "MEDIA_STORAGE_BACKEND", "ENTERPRISE_CATALOG_MEDIA_STORAGE_BACKEND")
        .beaten_by(SHARED_MEDIA)
        .since(Juniper),
    files(Shape::Store, "license_manager", "MEDIA_STORAGE_BACKEND", "LICENSE_MANAGER_MEDIA_STORAGE_BACKEND")
        .beaten_by(SHARED_MEDIA)
        .since(Maple),
    files(Shape::Store, "commerce_coordinator", "MEDIA_STORAGE_BACKEND", SHARED_MEDIA[0]).since(Olive),
    files(Shape::Store, "analytics_api", "REPORT_DOWNLOAD_BACKEND", "ANALYTICS_API_REPORT_DOWNLOAD_BACKEND"),
    files(Shape::Class, "xqueue", "DEFAULT_FILE_STORAGE", "XQUEUE_DEFAULT_FILE_STORAGE"),
    files(Shape::Bucket, "xqueue", "DEFAULT_FILE_STORAGE", "XQUEUE_UPLOAD_BUCKET"),
    files(Shape::Bucket, "xqueue", "UPLOAD_BUCKET", "XQUEUE_UPLOAD_BUCKET"),
    files(Shape::Bucket, "certs", "CERT_BUCKET", "CERTS_BUCKET").until(Lilac),
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
