//! Where uploaded files and reports are kept: in a folder, or in an object store.
//!
//! What is state counts, that is what one server writes and another has to find: media, grade and course reports,
//! images of profiles and videos, transcripts, certificates, files that students hand in, courses on their way in and
//! out of Studio, and what XBlocks write (`DJFS`). What does not: `STATICFILES_STORAGE` and `STATIC_ROOT*`, which every
//! server renders from its own code; themes; `LOG_DIR`; `DATA_DIR`, `GITHUB_REPO_ROOT` and the module store's
//! `fs_root`, which hold checkouts and scratch files of imports; `XBLOCK_FS_STORAGE_*`, which `DJFS` repeats; CDNs.

use std::path::PathBuf;

use lossless_yaml::Node;

use super::find::{File, Place};
use super::url::{self, Url};
use super::{DataAddress, DataPlace, DataSetting, Layer, text, value};
use crate::release::Release;

/// What Django takes where nothing is set.
const DISK: &str = "django.core.files.storage.FileSystemStorage";
/// The backend that the older settings mean by `s3`.
const S3: &str = "storages.backends.s3boto.S3BotoStorage";

/// A class of Django, and what it is told.
#[derive(Clone, Copy)]
struct Storage<'t> {
    class: &'t str,
    location: Option<&'t str>,
    bucket: Option<&'t str>,
    endpoint: Option<&'t str>,
}

/// The settings of files in a mapping.
pub fn find(file: &File<'_>, settings: Place<'_, '_>, found: &mut Vec<DataSetting>) {
    default_storage(file, settings, found);
    if !settings.path.is_root() {
        return;
    }
    // Without a class of its own, edx-val takes the default one with these arguments.
    for name in ["VIDEO_IMAGE_SETTINGS", "VIDEO_TRANSCRIPTS_SETTINGS"] {
        in_mapping(settings, name, |mapping| by_class(file, mapping, "STORAGE_CLASS", "STORAGE_KWARGS", found));
    }
    in_mapping(settings, "PROFILE_IMAGE_BACKEND", |mapping| by_class(file, mapping, "class", "options", found));
    // Without a class these are kept in the cache only, unless an operator switched that in the database.
    in_mapping(settings, "BLOCK_STRUCTURES_SETTINGS", |mapping| {
        if mapping.get("STORAGE_CLASS").is_some() {
            by_class(file, mapping, "STORAGE_CLASS", "STORAGE_KWARGS", found);
        }
    });
    in_mapping(settings, "GRADES_DOWNLOAD", |mapping| reports(file, mapping, true, found));
    // The reports of the shop, which Koa no longer has.
    let has_shop = file.release.is_none_or(|release| release <= Release::Juniper);
    in_mapping(settings, "FINANCIAL_REPORTS", |mapping| reports(file, mapping, has_shop, found));
    in_mapping(settings, "DJFS", |mapping| of_xblocks(file, mapping, found));
    in_mapping(settings, "VIDEO_UPLOAD_PIPELINE", |mapping| bucket(file, mapping, "BUCKET", found));
    for key in ["COURSE_IMPORT_EXPORT_STORAGE", "USER_TASKS_ARTIFACT_STORAGE", "COURSE_METADATA_EXPORT_STORAGE"] {
        if settings.get(key).is_some() {
            by_class(file, settings, key, "", found);
        }
    }
    // Studio takes the default storage where this is empty.
    bucket(file, settings, "COURSE_IMPORT_EXPORT_BUCKET", found);
    handed_in(file, settings, found);
    certificates(file, settings, found);
}

fn in_mapping<'a>(settings: Place<'_, 'a>, name: &str, mut then: impl FnMut(Place<'_, 'a>)) {
    if let Some(node) = settings.get(name) {
        let path = settings.key(name);
        let mapping = node.follow();
        if mapping.kind() == lossless_yaml::Kind::Mapping {
            then(Place { path: &path, mapping, line: node.line() });
        }
    }
}

