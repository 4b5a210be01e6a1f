//! Where each layer's data is, and whether what keeps it answers: servers as they are, and as they should not be.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod common;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use ansible_protocol::{Value, json};
use common::Run;
use common::daemon::free_port;
use common::daemons::{mariadb, memcached, rabbitmq, redis, redis_with_tls};
use common::loopback::Loopback;
use common::mongod::mongod;
use common::scripted;
use common::tree::{Tree, any_memcached, counted_memcached};
use common::web::{Web, json_page, page, web};

const ANOTHER_PROGRAM: &str = "check the host and the port: another program listens there";
const NOT_RUNNING: &str = "check that the server runs there, that it listens on this address and port, and that no firewall is in \
                           between";

fn at(port: u16) -> String {
    format!("127.0.0.1:{port}")
}

fn closed() -> String {
    at(free_port())
}

fn place_of(web: &Web) -> String {
    web.url("").trim_start_matches("http://").to_owned()
}

fn elasticsearch() -> Web {
    web(|_| {
        json_page(
            200,
            &json!({"cluster_name": "edx", "version": {"number": "7.17.9"}, "tagline": "You Know, for Search"}),
        )
    })
}

/// An S3 store with the bucket `uploads`, which lets nobody in.
fn s3() -> Web {
    web(|target| {
        let xml = |status, code: &str| page(status, "application/xml", &format!("<Error><Code>{code}</Code></Error>"));
        if target.starts_with("/uploads?") { xml(403, "AccessDenied") } else { xml(404, "NoSuchBucket") }
    })
}

/// Name, subject, status and what was seen of the checks of some layers.
fn told<'a>(run: &'a Run, layer: &str) -> Vec<(&'a str, &'a str, &'a str, &'a str)> {
    let text = |check: &'a Value, key: &str| check[key].as_str().unwrap();
    run.checks()
        .iter()
        .filter(|check| check["name"].as_str().unwrap().starts_with(layer))
        .map(|check| (text(check, "name"), text(check, "subject"), text(check, "status"), text(check, "seen")))
        .collect()
}

/// The layer as `status` has it.
fn status<'a>(run: &'a Run, layer: &str) -> &'a Value {
    run.result["status"]["layers"].as_array().unwrap().iter().find(|status| status["layer"] == layer).unwrap()
}

/// The one thing that is wrong, with its words and its advice.
#[track_caller]
fn assert_fault(run: &Run, name: &str, subject: &str, seen: &str, advice: &str) {
    run.assert_only(&[&format!("{name} {subject}")], &[]);
    assert_eq!(run.about(name, subject), ("failed", seen, advice));
}

#[test]
fn every_layer_on_this_server_that_answers_passes() {
    let (Some(mysql), Some(redis), Some(memcached)) = (mariadb(&[]), redis(&[]), memcached(&[])) else { return };
    let Some(rabbitmq) = rabbitmq() else { return };
    let (mongodb, search, store) = (mongod(9, "4.4.29", true, Vec::new()), elasticsearch(), s3());
    let tree = Tree::new(&at(memcached.port))
        .mysql(&at(mysql.port))
        .mongodb(&at(mongodb))
        .redis(&at(redis.port))
        .rabbitmq(&at(rabbitmq.port))
        .search(&place_of(&search))
        .store(&place_of(&store), "uploads");
    // It has users of its own host by the socket, and none by TCP.
    let seen =
        "MySQL turns this client away: Host '127.0.0.1' is not allowed to connect to this MariaDB server (error 1130)";
    let advice = "no user may come from this host: create the platform's users for its address \
                  ('edxapp001'@'172.31.%'), with the same rights";
    assert_fault(&tree.verify(&json!({})), "mysql.answers", &at(mysql.port), seen, advice);

    mysql.sql("CREATE USER 'edxapp001'@'%' IDENTIFIED BY 'pw-mysql'");
    let run = tree.verify(&json!({}));
    run.assert_only(&[], &[]);
    for (layer, answer) in [
        ("mysql", "MariaDB "),
        ("mongodb", "MongoDB 4.4.29, asks for a password"),
        ("memcached", "memcached 1."),
        ("redis", "Redis "),
        ("rabbitmq", "RabbitMQ "),
    ] {
        let layers = status(&run, layer);
        assert_eq!((&layers["place"], &layers["is_recorded"]), (&json!("local"), &Value::Null), "{layer}");
        let endpoint = &layers["endpoints"][0];
        assert_eq!((&endpoint["scope"], &endpoint["answers"]), (&json!("local"), &json!(true)), "{layer}");
        let told = endpoint["told"].as_str().unwrap();
        assert!(told.starts_with(answer), "{layer}: {told}");
    }
    let searching = place_of(&search);
    let seen = format!(
        "on this server: {searching} at lms.yml ELASTIC_SEARCH_CONFIG[0].host, studio.yml \
         ELASTIC_SEARCH_CONFIG[0].host, forum_env SEARCH_SERVER"
    );
    assert_eq!(
        told(&run, "elasticsearch"),
        [
            ("elasticsearch.place", "Elasticsearch", "ok", seen.as_str()),
            ("elasticsearch.answers", searching.as_str(), "ok", "Elasticsearch 7.17.9, asks for no password"),
        ]
    );
    let seen = "on this server: uploads at lms.yml DEFAULT_FILE_STORAGE, studio.yml DEFAULT_FILE_STORAGE";
    assert_eq!(
        told(&run, "files"),
        [("files.place", "files", "ok", seen), ("files.answers", "uploads", "ok", "an S3 store, the bucket is there"),]
    );
    assert_eq!(run.result["readiness"]["ready"], json!(false), "it is all here");
}

