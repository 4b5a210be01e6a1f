//! Redirects, followed as a browser does.

use std::fmt;
use std::time::{Duration, Instant};

use crate::{Answer, Client, Fault, Method, Request, Scheme, Url, UrlError};

/// An answer that was a redirect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// What was asked for.
    pub url: Url,
    /// 301 and the like.
    pub status: u16,
}

/// The answer in the end, and how it was reached.
#[derive(Debug)]
pub struct Followed {
    /// The redirects before it.
    pub hops: Vec<Hop>,
    /// Where it came from.
    pub url: Url,
    /// The answer.
    pub answer: Answer,
}

/// No answer in the end, and where the way ended.
#[derive(Debug)]
pub struct Lost {
    /// The redirects before.
    pub hops: Vec<Hop>,
    /// What was asked for last.
    pub url: Url,
    /// Why there is nothing after it.
    pub fault: LostFault,
}

/// Why a way ended.
#[derive(Debug)]
pub enum LostFault {
    /// No answer.
    Fault(Fault),
    /// A redirect more than the bound allows.
    TooMany(usize),
    /// A redirect from TLS to plain text: where to, without its query.
    Downgrade(String),
    /// A redirect to what cannot be asked.
    Location(UrlError),
    /// A redirect that wants the form sent again, to another server: where to, without its query.
    Form(String),
}

impl Client<'_> {
    /// The answer in the end, after at most `most` redirects, all of them by `deadline`. After a redirect the page is
    /// looked at, as browsers do, unless that says (307, 308) that the form is to be sent again; another server never
    /// gets the form or the headers of the request.
    pub fn follow(
        &self,
        request: &Request,
        most: usize,
        deadline: Instant,
        limit: usize,
    ) -> Result<Followed, Box<Lost>> {
        let mut request = request.clone();
        let mut hops = Vec::new();
        loop {
            let url = request.url.clone();
            match self.step(&request, most - hops.len(), deadline, limit) {
                Ok(Step::There(answer)) => return Ok(Followed { hops, url, answer }),
                Ok(Step::On(status, next)) => {
                    hops.push(Hop { url, status });
                    request = next;
                }
                Err(LostFault::TooMany(_)) => {
                    return Err(Box::new(Lost { hops, url, fault: LostFault::TooMany(most) }));
                }
                Err(fault) => return Err(Box::new(Lost { hops, url, fault })),
            }
        }
    }

    fn step(&self, request: &Request, left: usize, deadline: Instant, limit: usize) -> Result<Step, LostFault> {
        let answer = self.send(request, deadline, limit).map_err(LostFault::Fault)?;
        let location = match answer.status {
            301 | 302 | 303 | 307 | 308 => answer.location.as_deref(),
            _ => None,
        };
        let Some(location) = location else { return Ok(Step::There(answer)) };
        if left == 0 {
            return Err(LostFault::TooMany(left));
        }
        let to = request.url.join(location).map_err(LostFault::Location)?;
        if (request.url.scheme(), to.scheme()) == (Scheme::Https, Scheme::Http) {
            return Err(LostFault::Downgrade(to.shown()));
        }
        let keeps_method = matches!(answer.status, 307 | 308);
        if keeps_method && request.method == Method::Post && !to.has_origin_of(&request.url) {
            return Err(LostFault::Form(to.shown()));
        }
        Ok(Step::On(answer.status, request.redirected(to, keeps_method)))
    }
}

enum Step {
    There(Answer),
    On(u16, Request),
}

impl fmt::Display for Hop {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({})", self.url.shown(), self.status)
    }
}

impl Lost {
    /// What was seen, and where, where `time` was the time for it.
    pub fn told(&self, time: Duration) -> String {
        let seen = match &self.fault {
            LostFault::Fault(fault) => fault.told(time),
            LostFault::TooMany(most) => format!("more than {most} redirects"),
            LostFault::Downgrade(to) => format!("a redirect from https:// to {to}, which is not followed"),
            LostFault::Location(error) => format!("a redirect that cannot be followed: {error}"),
            LostFault::Form(to) => {
                format!("a redirect that wants the form to be sent to another server, {to}, which is not followed")
            }
        };
        let way: Vec<String> = self.hops.iter().map(ToString::to_string).collect();
        let way = if way.is_empty() { String::new() } else { format!(", reached by way of {}", way.join(", ")) };
        format!("{}{way}: {seen}", self.url.shown())
    }

    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        match &self.fault {
            LostFault::Fault(fault) => fault.advice(&self.url),
            LostFault::TooMany(_) => {
                "see where they lead to: a load balancer that speaks TLS has to say so to nginx (X-Forwarded-Proto), or the \
                 platform sends everybody to https:// without end"
            }
            LostFault::Downgrade(_) => {
                "a load balancer that speaks TLS has to say so to nginx (X-Forwarded-Proto), and the platform's own \
                 addresses (LMS_ROOT_URL) begin with https://"
            }
            LostFault::Location(_) | LostFault::Form(_) => {
                "see what the platform has for its own addresses (LMS_ROOT_URL)"
            }
        }
    }
}
