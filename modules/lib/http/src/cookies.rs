//! What servers gave to be told again (RFC 6265).

mod cookie;
mod date;

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use crate::Url;
use cookie::Cookie;

/// The most cookies that are kept; the oldest goes.
const MOST: usize = 64;

/// The cookies of one visitor. Several requests may share it.
///
/// No list of the domains that belong to nobody (`co.uk`) is kept: a server may give a cookie for any domain above its
/// own that has a dot in it. Servers are asked because an operator named them.
#[derive(Default)]
pub struct Jar {
    cookies: Mutex<Vec<Cookie>>,
}

impl Jar {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes what `url` gave in a header `Set-Cookie`.
    pub(crate) fn take(&self, url: &Url, header: &str) {
        let now = SystemTime::now();
        let Some(mut cookie) = Cookie::read(url, header, now) else { return };
        let mut cookies = self.cookies();
        if let Some(place) = cookies.iter().position(|own| own.is_same(&cookie)) {
            if cookie.is_over(now) {
                cookies.remove(place);
            } else {
                std::mem::swap(&mut cookies[place], &mut cookie);
            }
        } else if !cookie.is_over(now) {
            if cookies.len() >= MOST {
                cookies.remove(0);
            }
            cookies.push(cookie);
        }
    }

    /// The header `Cookie` for `url`; none where there is nothing to tell.
    pub(crate) fn header(&self, url: &Url) -> Option<String> {
        let now = SystemTime::now();
        let cookies = self.cookies();
        let mut told: Vec<&Cookie> = cookies.iter().filter(|cookie| cookie.is_for(url, now)).collect();
        // The longer path first; those of the same stay in the order in which they came.
        told.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<String> = told.iter().map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        Some(pairs.join("; ")).filter(|header| !header.is_empty())
    }

    /// The value of a cookie that `url` would be told.
    pub fn value(&self, url: &Url, name: &str) -> Option<String> {
        let now = SystemTime::now();
        let cookies = self.cookies();
        let told = cookies.iter().filter(|cookie| cookie.name == name && cookie.is_for(url, now));
        told.max_by_key(|cookie| cookie.path.len()).map(|cookie| cookie.value.clone())
    }

    fn cookies(&self) -> MutexGuard<'_, Vec<Cookie>> {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Without the values: a session is worth as much as a password.
impl fmt::Debug for Jar {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.cookies().iter().map(|cookie| cookie.name.clone())).finish()
    }
}

#[cfg(test)]
mod tests;