#[test]
fn a_server_that_is_down_fails_in_each_layer() {
    let place = closed();
    let url = format!("amqp://{place}");
    let memcached = any_memcached();
    let new = || Tree::new(&memcached);
    for (tree, name, subject) in [
        (new().mysql(&place), "mysql.answers", place.as_str()),
        (new().mongodb(&place), "mongodb.answers", place.as_str()),
        (Tree::new(&place), "memcached.answers", place.as_str()),
        (new().redis(&place), "redis.answers", place.as_str()),
        (new().rabbitmq(&place), "rabbitmq.answers", url.as_str()),
    ] {
        let seen = "cannot connect: Connection refused (os error 111)";
        assert_fault(&tree.verify(&json!({})), name, subject, seen, NOT_RUNNING);
    }
    let advice = "check that Elasticsearch runs there, that it listens on this address and port, and that no firewall is in between";
    let seen = "cannot connect: Connection refused (os error 111)";
    assert_fault(&new().search(&place).verify(&json!({})), "elasticsearch.answers", &place, seen, advice);
    let advice = "check the store's address, the route to it (a VPC endpoint, a NAT), and its certificate";
    assert_fault(&new().store(&place, "uploads").verify(&json!({})), "files.answers", "uploads", seen, advice);
}

#[test]
fn another_protocol_on_the_port_is_called_by_its_name() {
    let memcached = any_memcached();
    let new = || Tree::new(&memcached);
    let http = at(scripted::leaving("HTTP/1.1 400 Bad Request\r\n\r\n<html>"));
    let early_http = at(scripted::speaking("HTTP/1.1 408 Request Timeout\r\n\r\n"));
    let words = "(\"HTTP/1.1 400 Bad Request\")";
    let early = "(\"HTTP/1.1 408 Request Timeout\")";
    let url = format!("amqp://{http}");
    for (tree, name, subject, seen) in [
        (
            new().mysql(&early_http),
            "mysql.answers",
            early_http.as_str(),
            format!("the port speaks HTTP {early}, not MySQL"),
        ),
        (new().mongodb(&http), "mongodb.answers", http.as_str(), format!("the port speaks HTTP {words}, not MongoDB")),
        (Tree::new(&http), "memcached.answers", http.as_str(), format!("the port speaks HTTP {words}, not memcached")),
        (new().redis(&http), "redis.answers", http.as_str(), format!("the port speaks HTTP {words}, not Redis")),
        (
            new().rabbitmq(&http),
            "rabbitmq.answers",
            url.as_str(),
            format!("the port speaks HTTP {words}, not AMQP 0-9-1"),
        ),
    ] {
        assert_fault(&tree.verify(&json!({})), name, subject, &seen, ANOTHER_PROGRAM);
    }
}