/// `DEFAULT_FILE_STORAGE` outside of every mapping, as LMS, Studio and xqueue have it, or in `MEDIA_STORAGE_BACKEND`
/// and `REPORT_DOWNLOAD_BACKEND`, as the other services do.
fn default_storage(file: &File<'_>, settings: Place<'_, '_>, found: &mut Vec<DataSetting>) {
    let key = "DEFAULT_FILE_STORAGE";
    let Some(node) = settings.get(key) else { return };
    let own = |key| value::text_or_none(settings.get(key));
    let place = match value::text(Some(node)) {
        Ok(None) => return,
        Ok(Some(class)) => file.place(Storage {
            class,
            location: own("MEDIA_ROOT").or_else(|| file.top("MEDIA_ROOT")),
            bucket: own("AWS_STORAGE_BUCKET_NAME").or_else(|| file.default_bucket()).or_else(|| own("UPLOAD_BUCKET")),
            endpoint: own("AWS_S3_ENDPOINT_URL"),
        }),
        Err(why) => text::unknown(why),
    };
    found.push(file.setting(Layer::Files, &settings.key(key), node.line(), vec![place]));
}

/// A class under a key of its own, and its arguments under another.
fn by_class(file: &File<'_>, settings: Place<'_, '_>, key: &str, arguments: &str, found: &mut Vec<DataSetting>) {
    let place = match value::text(settings.get(key)) {
        Ok(class) => {
            file.place(file.with_arguments(class.unwrap_or_else(|| file.default_class()), settings.get(arguments)))
        }
        Err(why) => text::unknown(why),
    };
    found.push(file.setting(Layer::Files, &settings.key(key), settings.line_of(key), vec![place]));
}

/// A store of reports: the older `STORAGE_TYPE` goes before the class.
fn reports(file: &File<'_>, settings: Place<'_, '_>, is_used: bool, found: &mut Vec<DataSetting>) {
    let own = |key| value::text_or_none(settings.get(key));
    let kind = own("STORAGE_TYPE").map(str::to_ascii_lowercase);
    let class = match kind.as_deref() {
        Some("s3") => S3,
        Some("localfs") => DISK,
        _ => {
            by_class(file, settings, "STORAGE_CLASS", "STORAGE_KWARGS", found);
            return;
        }
    };
    let storage = Storage { class, location: own("ROOT_PATH"), bucket: own("BUCKET"), endpoint: None };
    let (key, place) = ("STORAGE_TYPE", file.place(storage));
    let mut setting = file.setting(Layer::Files, &settings.key(key), settings.line_of(key), vec![place]);
    setting.is_read &= is_used;
    found.push(setting);
}

/// What XBlocks keep with django-pyfs.
fn of_xblocks(file: &File<'_>, settings: Place<'_, '_>, found: &mut Vec<DataSetting>) {
    let own = |key| value::text_or_none(settings.get(key));
    let storage = |class| Storage { class, location: own("directory_root"), bucket: own("bucket"), endpoint: None };
    let place = match value::text(settings.get("type")) {
        Ok(None | Some("osfs")) => file.place(storage(DISK)),
        Ok(Some("s3fs")) => file.place(storage(S3)),
        Ok(Some(other)) => DataPlace {
            shown: other.to_owned(),
            address: DataAddress::Unknown("its type is neither osfs nor s3fs".to_owned()),
        },
        Err(why) => text::unknown(why),
    };
    found.push(file.setting(Layer::Files, &settings.key("type"), settings.line_of("type"), vec![place]));
}

/// The name of a bucket that is always on S3; nothing where there is none.
fn bucket(file: &File<'_>, settings: Place<'_, '_>, key: &str, found: &mut Vec<DataSetting>) {
    let place = match value::text(settings.get(key)) {
        Ok(name) if name.is_none_or(is_placeholder) => return,
        Ok(bucket) => file.place(Storage { class: S3, location: None, bucket, endpoint: None }),
        Err(why) => text::unknown(why),
    };
    found.push(file.setting(Layer::Files, &settings.key(key), settings.line_of(key), vec![place]));
}

/// What students hand in (ORA2). Its bucket has a text to be replaced as default, which means that nobody can.
fn handed_in(file: &File<'_>, settings: Place<'_, '_>, found: &mut Vec<DataSetting>) {
    let key = "ORA2_FILEUPLOAD_BACKEND";
    let own = |key| value::text_or_none(settings.get(key));
    let storage = |class, location| Storage { class, location, bucket: None, endpoint: None };
    let place = match own(key) {
        Some("filesystem") => file.place(storage(DISK, own("ORA2_FILEUPLOAD_ROOT"))),
        Some("django") => file.place(file.with_arguments(file.default_class(), None)),
        None | Some("s3") => return bucket(file, settings, "FILE_UPLOAD_STORAGE_BUCKET_NAME", found),
        Some(other) => DataPlace {
            shown: other.to_owned(),
            address: DataAddress::Unknown("it is not known where this backend keeps files".to_owned()),
        },
    };
    found.push(file.setting(Layer::Files, &settings.key(key), settings.line_of(key), vec![place]));
}

