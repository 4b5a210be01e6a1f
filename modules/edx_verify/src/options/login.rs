//! Who signs in, and where.

use ansible_protocol::Arguments;
use net::Target;

use super::seconds;
use crate::error::Error;
use crate::platform::{AppServer, LoginOptions, Password};
use http::{Url, masked};

/// The login; none where nothing of it was given.
pub fn read(arguments: &Arguments) -> Result<Option<LoginOptions>, Error> {
    let text = |option| arguments.str(option).filter(|text| !text.is_empty());
    let servers = arguments.strings("app_servers").unwrap_or_default();
    let (Some(lms), Some(user), Some(password)) = (text("lms_url"), text("login_user"), text("login_password")) else {
        return nothing(arguments, &servers);
    };
    let lms = root("lms_url", lms)?;
    let mut app_servers: Vec<AppServer> = Vec::new();
    for text in servers {
        let server = app_server(text, &lms)?;
        if !app_servers.contains(&server) {
            app_servers.push(server);
        }
    }
    Ok(Some(LoginOptions {
        studio: text("studio_url").map(|url| root("studio_url", url)).transpose()?,
        user: user.to_owned(),
        password: Password(password.to_owned()),
        app_servers,
        timeout: seconds(arguments, "login_timeout", 0.1)?,
        lms,
    }))
}

/// No login, unless a part of one was given.
fn nothing(arguments: &Arguments, servers: &[&str]) -> Result<Option<LoginOptions>, Error> {
    let is_given = |option: &&'static str| arguments.str(option).is_some_and(|text| !text.is_empty());
    let needed = ["lms_url", "login_user", "login_password"];
    if needed.iter().any(is_given) {
        return Err(Error::LoginPartly { missing: needed.into_iter().filter(|option| !is_given(option)).collect() });
    }
    if is_given(&"studio_url") {
        return Err(Error::WithoutLogin { option: "studio_url" });
    }
    if !servers.is_empty() {
        return Err(Error::WithoutLogin { option: "app_servers" });
    }
    Ok(None)
}

/// The address of a server, without a page.
fn root(option: &'static str, text: &str) -> Result<Url, Error> {
    let url = Url::parse(text).map_err(|error| Error::Url { option, error })?;
    match url.target() {
        "/" => Ok(url),
        extra => Err(Error::NotARoot { option, extra: extra.split('?').next().unwrap_or_default().to_owned() }),
    }
}

/// `[http://]host[:port]`, read as in an address of a page.
fn app_server(text: &str, lms: &Url) -> Result<AppServer, Error> {
    let refused = || Error::AppServer { text: masked(text) };
    let (is_plain, server) = match text.strip_prefix("http://") {
        Some(server) => (true, server),
        None => (false, text),
    };
    if server.contains(['/', '?', '#']) {
        return Err(refused());
    }
    let has_port = server.rsplit_once(':').is_some_and(|(_, port)| !port.ends_with(']'));
    let url = match (has_port, is_plain) {
        (false, false) => format!("http://{server}:{}", lms.port()),
        _ => format!("http://{server}"),
    };
    let url = Url::parse(&url).map_err(|_| refused())?;
    Ok(AppServer { name: text.to_owned(), target: Target::tcp(url.host(), url.port()), is_plain })
}