#[test]
fn a_mysql_where_redis_should_be_is_called_by_its_name() {
    let Some(mysql) = mariadb(&[]) else { return };
    let (memcached, place) = (any_memcached(), at(mysql.port));
    let run = Tree::new(&memcached).redis(&place).verify(&json!({}));
    assert_fault(&run, "redis.answers", &place, "the port speaks MySQL, not Redis", ANOTHER_PROGRAM);
    let run = Tree::new(&place).verify(&json!({}));
    assert_fault(&run, "memcached.answers", &place, "the port speaks MySQL, not memcached", ANOTHER_PROGRAM);
}

#[test]
fn tls_on_a_port_that_the_settings_take_for_a_plain_one() {
    let Some(redis) = redis_with_tls() else { return };
    let place = at(redis.port);
    let run = Tree::new(&any_memcached()).redis(&place).verify(&json!({}));
    let advice = "turn on TLS in the platform's settings for this server, or give its port without TLS";
    assert_fault(&run, "redis.answers", &place, "the port speaks TLS, not Redis", advice);

    let mut tree = Tree::new(&any_memcached()).redis(&place);
    tree.edxapp["CELERY_BROKER_USE_SSL"] = json!(true);
    let run = tree.verify(&json!({}));
    run.assert_only(&[], &[]);
    assert_eq!(run.about("redis.answers", &place), ("ok", "TLS, behind which Redis was not asked", ""));
}

