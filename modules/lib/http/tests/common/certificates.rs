//! Certificates, made by openssl.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;

const SETTINGS: &str = "[ca]\ndefault_ca = own\n[own]\ndatabase = index\nnew_certs_dir = .\nrand_serial = yes\ndefault_md = sha256\n\
                        policy = any\nunique_subject = no\n[any]\ncommonName = supplied\n";

/// A certificate and its key.
#[derive(Clone)]
pub struct Certificate {
    pub path: PathBuf,
    pub key: PathBuf,
}

/// An authority of one's own. Its files go with it.
pub struct Authority {
    folder: TempDir,
    pub own: Certificate,
}

impl Authority {
    pub fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        Self::named(&format!("authority {}", COUNT.fetch_add(1, Ordering::Relaxed)))
    }

    pub fn named(name: &str) -> Self {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("settings"), SETTINGS).unwrap();
        fs::write(folder.path().join("index"), "").unwrap();
        let own = self_signed(folder.path(), name, "DNS:authority.example.org");
        Self { folder, own }
    }

    /// A certificate of it for these names (`DNS:lms.example.org,IP:10.0.0.5`; none where that is empty).
    pub fn certificate(&self, names: &str) -> Certificate {
        self.certificate_between(names, "20200101000000Z", "20991231000000Z")
    }

    pub fn certificate_between(&self, names: &str, from: &str, until: &str) -> Certificate {
        let folder = self.folder.path();
        let number = fs::read_dir(folder).unwrap().count();
        let file = |kind: &str| folder.join(format!("{number}.{kind}"));
        let (path, key, request, extensions) = (file("pem"), file("key"), file("request"), file("extensions"));
        let kinds = "basicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n";
        let names = if names.is_empty() { String::new() } else { format!("subjectAltName={names}\n") };
        fs::write(&extensions, format!("{kinds}{names}")).unwrap();
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        let (request, extensions) = (text(&request), text(&extensions));
        openssl(folder, &["req", "-new", "-subj", "/CN=localhost", "-keyout", &text(&key), "-out", &request]);
        let own = (text(&self.own.path), text(&self.own.key));
        let signing = ["ca", "-batch", "-notext", "-config", "settings", "-cert", &own.0, "-keyfile", &own.1];
        let dates = ["-startdate", from, "-enddate", until];
        let files = ["-in", &request, "-out", &text(&path), "-extfile", &extensions];
        openssl(folder, &[&signing[..], &dates, &files].concat());
        Certificate { path, key }
    }

    /// What `openssl req -x509` makes: a certificate that stands behind itself.
    pub fn self_signed(&self, names: &str) -> Certificate {
        let number = fs::read_dir(self.folder.path()).unwrap().count();
        self_signed(self.folder.path(), &number.to_string(), names)
    }

    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }
}

fn self_signed(folder: &Path, name: &str, names: &str) -> Certificate {
    let (path, key) = (folder.join(format!("{name}.pem")), folder.join(format!("{name}.key")));
    let names = format!("subjectAltName={names}");
    let subject = format!("/CN={name}");
    let (to, keyout) = (path.to_str().unwrap(), key.to_str().unwrap());
    openssl(
        folder,
        &["req", "-x509", "-days", "9", "-subj", &subject, "-addext", &names, "-keyout", keyout, "-out", to],
    );
    Certificate { path, key }
}

fn openssl(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new("openssl");
    command.current_dir(folder).args(arguments);
    if arguments[0] == "req" {
        command.args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