/// Certificates as PDF, which the certs service makes (Hawthorn to Lilac).
fn certificates(file: &File<'_>, settings: Place<'_, '_>, found: &mut Vec<DataSetting>) {
    if value::is_true(settings.get("S3_UPLOAD")) {
        bucket(file, settings, "CERT_BUCKET", found);
    }
    let key = "CERT_WEB_ROOT";
    if value::is_true(settings.get("COPY_TO_WEB_ROOT")) && settings.get(key).is_some() {
        let place = match value::text(settings.get(key)) {
            Ok(location) => file.place(Storage { class: DISK, location, bucket: None, endpoint: None }),
            Err(why) => text::unknown(why),
        };
        found.push(file.setting(Layer::Files, &settings.key(key), settings.line_of(key), vec![place]));
    }
}

impl File<'_> {
    fn default_class(&self) -> &str {
        self.top("DEFAULT_FILE_STORAGE").unwrap_or(DISK)
    }

    fn default_bucket(&self) -> Option<&str> {
        self.top("AWS_STORAGE_BUCKET_NAME").filter(|name| !is_placeholder(name))
    }

    /// A class with its arguments, and where it has none the settings that django-storages and Django take instead.
    fn with_arguments<'t>(&'t self, class: &'t str, arguments: Option<Node<'t>>) -> Storage<'t> {
        let argument = |key| value::text_or_none(arguments.and_then(|arguments| arguments.get(key)));
        Storage {
            class,
            location: argument("location").or_else(|| self.top("MEDIA_ROOT")),
            bucket: argument("bucket").or_else(|| argument("bucket_name")).or_else(|| self.default_bucket()),
            endpoint: argument("endpoint_url"),
        }
    }

    fn place(&self, storage: Storage<'_>) -> DataPlace {
        let class = storage.class.to_ascii_lowercase();
        if class.contains("s3") {
            return self.in_store(storage);
        }
        // OverwriteStorage, for images of profiles, is a file system's, too.
        if class.ends_with("filesystemstorage") || class.ends_with("overwritestorage") {
            let folder = storage.location.unwrap_or_default();
            let shown = if folder.is_empty() { storage.class } else { folder };
            return DataPlace { shown: shown.to_owned(), address: DataAddress::Folder(PathBuf::from(folder)) };
        }
        let why = "it is not known where this class keeps files".to_owned();
        DataPlace { shown: storage.class.to_owned(), address: DataAddress::Unknown(why) }
    }

    fn in_store(&self, storage: Storage<'_>) -> DataPlace {
        let Some(bucket) = storage.bucket.filter(|name| !is_placeholder(name)) else {
            let why = "it keeps files in an object store, but no setting names the bucket".to_owned();
            return DataPlace { shown: storage.class.to_owned(), address: DataAddress::Unknown(why) };
        };
        let endpoint = storage.endpoint.or_else(|| self.top("AWS_S3_ENDPOINT_URL")).map(str::to_owned);
        match endpoint.or_else(|| self.boto_host()).map(|text| shown_endpoint(&text)).transpose() {
            Ok(endpoint) => DataPlace {
                shown: bucket.to_owned(),
                address: DataAddress::ObjectStore { endpoint, bucket: bucket.to_owned() },
            },
            Err(place) => place,
        }
    }

    /// The first boto, which releases up to Juniper have, is given a host.
    fn boto_host(&self) -> Option<String> {
        let host = self.top("AWS_S3_HOST").filter(|host| !host.ends_with(".amazonaws.com"))?;
        Some(format!("https://{host}"))
    }
}

/// An endpoint without user, password and path.
fn shown_endpoint(text: &str) -> Result<String, DataPlace> {
    match Url::read(text) {
        Ok(url) if matches!(url.scheme.as_str(), "http" | "https") => Ok(format!("{}://{}", url.scheme, url.authority)),
        Ok(url) => Err(url.unknown("its endpoint is neither http nor https")),
        Err(why) => Err(url::unreadable(text, why)),
    }
}

/// The roles' default is a sentence.
fn is_placeholder(name: &str) -> bool {
    name.starts_with("SET-ME-PLEASE")
}
