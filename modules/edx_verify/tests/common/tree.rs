//! The settings files of an application server whose every layer is where a test says.

use std::fmt::Write as _;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ansible_protocol::{Value, json};

use super::Run;
use super::loopback::{self, Loopback};
use super::scripted::server;
use super::server::Server;

/// The files; every password in them begins with `pw-`.
pub struct Tree {
    /// `/edx` below a root of its own.
    pub server: Server,
    /// What `lms.yml` and `studio.yml` hold.
    pub edxapp: Value,
    /// What `ecommerce.yml` holds.
    pub ecommerce: Value,
    /// What `forum_env` holds.
    pub forum_env: String,
}

impl Tree {
    /// LMS, Studio and ecommerce with a memcached, and nothing else: that has to be somewhere.
    pub fn new(memcached: &str) -> Self {
        let server = Server::empty();
        std::fs::create_dir_all(server.path("edx/app/forum")).unwrap();
        let caches = caches(memcached);
        Self { server, edxapp: caches.clone(), ecommerce: caches, forum_env: String::new() }
    }

    /// With the databases of all of them there.
    pub fn mysql(mut self, place: &str) -> Self {
        self.edxapp["DATABASES"] = json!({"default": database(place), "read_replica": database(place)});
        self.ecommerce["DATABASES"] = json!({"default": database(place)});
        self
    }

    /// With the module store and the discussions there.
    pub fn mongodb(mut self, place: &str) -> Self {
        let (host, port) = split(place);
        let store = json!({"host": [host], "port": port, "user": "edxapp", "password": "pw-mongo"});
        self.edxapp["DOC_STORE_CONFIG"] = store.clone();
        self.edxapp["CONTENTSTORE"] = json!({"DOC_STORE_CONFIG": store});
        let _ = writeln!(self.forum_env, "export MONGOHQ_URL=\"mongodb://forum:pw-forum@{place}/forum\"");
        self
    }

    /// With the task queue of LMS and Studio there.
    pub fn redis(mut self, place: &str) -> Self {
        self.edxapp["CELERY_BROKER_TRANSPORT"] = json!("redis");
        self.edxapp["CELERY_BROKER_HOSTNAME"] = json!(place);
        self.edxapp["CELERY_BROKER_PASSWORD"] = json!("pw-redis");
        self
    }

    /// With the task queue of ecommerce there.
    pub fn rabbitmq(mut self, place: &str) -> Self {
        self.ecommerce["BROKER_URL"] = json!(format!("amqp://celery:pw-rabbit@{place}//"));
        self
    }

    /// With the search index there.
    pub fn search(mut self, place: &str) -> Self {
        let (host, port) = split(place);
        self.edxapp["ELASTIC_SEARCH_CONFIG"] = json!([{"host": host, "port": port}]);
        let _ = writeln!(self.forum_env, "export SEARCH_SERVER=\"http://elastic:pw-search@{place}\"");
        self
    }

    /// With uploaded files in a folder.
    pub fn folder(mut self, folder: &str) -> Self {
        self.edxapp["DEFAULT_FILE_STORAGE"] = json!("django.core.files.storage.FileSystemStorage");
        self.edxapp["MEDIA_ROOT"] = json!(folder);
        self
    }

    /// With uploaded files in a bucket of a store.
    pub fn store(mut self, place: &str, bucket: &str) -> Self {
        self.edxapp["DEFAULT_FILE_STORAGE"] = json!("storages.backends.s3boto3.S3Boto3Storage");
        self.edxapp["AWS_S3_ENDPOINT_URL"] = json!(format!("http://{place}"));
        self.edxapp["AWS_STORAGE_BUCKET_NAME"] = json!(bucket);
        self.edxapp["AWS_SECRET_ACCESS_KEY"] = json!("pw-s3");
        self
    }

    /// Writes it all.
    pub fn write(&self) {
        for name in ["lms", "studio"] {
            self.server.write(&format!("edx/etc/{name}.yml"), &self.edxapp.to_string());
        }
        self.server.write("edx/etc/ecommerce.yml", &self.ecommerce.to_string());
        self.server.write("edx/app/forum/forum_env", &self.forum_env);
    }

    /// Writes it, and looks at every layer with the module's binary. Where nobody is to be asked, and the places may be
    /// anywhere, it is this process that looks, and sees to it that nobody is.
    pub fn verify(&self, options: &Value) -> Run {
        if options["connect"] == json!(false) {
            let from = Arc::new(Loopback::default());
            let run = self.verify_from(&from, options);
            assert_eq!(from.asked(), [""; 0]);
            return run;
        }
        self.write();
        self.server.verify_with(&all(json!({"layers": true}), options))
    }

    /// The same from this process, where names and sockets are the test's own.
    pub fn verify_from(&self, from: &Arc<Loopback>, options: &Value) -> Run {
        self.write();
        let own = json!({"layers": true, "release": "maple", "path": self.server.path("edx/etc")});
        loopback::run(&all(own, options), from)
    }
}

fn all(mut options: Value, others: &Value) -> Value {
    for (name, value) in others.as_object().unwrap() {
        options[name] = value.clone();
    }
    options
}

fn caches(place: &str) -> Value {
    let backend = "django.core.cache.backends.memcached.MemcachedCache";
    json!({"CACHES": {"default": {"BACKEND": backend, "KEY_PREFIX": "default", "LOCATION": [place]}}})
}

fn database(place: &str) -> Value {
    let (host, port) = split(place);
    json!({
        "ENGINE": "django.db.backends.mysql", "HOST": host, "PORT": port, "USER": "edxapp001", "PASSWORD": "pw-mysql",
    })
}

fn split(place: &str) -> (&str, u16) {
    let (host, port) = place.rsplit_once(':').unwrap();
    (host, port.parse().unwrap())
}

/// A memcached that says its version, and how many connections it had.
pub fn counted_memcached() -> (String, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&count);
    let port = server(move |stream: TcpStream| {
        seen.fetch_add(1, Ordering::SeqCst);
        answer_version(stream);
    });
    (format!("127.0.0.1:{port}"), count)
}

/// A memcached that says its version.
pub fn any_memcached() -> String {
    counted_memcached().0
}

fn answer_version(mut stream: TcpStream) {
    use std::io::{Read, Write as _};
    if stream.read(&mut [0; 64]).is_ok() {
        let _ = stream.write_all(b"VERSION 1.6.18\r\n");
        super::scripted::wait(stream);
    }
}
