//! The named releases of Open edX, in order.

use std::fmt;
use std::fs;
use std::path::Path;
use std::str::FromStr;

/// A named release of Open edX that has a native (Ansible) installation.
///
/// The order is that of publication, so `release >= Release::Juniper` reads as
/// "Juniper and everything after it".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Release {
    /// 2018.
    Hawthorn,
    /// 2019; the last one whose LMS and Studio read JSON files.
    Ironwood,
    /// 2020; the first one whose LMS and Studio read `/edx/etc/*.yml`.
    Juniper,
    /// 2020; the first one with Redis as task queue.
    Koa,
    /// 2021.
    Lilac,
    /// 2021.
    Maple,
    /// 2022.
    Nutmeg,
    /// 2022.
    Olive,
    /// 2023.
    Palm,
    /// 2023; the last one with a native installation.
    Quince,
}

/// A name that is none of the releases [`Release::ALL`] lists.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "\"{0}\" is not a release of Open edX with a native installation; these are: hawthorn, ironwood, juniper, koa, lilac, maple, nutmeg, olive, palm, quince"
)]
pub struct UnknownRelease(String);

/// Where edx-platform names its release, below the root of the file system.
pub(crate) const RELEASE_FILE: &str = "edx/app/edxapp/edx-platform/openedx/core/release.py";

impl Release {
    /// Every release, oldest first.
    pub const ALL: [Self; 10] = [
        Self::Hawthorn,
        Self::Ironwood,
        Self::Juniper,
        Self::Koa,
        Self::Lilac,
        Self::Maple,
        Self::Nutmeg,
        Self::Olive,
        Self::Palm,
        Self::Quince,
    ];

    /// The name as edx-platform writes it: lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hawthorn => "hawthorn",
            Self::Ironwood => "ironwood",
            Self::Juniper => "juniper",
            Self::Koa => "koa",
            Self::Lilac => "lilac",
            Self::Maple => "maple",
            Self::Nutmeg => "nutmeg",
            Self::Olive => "olive",
            Self::Palm => "palm",
            Self::Quince => "quince",
        }
    }

    /// The release installed below `root` (`/` on a host), as the
    /// `RELEASE_LINE` of its edx-platform checkout says.
    ///
    /// `None` where there is no checkout, or it is of no named release (its
    /// line is then "master").
    pub fn detect(root: &Path) -> Option<Self> {
        Self::of_source(&fs::read_to_string(root.join(RELEASE_FILE)).ok()?)
    }

    /// The release that the text of edx-platform's `release.py` names.
    pub fn of_source(source: &str) -> Option<Self> {
        source.lines().find_map(|line| {
            let value = line.strip_prefix("RELEASE_LINE")?.trim_start();
            let value = value.strip_prefix('=')?.trim_start();
            let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            let name = value[1..].split(quote).next()?;
            name.parse().ok()
        })
    }

    /// Whether this release's LMS and Studio read
    /// `/edx/app/edxapp/{lms,cms}.{env,auth}.json` rather than `/edx/etc`.
    ///
    /// Juniper still writes those files but no longer reads them.
    pub fn reads_edxapp_json(self) -> bool {
        self <= Self::Ironwood
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Release {
    type Err = UnknownRelease;

    /// Takes the name in any case, with or without a suffix after a dot
    /// (`hawthorn.2`, `maple.master`).
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = text.split('.').next().unwrap_or(text);
        Self::ALL
            .into_iter()
            .find(|release| release.name().eq_ignore_ascii_case(name))
            .ok_or_else(|| UnknownRelease(text.to_owned()))
    }
}
