//! What server-vars.yml has to say of single settings, and whether it does.

#![allow(missing_docs, clippy::unwrap_used)]

use std::path::PathBuf;

use edx_layout::{
    DataAddress, DataPlace, DataSetting, Endpoint, ExpectedRecord, Layer, Release, ThisHost, expected_record,
    judge_record,
};
use lossless_yaml::Document;

fn here() -> ThisHost {
    ThisHost { addresses: vec!["172.31.5.1".parse().unwrap()], name: Some("app".to_owned()) }
}

/// A setting that names servers, each as `host:port`.
fn setting(layer: Layer, file: &str, key: &str, servers: &[&str]) -> DataSetting {
    let place = |server: &&str| {
        let Ok(Endpoint::Tcp { host, port }) = server.parse() else { panic!("{server}") };
        DataPlace { shown: (*server).to_owned(), address: DataAddress::Server { host, port, tls: false } }
    };
    with(layer, file, key, servers.iter().map(place).collect())
}

fn with(layer: Layer, file: &str, key: &str, places: Vec<DataPlace>) -> DataSetting {
    DataSetting { layer, file: PathBuf::from(file), key: key.to_owned(), line: 1, is_read: true, places }
}

fn mysql(file: &str, server: &str) -> DataSetting {
    setting(Layer::MySql, file, "DATABASES.default.HOST", &[server])
}

fn in_bucket(file: &str, key: &str, endpoint: Option<&str>, bucket: &str) -> DataSetting {
    let address = DataAddress::ObjectStore { endpoint: endpoint.map(str::to_owned), bucket: bucket.to_owned() };
    with(Layer::Files, file, key, vec![DataPlace { shown: bucket.to_owned(), address }])
}

fn record(settings: &[DataSetting]) -> ExpectedRecord {
    expected_record(Some(Release::Maple), settings, &here())
}

fn needed(settings: &[DataSetting]) -> Vec<String> {
    record(settings).needed().map(ToString::to_string).collect()
}

fn unrecordable(settings: &[DataSetting]) -> Vec<String> {
    record(settings).unrecordable.iter().map(ToString::to_string).collect()
}

/// What is said of the settings with these variables.
fn judged(settings: &[DataSetting], variables: &str) -> Vec<String> {
    judged_of(Release::Maple, settings, variables)
}

fn judged_of(release: Release, settings: &[DataSetting], variables: &str) -> Vec<String> {
    let document = Document::parse(variables).unwrap();
    let record = expected_record(Some(release), settings, &here());
    let findings = judge_record(&record, Some(document.root()), &here());
    assert!(!format!("{findings:?}").contains("pw-"));
    findings.iter().map(ToString::to_string).collect()
}

#[test]
fn a_variable_agrees_by_meaning() {
    let files = [mysql("lms.yml", "db.internal:3306")];
    assert_eq!(
        judged(&files, "EDXAPP_MYSQL_HOST: DB.Internal.\n"),
        ["EDXAPP_MYSQL_HOST: DB.Internal., as in the files"]
    );
    let local = [mysql("lms.yml", "localhost:3306")];
    assert_eq!(judged(&local, "EDXAPP_MYSQL_HOST: 127.0.0.1\n"), ["EDXAPP_MYSQL_HOST: 127.0.0.1, as in the files"]);
    assert_eq!(judged(&local, "EDXAPP_MYSQL_HOST: 172.31.5.1\n"), ["EDXAPP_MYSQL_HOST: 172.31.5.1, as in the files"]);
    assert_eq!(judged(&local, "A: 1\n"), Vec::<String>::new());
}

#[test]
fn a_missing_variable_is_told_with_what_comes_back() {
    assert_eq!(
        judged(&[mysql("insights.yml", "db:3306")], "A: 1\n"),
        ["INSIGHTS_DATABASE_HOST: not set: the next upgrade brings back 127.0.0.1"]
    );
}

