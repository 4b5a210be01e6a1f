//! What a native Open edX keeps where, by release.
//!
//! Facts only, no effects beyond reading: which files hold settings and which
//! release reads them, which supervisor programs must restart after a change,
//! how a memcached server is written, and which role variables reproduce what
//! stands in the files on the next upgrade. The facts were read from the
//! `open-release/*.master` branches of edx/configuration and checked against
//! renderings of those releases.

mod address;
mod brokers;
mod caches;
mod data;
mod endpoint;
mod folder;
mod record;
mod release;
mod server_vars;
mod service;
mod snapshot;
mod supervisor;
mod target;

pub use address::{AddressClass, Scope, ThisHost, classify, own_address_towards};
pub use brokers::{
    Broker, BrokerEntry, BrokerForm, BrokerValue, CannotHold, Credentials, ObservedBroker, RedisBroker, RedisServer,
    ValueKind, find_brokers, percent_encoded,
};
pub use caches::{CacheEntry, CacheKeyPrefix, Location, cache_key_prefixes, find_caches};
pub use data::{
    DataAddress, DataEntry, DataKeys, DataPlace, DataSetting, Layer, MYSQL_SOCKET, ShellFile, StoreUrl, find_data,
    find_databases, find_stores, is_shell,
};
pub use endpoint::{
    Client, DEFAULT_MEMCACHED_PORT, DEFAULT_REDIS_PORT, EDX_DEFAULT_NAME, Endpoint, EndpointError, Host, redacted,
};
pub use folder::{FolderError, Listing, Refused, RefusedReason};
pub use record::{
    ExpectedRecord, ExpectedValue, ExpectedVariable, RecordFinding, RecordState, SettingAt, Unrecordable, WhyNot,
    expected_record, judge_record,
};
pub use release::{Release, UnknownRelease};
pub use server_vars::{
    ObservedCache, Password, ServerVars, Unexpressed, UnexpressedReason, data_server_vars, redis_server_vars,
    server_vars,
};
pub use service::{EDXAPP_CACHES, MemcachedVariable, SERVICES, Service, root_of, service_of};
pub use snapshot::{
    FileError, Findings, MAX_FILE, OUTSIDE_FILES, OpenFile, ReadError, SERVER_VARS, Snapshot, SnapshotFile,
};
pub use supervisor::{configured_programs, programs_to_restart};
pub use target::{TargetError, check_target, resolve};