#[test]
fn a_server_that_says_nothing_drips_or_never_ends_is_told_within_its_time() {
    const SLOW: &str =
        "see the server's log: it may be starting, stopping or overloaded; and check that the port is its own";
    let memcached = any_memcached();
    let new = || Tree::new(&memcached);
    let start = Instant::now();
    let silent = at(scripted::silent());
    let run = new().mysql(&silent).redis(&silent).verify(&json!({"timeout": 1}));
    run.assert_only(&[&format!("mysql.answers {silent}"), &format!("redis.answers {silent}")], &[]);
    let skip = "check that the port is its own; a server that looks up its clients' names in vain is late too: \
                skip_name_resolve turns that off";
    let seen = "no greeting within 1s, and a MySQL server speaks first";
    assert_eq!(run.about("mysql.answers", &silent), ("failed", seen, skip));
    assert_eq!(run.about("redis.answers", &silent), ("failed", "no answer within 1s", SLOW));

    let dripping = at(scripted::dripping("+PONG never to end"));
    let run = new().redis(&dripping).verify(&json!({"timeout": 1}));
    assert_fault(&run, "redis.answers", &dripping, "no whole answer within 1s", SLOW);

    let endless = at(scripted::endless("x".repeat(1000)));
    let run = new().redis(&endless).verify(&json!({"timeout": 5}));
    let (status, seen, advice) = run.about("redis.answers", &endless);
    assert_eq!((status, advice), ("failed", ANOTHER_PROGRAM));
    assert!(seen.starts_with("the answer is not Redis's (") && seen.len() < 300, "{seen}");

    let endless = common::web::endless("HTTP/1.1 200 OK\r\n\r\n", "{{{{{{{{", Duration::ZERO);
    let run = new().search(&place_of(&endless)).verify(&json!({"timeout": 5}));
    let (status, seen, advice) = run.about("elasticsearch.answers", &place_of(&endless));
    assert_eq!((status, advice), ("failed", ANOTHER_PROGRAM));
    assert!(seen.starts_with("the port speaks HTTP (\"status 200: {{{") && seen.len() < 300, "{seen}");
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn an_http_server_that_is_no_elasticsearch() {
    let site = web(|_| page(200, "text/html", "<title>Welcome to nginx!</title>"));
    let run = Tree::new(&any_memcached()).search(&place_of(&site)).verify(&json!({}));
    let seen = "the port speaks HTTP (\"status 200: <title>Welcome to nginx!</title>\"), not Elasticsearch's HTTP";
    assert_fault(&run, "elasticsearch.answers", &place_of(&site), seen, ANOTHER_PROGRAM);
    assert!(site.requests()[0].starts_with("GET / HTTP/1.1\r\n"), "and it was asked for nothing else");
    assert_eq!(site.requests().len(), 1);
}

#[test]
fn a_bucket_that_is_not_there_and_one_that_everybody_may_list() {
    let store = s3();
    let run = Tree::new(&any_memcached()).store(&place_of(&store), "upload").verify(&json!({}));
    let advice = "create the bucket, or correct its name";
    assert_fault(&run, "files.answers", "upload", "an S3 store, in which there is no such bucket", advice);
    assert!(store.requests()[0].starts_with("GET /upload?max-keys=0 HTTP/1.1\r\n"), "{:?}", store.requests());

    let open = web(|_| page(200, "application/xml", "<ListBucketResult></ListBucketResult>"));
    let run = Tree::new(&any_memcached()).store(&place_of(&open), "uploads").verify(&json!({}));
    run.assert_only(&[], &["files.answers uploads"]);
    let seen: Vec<&str> = told(&run, "files.answers").iter().map(|(.., seen)| *seen).collect();
    assert_eq!(seen, ["an S3 store, the bucket is there", "everybody may list what is in it"]);

    for (status, body, seen, advice) in [
        (200, "<h1>It works!</h1>", "status 200, and not in an S3 store's words", "check the store's address"),
        (503, "<Error><Code>SlowDown</Code></Error>", "an S3 store, out of order (status 503)", "try again later"),
    ] {
        let other = web(move |_| page(status, "text/html", body));
        let run = Tree::new(&any_memcached()).store(&place_of(&other), "uploads").verify(&json!({}));
        assert_fault(&run, "files.answers", "uploads", seen, advice);
    }
}

#[test]
fn a_folder_has_nobody_to_ask() {
    let run = Tree::new(&any_memcached()).folder("/edx/var/edxapp/media").verify(&json!({}));
    run.assert_only(&[], &[]);
    let seen = "on this server: /edx/var/edxapp/media at lms.yml DEFAULT_FILE_STORAGE, studio.yml DEFAULT_FILE_STORAGE";
    assert_eq!(told(&run, "files"), [("files.place", "files", "ok", seen)]);
}

#[test]
fn layers_that_nothing_uses_are_told_only_where_somebody_expects_them_elsewhere() {
    let run = Tree::new(&any_memcached()).verify(&json!({}));
    run.assert_only(&[], &[]);
    let layers = ["mysql", "mongodb", "redis", "rabbitmq", "elasticsearch", "files"];
    for layer in layers {
        assert_eq!(told(&run, layer), [], "{layer}");
        assert_eq!(status(&run, layer)["place"], "unused");
    }
}

const MOVE: &str =
    "point these settings at the server that keeps it, record that in server-vars.yml, and restart their services";

#[test]
fn a_layer_that_should_have_left_and_is_here_fails_and_one_that_has_left_passes() {
    let options = |layers: &[&str]| json!({"connect": false, "expect_remote": layers});
    let moved = || Tree::new("172.31.5.10:11211").mysql("172.31.5.20:3306").redis("172.31.5.30:6379");
    let run = moved().verify(&options(&["mysql", "redis", "memcached"]));
    run.assert_only(&[], &[]);
    let seen = "elsewhere: 172.31.5.30:6379 at lms.yml CELERY_BROKER_HOSTNAME, studio.yml CELERY_BROKER_HOSTNAME";
    assert_eq!(run.about("redis.place", "Redis"), ("ok", seen, ""));
    assert_eq!(run.about("redis.address", "172.31.5.30:6379"), ("ok", "a private address", ""));

    let run = moved().mysql("127.0.0.1:3306").verify(&options(&["mysql", "redis", "memcached"]));
    let seen = "still on this server: 127.0.0.1 at ecommerce.yml DATABASES.default.HOST, lms.yml DATABASES.default.HOST, lms.yml \
                DATABASES.read_replica.HOST and 2 more";
    assert_fault(&run, "mysql.place", "MySQL", seen, MOVE);

    let run = moved().mysql("127.0.0.1:3306").verify(&options(&["redis", "memcached"]));
    run.assert_only(&[], &[]);

    let here = Tree::new("localhost:11211").mysql("172.31.5.20:3306");
    let run = here.verify(&options(&["memcached"]));
    let seen = "still on this server: localhost:11211 at ecommerce.yml CACHES.default.LOCATION, lms.yml CACHES.default.LOCATION, \
                studio.yml CACHES.default.LOCATION";
    let advice = "move it with playbooks/migrate_memcached.yml";
    assert_fault(&run, "memcached.place", "memcached", seen, advice);
}

#[test]
fn half_of_a_move_warns_and_fails_where_all_of_it_is_expected() {
    let mut tree = Tree::new("172.31.5.10:11211").mysql("172.31.5.20:3306");
    tree.ecommerce["DATABASES"]["default"]["HOST"] = json!("localhost");
    let seen = "partly on this server: localhost at ecommerce.yml DATABASES.default.HOST; partly elsewhere: 172.31.5.20 at lms.yml \
                DATABASES.default.HOST, lms.yml DATABASES.read_replica.HOST, studio.yml DATABASES.default.HOST and 1 more";
    let advice = format!("half of a move is worse than none: {MOVE}");
    let run = tree.verify(&json!({"connect": false}));
    run.assert_only(&[], &["mysql.place MySQL"]);
    assert_eq!(run.about("mysql.place", "MySQL"), ("warning", seen, advice.as_str()));
    assert_eq!(status(&run, "mysql")["place"], "mixed");
    let run = tree.verify(&json!({"connect": false, "expect_remote": ["mysql"]}));
    assert_fault(&run, "mysql.place", "MySQL", seen, &advice);
}

#[test]
fn without_connect_nobody_is_asked() {
    let (memcached, connections) = counted_memcached();
    let tree = Tree::new(&memcached);
    tree.verify(&json!({}));
    assert_eq!(connections.load(Ordering::SeqCst), 1);
    let run = tree.server.verify_with(&json!({"layers": true, "connect": false}));
    assert_eq!(connections.load(Ordering::SeqCst), 1, "not a second time");
    run.assert_only(&[], &[]);
    let seen = "not asked, as only files were to be read";
    assert_eq!(run.about("memcached.answers", &memcached), ("skipped", seen, ""));
    assert_eq!(status(&run, "memcached")["endpoints"][0]["answers"], Value::Null);
}

#[test]
fn a_public_address_fails_and_is_never_connected_to() {
    let from = Arc::new(Loopback::with("db.example.org", "198.51.100.7"));
    let tree = Tree::new(&any_memcached()).mysql("198.51.100.7:3306").redis("db.example.org:6379");
    let run = tree.verify_from(&from, &json!({}));
    run.assert_only(&["mysql.address 198.51.100.7", "redis.address db.example.org:6379"], &[]);
    let advice = "give the server a private address, or, where a firewall admits the application servers only, say so with \
                  allow_public";
    let seen = "a public address: 198.51.100.7";
    assert_eq!(run.about("mysql.address", "198.51.100.7"), ("failed", "a public address", advice));
    assert_eq!(run.about("redis.address", "db.example.org:6379"), ("failed", seen, advice));
    let seen = "not asked, as its address is public";
    assert_eq!(run.about("mysql.answers", "198.51.100.7"), ("skipped", seen, ""));
    assert_eq!(run.about("redis.answers", "db.example.org:6379"), ("skipped", seen, ""));
    assert_eq!(from.asked().len(), 1, "only the memcached: {:?}", from.asked());
    assert_eq!(status(&run, "mysql")["endpoints"][0]["scope"], "public");

    let run = tree.verify_from(&from, &json!({"allow_public": true, "connect": false}));
    run.assert_only(&[], &["mysql.address 198.51.100.7", "redis.address db.example.org:6379"]);
    let advice = "only a firewall protects it: see that it does, with 'exposure'";
    assert_eq!(run.about("mysql.address", "198.51.100.7"), ("warning", "a public address", advice));
}

#[test]
fn a_name_that_nothing_resolves_fails_and_its_place_cannot_be_told() {
    let from = Arc::new(Loopback::default());
    let run = Tree::new(&any_memcached()).redis("redis.example.org:6379").verify_from(&from, &json!({}));
    run.assert_only(&["redis.answers redis.example.org:6379"], &["redis.place Redis"]);
    let seen = "this host does not resolve the name: Name or service not known";
    let advice = "check DNS and /etc/hosts, or give an address";
    assert_eq!(run.about("redis.answers", "redis.example.org:6379"), ("failed", seen, advice));
    let seen = "it cannot be told where: redis.example.org:6379 at lms.yml CELERY_BROKER_HOSTNAME, studio.yml CELERY_BROKER_HOSTNAME";
    let advice = "see what these settings say, and whether this server resolves the names in them";
    assert_eq!(run.about("redis.place", "Redis"), ("warning", seen, advice));
}

#[test]
fn a_name_of_this_server_is_local_and_one_of_a_private_address_elsewhere() {
    let Some(redis) = redis(&[]) else { return };
    let place = format!("redis.example.org:{}", redis.port);
    let from = Arc::new(Loopback::with("redis.example.org", "127.0.0.1"));
    let run = Tree::new(&any_memcached()).redis(&place).verify_from(&from, &json!({}));
    run.assert_only(&[], &[]);
    assert_eq!(status(&run, "redis")["place"], "local");

    let from = Arc::new(Loopback::with("redis.example.org", "172.31.5.30"));
    let run = Tree::new(&any_memcached()).redis(&place).verify_from(&from, &json!({"connect": false}));
    assert_eq!(run.about("redis.address", &place), ("ok", "a private address: 172.31.5.30", ""));
    assert_eq!(status(&run, "redis")["place"], "remote");
}

#[test]
fn a_setting_that_cannot_be_understood_is_told_and_not_asked() {
    let mut tree = Tree::new(&any_memcached());
    tree.ecommerce["BROKER_URL"] = json!("redis://:pw-with/slash@172.31.5.30:6379/0");
    let run = tree.verify(&json!({}));
    run.assert_only(&[], &["redis.place Redis"]);
    let seen = "it cannot be told where: redis://... (it has an @ after a /, ? or #, so that its password cannot be told from its \
                host: write these characters of a password as %40, %2F, %3F and %23) at ecommerce.yml BROKER_URL";
    assert_eq!(run.about("redis.place", "Redis").1, seen);
    let seen = "not asked, as it cannot be told where it is";
    assert_eq!(run.about("redis.answers", "redis://..."), ("skipped", seen, ""));
    let run = tree.verify(&json!({"expect_remote": ["redis"]}));
    run.assert_only(&["redis.place Redis"], &[]);
}

#[test]
fn a_file_that_cannot_be_read_fails_and_makes_the_status_incomplete() {
    let tree = Tree::new(&any_memcached());
    let run = tree.verify(&json!({}));
    assert_eq!(run.result["status"]["is_complete"], json!(true));
    tree.server.write("edx/etc/xqueue.yml", "DATABASES: {default: {PASSWORD: pw-mysql\n");
    let path = tree.server.shown("edx/etc/xqueue.yml");
    let run = tree.verify(&json!({}));
    run.assert_only(&[&format!("edx_etc.readable {path}")], &[]);
    let advice = "its service may fail at it when it next starts: correct the file, or restore a backup";
    assert_eq!(run.about("edx_etc.readable", &path).2, advice);
    assert_eq!(run.result["status"]["is_complete"], json!(false));
    let name = run.result["status"]["host"].as_str().unwrap();
    let says = format!("Not every file of {name} could be read, so it cannot be said what else is on it.");
    assert_eq!(run.result["readiness"]["blockers"][0]["says"], json!(says));
}

#[test]
fn the_name_that_edx_gives_memcached_by_default_is_no_fault_of_a_fresh_install() {
    let from = Arc::new(Loopback::default());
    let mut tree = Tree::new(&any_memcached());
    tree.ecommerce = Tree::new("memcache").ecommerce;
    let run = tree.verify_from(&from, &json!({}));
    run.assert_only(&[], &["memcached.answers memcache"]);
    let seen = "edX's default name, which nothing on a native install resolves, so nobody was asked";
    let advice = "its service does without a cache; it gets one when memcached moves (playbooks/migrate_memcached.yml)";
    assert_eq!(run.about("memcached.answers", "memcache"), ("warning", seen, advice));
    assert_eq!(status(&run, "memcached")["place"], "local");
    let blockers = run.result["readiness"]["blockers"].to_string();
    assert!(!blockers.contains("does not answer"), "{blockers}");
    assert_ne!(run.result["next_step"]["what"], "Get memcached to answer");

    // Somebody gave it an address: then it is a server as any other.
    let from = Arc::new(Loopback::with("memcache", "127.0.0.1"));
    let port = free_port();
    tree.ecommerce = Tree::new(&format!("memcache:{port}")).ecommerce;
    let run = tree.verify_from(&from, &json!({}));
    let seen = "cannot connect: Connection refused (os error 111)";
    assert_fault(&run, "memcached.answers", &format!("memcache:{port}"), seen, NOT_RUNNING);
}

#[test]
fn a_mysql_at_localhost_is_asked_by_its_socket_as_its_clients_do() {
    let Some(mysql) = mariadb(&[]) else { return };
    let real = mysql.folder.path().join("socket");
    let sockets = [("/var/run/mysqld/mysqld.sock".into(), real)].into();
    let from = Arc::new(Loopback { sockets, ..Loopback::default() });
    let place = format!("localhost:{}", free_port());
    let run = Tree::new(&any_memcached()).mysql(&place).verify_from(&from, &json!({}));
    run.assert_only(&[], &[]);
    assert!(run.about("mysql.answers", &place).1.starts_with("MariaDB "), "{}", run.result);

    // Without the socket the port has the last word, and an address is never asked by the socket.
    let seen = "cannot connect: Connection refused (os error 111)";
    let none = Arc::new(Loopback::default());
    let run = Tree::new(&any_memcached()).mysql(&place).verify_from(&none, &json!({}));
    assert_fault(&run, "mysql.answers", &place, seen, NOT_RUNNING);
    let place = place.replace("localhost", "127.0.0.1");
    let run = Tree::new(&any_memcached()).mysql(&place).verify_from(&from, &json!({}));
    assert_fault(&run, "mysql.answers", &place, seen, NOT_RUNNING);
}

#[test]
fn what_the_next_upgrade_gets_has_to_say_where_a_layer_went() {
    let tree = Tree::new("localhost:11211").redis("172.31.5.30:6379");
    let vars = json!({"connect": false, "server_vars": tree.server.path("edx/app/edx_ansible/server-vars.yml")});
    let names = ["redis.recorded EDXAPP_REDIS_HOSTNAME", "redis.recorded SANDBOX_ENABLE_REDIS"];
    let (hostname, switch) = ("EDXAPP_REDIS_HOSTNAME", "SANDBOX_ENABLE_REDIS");
    let keep = "EDXAPP_REDIS_HOSTNAME: 172.31.5.30\nSANDBOX_ENABLE_REDIS: false\n";

    tree.server.set_vars(keep);
    let run = tree.verify(&vars);
    run.assert_only(&[], &[]);
    assert_eq!(run.with("ok").iter().filter(|name| names.contains(&name.as_str())).count(), 2);
    assert_eq!(run.about("redis.recorded", hostname), ("ok", "172.31.5.30, as in the files", ""));
    assert_eq!(status(&run, "redis")["is_recorded"], json!(true));
    assert_eq!(status(&run, "memcached")["is_recorded"], Value::Null, "it is here, so there is nothing to say");

    tree.server.set_vars(&keep.replace("5.30", "5.31"));
    let run = tree.verify(&vars);
    let seen = "172.31.5.31, but the files need EDXAPP_REDIS_HOSTNAME: \"172.31.5.30\"";
    let advice = "the next upgrade moves it: write EDXAPP_REDIS_HOSTNAME: \"172.31.5.30\" into server-vars.yml, or point the files \
                  there";
    assert_fault(&run, "redis.recorded", hostname, seen, advice);
    assert_eq!(status(&run, "redis")["is_recorded"], json!(false));

    tree.server.set_vars("{}\n");
    let run = tree.verify(&vars);
    run.assert_only(&names, &[]);
    let seen = "not set: the next upgrade brings back localhost";
    let advice = "write EDXAPP_REDIS_HOSTNAME: \"172.31.5.30\" into server-vars.yml";
    assert_eq!(run.about("redis.recorded", hostname), ("failed", seen, advice));
    let seen = "not set, and true by default: the next upgrade installs Redis on this host again";
    let advice = "write SANDBOX_ENABLE_REDIS: false into server-vars.yml";
    assert_eq!(run.about("redis.recorded", switch), ("failed", seen, advice));

    // Without the option nothing is said of it.
    let run = tree.verify(&json!({"connect": false}));
    assert_eq!(status(&run, "redis")["is_recorded"], Value::Null);
}