#[test]
fn a_remote_variable_moves_a_local_file() {
    assert_eq!(
        judged(&[mysql("/edx/etc/xqueue.yml", "localhost:3306")], "XQUEUE_MYSQL_HOST: db\n"),
        ["XQUEUE_MYSQL_HOST: db, but /edx/etc/xqueue.yml: DATABASES.default.HOST leads to this host"]
    );
    assert_eq!(
        judged(&[mysql("xqueue.yml", "db:3306")], "XQUEUE_MYSQL_HOST: other\n"),
        [r#"XQUEUE_MYSQL_HOST: other, but the files need XQUEUE_MYSQL_HOST: "db""#]
    );
}

#[test]
fn a_variable_brings_in_what_a_service_does_not_use() {
    let files = [mysql("registrar.yml", "localhost:3306")];
    assert_eq!(
        judged(&files, "REGISTRAR_CELERY_BROKER_HOSTNAME: queue\n"),
        ["REGISTRAR_CELERY_BROKER_HOSTNAME: queue, but the files of registrar say nothing of it"]
    );
    assert_eq!(judged(&files, "REGISTRAR_CELERY_BROKER_HOSTNAME: ''\n"), Vec::<String>::new());
    // One of a service that is not here changes nothing here.
    assert_eq!(judged(&files, "DESIGNER_MYSQL_HOST: db\n"), Vec::<String>::new());
}

#[test]
fn a_host_must_be_one_string_without_a_port() {
    let files = [mysql("xqueue.yml", "db:3306")];
    assert_eq!(
        judged(&files, "XQUEUE_MYSQL_HOST: [db]\n"),
        [r#"XQUEUE_MYSQL_HOST: [db], but the files need XQUEUE_MYSQL_HOST: "db""#]
    );
    assert_eq!(
        judged(&files, "XQUEUE_MYSQL_HOST: db:3306\n"),
        [r#"XQUEUE_MYSQL_HOST: db:3306, but the files need XQUEUE_MYSQL_HOST: "db""#]
    );
}

#[test]
fn another_port_needs_a_variable_of_its_own() {
    let files = [mysql("lms.yml", "db:3307")];
    assert_eq!(needed(&files), [r#"EDXAPP_MYSQL_HOST: "db""#, "EDXAPP_MYSQL_PORT: 3307"]);
    let variables = "EDXAPP_MYSQL_HOST: db\nEDXAPP_MYSQL_PORT: '3307'\n";
    assert_eq!(
        judged(&files, variables),
        ["EDXAPP_MYSQL_HOST: db, as in the files", "EDXAPP_MYSQL_PORT: 3307, as in the files"]
    );
    assert_eq!(
        judged(&files, "EDXAPP_MYSQL_HOST: db\n")[1],
        "EDXAPP_MYSQL_PORT: not set: the next upgrade brings back 3306"
    );
    // The usual one needs none, and must not be said otherwise.
    let usual = [mysql("lms.yml", "db:3306")];
    assert_eq!(needed(&usual), [r#"EDXAPP_MYSQL_HOST: "db""#]);
    assert_eq!(judged(&usual, variables)[1], "EDXAPP_MYSQL_PORT: 3307, but the files need EDXAPP_MYSQL_PORT: 3306");
}

#[test]
fn a_port_without_a_variable_cannot_be_recorded() {
    assert_eq!(
        unrecordable(&[mysql("/edx/etc/ecommerce.yml", "db:3307")]),
        [
            "/edx/etc/ecommerce.yml: DATABASES.default.HOST: its role writes port 3306 whatever the variables say, not 3307"
        ]
    );
    assert_eq!(unrecordable(&[mysql("/edx/etc/blockstore.yml", "db:3307")]).len(), 1);
    assert_eq!(unrecordable(&[mysql("ecommerce.yml", "localhost:3307")]), Vec::<String>::new());
}

#[test]
fn what_no_role_renders_cannot_be_recorded() {
    assert_eq!(
        unrecordable(&[mysql("/edx/etc/plugin.yml", "db:3306")]),
        ["/edx/etc/plugin.yml: DATABASES.default.HOST: no service of a native installation is known to have this file"]
    );
    let other = setting(Layer::MySql, "/edx/etc/lms.yml", "DATABASES.plugin.HOST", &["db:3306"]);
    assert_eq!(
        unrecordable(&[other]),
        ["/edx/etc/lms.yml: DATABASES.plugin.HOST: no variable is known that it is rendered from"]
    );
    assert_eq!(unrecordable(&[mysql("plugin.yml", "localhost:3306")]), Vec::<String>::new());
}

#[test]
fn what_is_not_understood_cannot_be_recorded() {
    let address = DataAddress::Unknown("it is a sentence".to_owned());
    let place = DataPlace { shown: "...".to_owned(), address };
    assert_eq!(
        unrecordable(&[with(Layer::MySql, "lms.yml", "DATABASES.default.HOST", vec![place])]),
        ["lms.yml: DATABASES.default.HOST: it cannot be told where it leads: it is a sentence"]
    );
}

#[test]
fn files_of_one_variable_must_agree() {
    assert_eq!(
        unrecordable(&[mysql("/edx/etc/lms.yml", "db:3306"), mysql("/edx/etc/studio.yml", "other:3306")]),
        [
            "/edx/etc/studio.yml: DATABASES.default.HOST: EDXAPP_MYSQL_HOST feeds it and lms.yml DATABASES.default.HOST alike, but they differ; give them the same value"
        ]
    );
}

#[test]
fn the_replica_follows_until_it_differs() {
    let replica = |server| setting(Layer::MySql, "lms.yml", "DATABASES.read_replica.HOST", &[server]);
    let same = [mysql("lms.yml", "db:3306"), replica("db:3306")];
    assert_eq!(needed(&same), [r#"EDXAPP_MYSQL_HOST: "db""#]);
    assert_eq!(judged(&same, "EDXAPP_MYSQL_HOST: db\n"), ["EDXAPP_MYSQL_HOST: db, as in the files"]);
    assert_eq!(judged(&same, "A: 1\n"), ["EDXAPP_MYSQL_HOST: not set: the next upgrade brings back localhost"]);
    assert_eq!(
        judged(&same, "EDXAPP_MYSQL_HOST: db\nEDXAPP_MYSQL_REPLICA_HOST: old\n")[1],
        r#"EDXAPP_MYSQL_REPLICA_HOST: old, but the files need EDXAPP_MYSQL_REPLICA_HOST: "db""#
    );
    let other = [mysql("lms.yml", "db:3306"), replica("two:3306")];
    assert_eq!(needed(&other), [r#"EDXAPP_MYSQL_HOST: "db""#, r#"EDXAPP_MYSQL_REPLICA_HOST: "two""#]);
    assert_eq!(
        judged(&other, "EDXAPP_MYSQL_HOST: db\n")[1],
        "EDXAPP_MYSQL_REPLICA_HOST: not set: the next upgrade brings back db"
    );
    // Discovery's follows nothing.
    let discovery = [
        mysql("discovery.yml", "db:3306"),
        setting(Layer::MySql, "discovery.yml", "DATABASES.read_replica.HOST", &["db:3306"]),
    ];
    assert_eq!(needed(&discovery), [r#"DISCOVERY_MYSQL: "db""#, r#"DISCOVERY_MYSQL_REPLICA_HOST: "db""#]);
}

#[test]
fn the_shared_database_variable_beats_those_of_its_services() {
    let files = [mysql("credentials.yml", "db:3306"), mysql("ecommerce.yml", "db:3306")];
    assert_eq!(
        judged(&files, "edx_django_service_default_db_host: db\nCREDENTIALS_MYSQL_HOST: other\n"),
        [
            "edx_django_service_default_db_host: db, as in the files",
            "ECOMMERCE_DATABASE_HOST: not set: the next upgrade brings back localhost",
        ]
    );
    assert_eq!(
        judged(&files, "edx_django_service_default_db_host: other\nCREDENTIALS_MYSQL_HOST: db\n")[0],
        r#"edx_django_service_default_db_host: other, but the files need CREDENTIALS_MYSQL_HOST: "db""#
    );
    // Up to Ironwood it reached ecommerce, too.
    let variables = "edx_django_service_default_db_host: db\n";
    assert_eq!(
        judged_of(Release::Ironwood, &files[1..], variables),
        ["edx_django_service_default_db_host: db, as in the files"]
    );
}

#[test]
fn hosts_of_mongodb_are_a_string_or_a_list_in_any_order() {
    let files = [setting(Layer::MongoDb, "lms.yml", "DOC_STORE_CONFIG.host", &["one:27017", "two:27017"])];
    assert_eq!(needed(&files), [r#"EDXAPP_MONGO_HOSTS: "one,two""#]);
    for said in ["one,two", "'two, one'", "[one, two]", "one:27017,two"] {
        let findings = judged(&files, &format!("EDXAPP_MONGO_HOSTS: {said}\n"));
        assert!(findings[0].ends_with(", as in the files"), "{said}: {findings:?}");
    }
    assert_eq!(
        judged(&files, "EDXAPP_MONGO_HOSTS: one\n"),
        [r#"EDXAPP_MONGO_HOSTS: one, but the files need EDXAPP_MONGO_HOSTS: "one,two""#]
    );
    let ports = [setting(Layer::MongoDb, "lms.yml", "DOC_STORE_CONFIG.host", &["one:27018", "two:27018"])];
    assert_eq!(needed(&ports), [r#"EDXAPP_MONGO_HOSTS: "one,two""#, "EDXAPP_MONGO_PORT: 27018"]);
    let findings = judged(&ports, "EDXAPP_MONGO_HOSTS: one:27018,two:27018\n");
    assert_eq!(findings[1], "EDXAPP_MONGO_HOSTS: 27018, as in the files");
}

#[test]
fn hosts_of_forum_are_a_list() {
    let files = [setting(Layer::MongoDb, "/edx/app/forum/forum_env", "MONGOHQ_URL", &["one:27017", "two:27017"])];
    assert_eq!(needed(&files), [r#"FORUM_MONGO_HOSTS: ["one","two"]"#]);
    assert_eq!(judged(&files, "FORUM_MONGO_HOSTS: [two, one]\n"), ["FORUM_MONGO_HOSTS: [two, one], as in the files"]);
    assert_eq!(
        judged(&files, "FORUM_MONGO_HOSTS: one,two\n"),
        [r#"FORUM_MONGO_HOSTS: one,two, but the files need FORUM_MONGO_HOSTS: ["one","two"]"#]
    );
    assert_eq!(
        judged(&files, "FORUM_MONGO_URL: 'mongodb://cs:pw-x@one,two:27017/cs'\n")[0],
        "FORUM_MONGO_URL: mongodb://one,two:27017, as in the files"
    );
    let ports = [setting(Layer::MongoDb, "forum_env", "MONGOHQ_URL", &["one:27017", "two:27018"])];
    assert_eq!(
        unrecordable(&ports),
        ["forum_env: MONGOHQ_URL: FORUM_MONGO_HOSTS takes only hosts that all have the same port"]
    );
}

#[test]
fn the_queue_has_a_variable_with_three_names() {
    let files = [setting(Layer::Redis, "lms.yml", "CELERY_BROKER_HOSTNAME", &["queue:6380"])];
    assert_eq!(needed(&files), [r#"EDXAPP_REDIS_HOSTNAME: "queue:6380""#, "SANDBOX_ENABLE_REDIS: false"]);
    for name in ["EDXAPP_REDIS_HOSTNAME", "EDXAPP_RABBIT_HOSTNAME", "EDXAPP_CELERY_BROKER_HOSTNAME"] {
        let findings = judged(&files, &format!("{name}: queue:6380\n"));
        assert_eq!(findings[0], format!("{name}: queue:6380, as in the files"));
    }
    assert_eq!(
        judged(&files, "EDXAPP_REDIS_HOSTNAME: queue\n")[0],
        r#"EDXAPP_REDIS_HOSTNAME: queue, but the files need EDXAPP_REDIS_HOSTNAME: "queue:6380""#
    );
    // Juniper's role has never heard of the first.
    let rabbit = [setting(Layer::RabbitMq, "lms.yml", "CELERY_BROKER_HOSTNAME", &["queue:5672"])];
    assert_eq!(
        judged_of(Release::Juniper, &rabbit, "EDXAPP_REDIS_HOSTNAME: queue\nSANDBOX_ENABLE_RABBITMQ: no\n"),
        [
            "EDXAPP_RABBIT_HOSTNAME: not set: the next upgrade brings back localhost",
            "SANDBOX_ENABLE_RABBITMQ: false, as in the files",
        ]
    );
}

#[test]
fn passwords_in_urls_are_neither_compared_nor_shown() {
    let files = [setting(Layer::Redis, "discovery.yml", "CELERY_BROKER_URL", &["queue:6379"])];
    assert_eq!(needed(&files)[0], "DISCOVERY_CELERY_BROKER_URL: a URL that leads to queue:6379");
    for said in [
        "redis://:pw-x@queue:6379/",
        "redis://:pw-@x@queue/0",
        "redis://:{{ REDIS_PASSWORD }}@queue:6379/",
        "redis://:{{ REDIS_PASSWORD | urlencode }}@{{ REDIS }}:6379/",
        "{{ URL }}",
    ] {
        let variables =
            format!("REDIS: queue\nURL: 'redis://:pw-y@{{{{ REDIS }}}}'\nDISCOVERY_CELERY_BROKER_URL: '{said}'\n");
        let finding = &judged(&files, &variables)[0];
        assert!(finding.contains("redis://queue") && finding.ends_with("as in the files"), "{finding}");
    }
    let wanted = "but the files need DISCOVERY_CELERY_BROKER_URL: a URL that leads to queue:6379";
    for (said, shown) in [
        ("redis://:pw-x", "redis://..."),
        ("redis://old/0?password=pw-x", "redis://old"),
        ("redis://pw-x:pw-x:pw-x@", "redis://"),
    ] {
        let finding = &judged(&files, &format!("DISCOVERY_CELERY_BROKER_URL: '{said}'\n"))[0];
        assert_eq!(*finding, format!("DISCOVERY_CELERY_BROKER_URL: {shown}, {wanted}"));
    }
    assert_eq!(
        judged(&files, "DISCOVERY_CELERY_BROKER_URL: 'redis://:pw-x@old:6379/'\n")[0],
        "DISCOVERY_CELERY_BROKER_URL: redis://old:6379, but the files need DISCOVERY_CELERY_BROKER_URL: a URL that leads to queue:6379"
    );
}

#[test]
fn the_broker_of_ecommerce_is_a_host_or_a_url() {
    let files = [setting(Layer::Redis, "ecommerce.yml", "BROKER_URL", &["queue:6380"])];
    assert_eq!(needed(&files)[..2], [r#"ECOMMERCE_BROKER_HOST: "queue""#, "ECOMMERCE_BROKER_PORT: 6380"]);
    assert_eq!(
        judged(&files, "ECOMMERCE_BROKER_URL: 'redis://:pw-x@queue:6380'\nECOMMERCE_BROKER_HOST: old\n")[..2],
        ["ECOMMERCE_BROKER_URL: redis://queue:6380, as in the files", "ECOMMERCE_BROKER_URL: 6380, as in the files"]
    );
    assert_eq!(
        judged(&files, "ECOMMERCE_BROKER_URL: 'redis://:pw-x@queue'\n")[1],
        "ECOMMERCE_BROKER_URL: 6379, but the files need ECOMMERCE_BROKER_PORT: 6380"
    );
}

#[test]
fn a_switch_is_off_once_nothing_is_left_here() {
    let queue = |server| setting(Layer::Redis, "lms.yml", "CELERY_BROKER_HOSTNAME", &[server]);
    let switch = |settings: &[DataSetting], variables: &str| judged(settings, variables).pop();
    let gone = [queue("queue:6379")];
    let told = |text: &str| Some(format!("SANDBOX_ENABLE_REDIS: {text}"));
    assert_eq!(
        switch(&gone, "A: 1\n"),
        told("not set, and true by default: the next upgrade installs Redis on this host again")
    );
    assert_eq!(switch(&gone, "SANDBOX_ENABLE_REDIS: off\n"), told("false, as in the files"));
    for wrong in ["true", "'false'"] {
        let said = wrong.trim_matches('\'');
        let text = format!("{said}, but the files need SANDBOX_ENABLE_REDIS: false");
        assert_eq!(switch(&gone, &format!("SANDBOX_ENABLE_REDIS: {wrong}\n")), told(&text));
    }
    let here = [queue("queue:6379"), setting(Layer::Redis, "ecommerce.yml", "BROKER_URL", &["172.31.5.1:6379"])];
    assert_eq!(switch(&here, "SANDBOX_ENABLE_REDIS: false\n"), told("false, but Redis on this host is still in use"));
    assert_eq!(
        switch(&here, "EDXAPP_REDIS_HOSTNAME: queue\n"),
        Some("EDXAPP_REDIS_HOSTNAME: queue, as in the files".to_owned())
    );
}

#[test]
fn the_search_index_has_a_variable_for_all_of_it_too() {
    let files = [setting(Layer::Elasticsearch, "lms.yml", "ELASTIC_SEARCH_CONFIG[0].host", &["search:9201"])];
    assert_eq!(
        needed(&files),
        [r#"EDXAPP_SEARCH_HOST: "search""#, "EDXAPP_SEARCH_PORT: 9201", "EDXAPP_ENABLE_ELASTIC_SEARCH: false"]
    );
    let variables = "NAME: search\nEDXAPP_ELASTIC_SEARCH_CONFIG: [{host: '{{ NAME }}', port: 9201}]\n";
    assert_eq!(
        judged(&files, variables)[..2],
        [
            "EDXAPP_ELASTIC_SEARCH_CONFIG: [search:9201], as in the files",
            "EDXAPP_ELASTIC_SEARCH_CONFIG: 9201, as in the files"
        ]
    );
}

#[test]
fn references_are_resolved_and_what_only_ansible_knows_is_unknown() {
    let files = [mysql("xqueue.yml", "db:3306")];
    let said = |text: &str| judged(&files, &format!("{text}\n")).remove(0);
    assert_eq!(said("A: '{{ B }}'\nB: db\nXQUEUE_MYSQL_HOST: '{{ A }}'"), "XQUEUE_MYSQL_HOST: db, as in the files");
    assert_eq!(said("A: d\nXQUEUE_MYSQL_HOST: '{{A}}b'"), "XQUEUE_MYSQL_HOST: db, as in the files");
    let unknown = |why: &str| format!("XQUEUE_MYSQL_HOST: {why}: what the next upgrade makes of it is not known");
    assert_eq!(said("XQUEUE_MYSQL_HOST: '{{ A }}'"), unknown("it refers to A, which this file does not set"));
    assert_eq!(said("XQUEUE_MYSQL_HOST: \"{{ A | default('db') }}\""), unknown("it is a template"));
    assert_eq!(said("XQUEUE_MYSQL_HOST: '{% if A %}db{% endif %}'"), unknown("it is a template"));
    assert_eq!(said("XQUEUE_MYSQL_HOST: !vault x"), unknown("it is encrypted with Ansible Vault"));
    let circle = unknown("its references lead in a circle, or too far");
    assert_eq!(said("A: '{{ B }}'\nB: '{{ A }}'\nXQUEUE_MYSQL_HOST: '{{ A }}'"), circle);
}

#[test]
fn references_that_multiply_come_to_an_end() {
    let files = [mysql("xqueue.yml", "db:3306")];
    let reference = |index: i32| format!("A{index}: '{}'\n", format!("{{{{ A{} }}}}", index + 1).repeat(40));
    let references: String = (0..20).map(reference).collect();
    let variables = format!("XQUEUE_MYSQL_HOST: 'x{{{{ A0 }}}}'\n{references}");
    let finding = judged(&files, &variables).remove(0);
    assert!(finding.ends_with("what the next upgrade makes of it is not known"), "{finding}");
}

#[test]
fn a_bucket_needs_class_name_and_endpoint() {
    let files = [in_bucket("lms.yml", "DEFAULT_FILE_STORAGE", Some("https://s3.internal"), "media")];
    assert_eq!(
        needed(&files),
        [
            "EDXAPP_DEFAULT_FILE_STORAGE: a class that keeps files in an object store",
            r#"EDXAPP_AWS_STORAGE_BUCKET_NAME: "media""#,
            r#"EDXAPP_ENV_EXTRA.AWS_S3_ENDPOINT_URL: "https://s3.internal""#,
        ]
    );
    let variables = "EDXAPP_DEFAULT_FILE_STORAGE: storages.backends.s3boto3.S3Boto3Storage\n\
                     EDXAPP_AWS_STORAGE_BUCKET_NAME: other\n\
                     EDXAPP_ENV_EXTRA: {AWS_S3_ENDPOINT_URL: 'https://s3.internal/'}\n";
    assert_eq!(
        judged(&files, variables),
        [
            "EDXAPP_DEFAULT_FILE_STORAGE: storages.backends.s3boto3.S3Boto3Storage, as in the files",
            r#"EDXAPP_AWS_STORAGE_BUCKET_NAME: other, but the files need EDXAPP_AWS_STORAGE_BUCKET_NAME: "media""#,
            "EDXAPP_ENV_EXTRA: https://s3.internal, as in the files",
        ]
    );
    let disk = "EDXAPP_DEFAULT_FILE_STORAGE: django.core.files.storage.FileSystemStorage\n";
    assert_eq!(
        judged(&files, disk)[0],
        "EDXAPP_DEFAULT_FILE_STORAGE: django.core.files.storage.FileSystemStorage, but the files need EDXAPP_DEFAULT_FILE_STORAGE: a class that keeps files in an object store"
    );
}

#[test]
fn a_bucket_of_its_own_is_a_member_of_a_mapping() {
    let files = [
        in_bucket("lms.yml", "DEFAULT_FILE_STORAGE", None, "media"),
        in_bucket("lms.yml", "GRADES_DOWNLOAD.STORAGE_CLASS", None, "grades"),
    ];
    assert!(needed(&files).contains(&r#"EDXAPP_GRADE_STORAGE_KWARGS.bucket: "grades""#.to_owned()));
    let bucket = |variables: &str| judged(&files, &format!("EDXAPP_AWS_STORAGE_BUCKET_NAME: media\n{variables}")).pop();
    for said in ["{bucket: grades}", "{bucket_name: grades}", "'{{ K }}'\nK: {bucket: grades}"] {
        let found = bucket(&format!("EDXAPP_GRADE_STORAGE_KWARGS: {said}\n"));
        assert_eq!(found, Some("EDXAPP_GRADE_STORAGE_KWARGS: grades, as in the files".to_owned()));
    }
    let missing = "EDXAPP_GRADE_STORAGE_KWARGS: not set: the next upgrade brings back media";
    assert_eq!(bucket(""), Some(missing.to_owned()));
    assert_eq!(bucket("EDXAPP_GRADE_STORAGE_KWARGS: {location: x}\n"), Some(missing.to_owned()));
}

#[test]
fn a_shared_mapping_beats_a_services_own_as_a_whole() {
    let files = [in_bucket("discovery.yml", "MEDIA_STORAGE_BACKEND.DEFAULT_FILE_STORAGE", None, "media")];
    let own = "DISCOVERY_MEDIA_STORAGE_BACKEND: {DEFAULT_FILE_STORAGE: a.S3Storage, AWS_STORAGE_BUCKET_NAME: media}\n";
    assert_eq!(judged(&files, own).len(), 2);
    let shared = "edx_django_service_media_storage_backend: {DEFAULT_FILE_STORAGE: a.S3Storage}\n";
    assert_eq!(
        judged(&files, &format!("{own}{shared}"))[1],
        r#"edx_django_service_media_storage_backend: null, but the files need DISCOVERY_MEDIA_STORAGE_BACKEND.AWS_STORAGE_BUCKET_NAME: "media""#
    );
}

#[test]
fn extra_settings_replace_what_the_variables_say() {
    let files =
        [mysql("lms.yml", "db:3306"), setting(Layer::Redis, "lms.yml", "CELERY_BROKER_HOSTNAME", &["queue:6379"])];
    let variables = "EDXAPP_MYSQL_HOST: db\nEDXAPP_REDIS_HOSTNAME: queue\nEDXAPP_ENV_EXTRA:\n  ";
    assert_eq!(
        judged(&files, &format!("{variables}CELERY_BROKER_HOSTNAME: old\n"))[1],
        r#"EDXAPP_ENV_EXTRA: old, but the files need EDXAPP_REDIS_HOSTNAME: "queue""#
    );
    assert_eq!(
        judged(&files, &format!("{variables}DATABASES: {{other: {{HOST: x}}}}\n"))[0],
        "EDXAPP_ENV_EXTRA: it replaces DATABASES as a whole: what the next upgrade makes of it is not known"
    );
}

#[test]
fn without_a_release_the_kind_of_queue_tells_the_variable() {
    let queue = |layer, server| {
        let settings = [setting(layer, "lms.yml", "CELERY_BROKER_HOSTNAME", &[server])];
        let record = expected_record(None, &settings, &here());
        assert_eq!(record.unrecordable, []);
        record.needed().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(queue(Layer::Redis, "queue:6379"), [r#"EDXAPP_REDIS_HOSTNAME: "queue""#, "SANDBOX_ENABLE_REDIS: false"]);
    assert_eq!(
        queue(Layer::RabbitMq, "queue:5672"),
        [r#"EDXAPP_RABBIT_HOSTNAME: "queue""#, "SANDBOX_ENABLE_RABBITMQ: false"]
    );
}

#[test]
fn files_that_the_release_does_not_read_need_nothing() {
    let unread = DataSetting { is_read: false, ..mysql("lms.yml", "db:3306") };
    let memcached = setting(Layer::Memcached, "lms.yml", "CACHES.default.LOCATION", &["cache:11211"]);
    let record = record(&[unread, memcached]);
    assert!(record.variables.is_empty() && record.unrecordable.is_empty());
}
