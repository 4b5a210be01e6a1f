//! This host, as far as one service is about it.

use crate::drop_in::DropIn;
use crate::error::Error;
use crate::package::{Apt, Package};
use crate::programs::Programs;
use crate::service::{Manager, Service};

/// The host that a module runs on, with the service that the module is about.
#[derive(Debug)]
pub struct Here {
    programs: Programs,
    manager: Manager,
    service: String,
    lock_timeout: u64,
}

impl Here {
    /// With a service, and the seconds to wait for others that install packages.
    pub fn new(service: &str, lock_timeout: u64) -> Self {
        let programs = Programs::of_this_host();
        let manager = Manager::of_this_host(&programs);
        Self { programs, manager, service: service.to_owned(), lock_timeout }
    }

    /// The service.
    pub fn service(&self) -> Service<'_> {
        Service::new(&self.programs, self.manager, &self.service)
    }

    /// What installs packages.
    pub fn apt(&self) -> Apt<'_> {
        Apt::new(&self.programs, self.lock_timeout)
    }

    /// What is known of a package.
    pub fn package(&self, name: &'static str) -> Result<Package, Error> {
        Package::observe(&self.programs, name)
    }

    /// The service's drop-in called `name`; none without systemd.
    pub fn drop_in(&self, name: &str) -> Result<Option<DropIn>, Error> {
        let folder = self.service().unit_folder()?;
        folder.map(|folder| DropIn::read(&folder, &self.service, name)).transpose()
    }
}
