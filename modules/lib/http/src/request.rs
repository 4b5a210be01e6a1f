//! What is asked for.

use std::fmt;

use crate::{Fault, Scheme, Url};

/// What is done with a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Looked at.
    Get,
    /// Sent a form.
    Post,
}

/// A request.
#[derive(Clone)]
pub struct Request {
    /// What is done.
    pub method: Method,
    /// The page.
    pub url: Url,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    /// Looks at a page.
    pub fn get(url: &Url) -> Self {
        Self { method: Method::Get, url: url.clone(), headers: Vec::new(), body: Vec::new() }
    }

    /// Sends a form, as a browser does (`application/x-www-form-urlencoded`).
    pub fn post(url: &Url, form: &[(&str, &str)]) -> Self {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish().into_bytes();
        Self { method: Method::Post, url: url.clone(), headers: Vec::new(), body }
    }

    /// With a further header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same for another page, as it is done after a redirect: a form is not sent again, headers stay in the house.
    pub(crate) fn redirected(&self, url: Url, keeps_method: bool) -> Self {
        let headers = if url.has_origin_of(&self.url) { self.headers.clone() } else { Vec::new() };
        if keeps_method {
            return Self { url, headers, ..self.clone() };
        }
        Self { method: Method::Get, url, headers, body: Vec::new() }
    }

    /// As it is sent.
    pub(crate) fn written(
        &self,
        agent: &str,
        cookies: Option<&str>,
        forwarded: Option<Scheme>,
    ) -> Result<Vec<u8>, Fault> {
        let method = match self.method {
            Method::Get => "GET",
            Method::Post => "POST",
        };
        let mut head = format!(
            "{method} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: {agent}\r\nAccept: */*\r\nAccept-Encoding: identity\r\n",
            self.url.target(),
            self.url.authority()
        );
        let mut line = |name: &str, value: &str| {
            let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            if !is_name || value.bytes().any(|byte| byte.is_ascii_control()) {
                return Err(Fault::Header(name.escape_debug().to_string()));
            }
            head.extend([name, ": ", value, "\r\n"]);
            Ok(())
        };
        for (name, value) in &self.headers {
            line(name, value)?;
        }
        if let Some(scheme) = forwarded {
            line("X-Forwarded-Proto", &scheme.to_string())?;
        }
        if let Some(cookies) = cookies {
            line("Cookie", cookies)?;
        }
        if self.method == Method::Post {
            line("Content-Type", "application/x-www-form-urlencoded")?;
            line("Content-Length", &self.body.len().to_string())?;
        }
        line("Connection", "close")?;
        head.push_str("\r\n");
        Ok([head.into_bytes(), self.body.clone()].concat())
    }
}

/// Without headers and body: they may hold a password, or what a session is worth.
impl fmt::Debug for Request {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Request");
        shown.field("method", &self.method).field("url", &self.url.shown()).finish_non_exhaustive()
    }
}
