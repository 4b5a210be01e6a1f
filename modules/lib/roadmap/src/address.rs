//! The server of an endpoint as it is written.

use crate::status::HostStatus;

/// Its server: without scheme, user, port and path. A folder, a bucket or a list stays as it is.
pub(crate) fn server(endpoint: &str) -> &str {
    split(endpoint).0
}

/// Its server, and the rest that tells it from others on that server: `:3306`.
pub(crate) fn split(endpoint: &str) -> (&str, &str) {
    let whole = (endpoint, "");
    if endpoint.starts_with('/') || endpoint.starts_with("s3:") || endpoint.contains([',', ' ']) {
        return whole;
    }
    let rest = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
    let rest = rest.split_once('/').map_or(rest, |(server, _)| server);
    let rest = rest.rsplit_once('@').map_or(rest, |(_, server)| server);
    if let Some((bracketed, port)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return (bracketed, port);
    }
    match rest.rsplit_once(':') {
        // More than one colon is an IPv6 address.
        Some((server, port)) if !server.contains(':') && !server.is_empty() && port.parse::<u16>().is_ok() => {
            (server, &rest[server.len()..])
        }
        _ if rest.is_empty() => whole,
        _ => (rest, ""),
    }
}

/// Whether that is an address or a name of this server.
pub(crate) fn is_of(server: &str, host: &HostStatus) -> bool {
    let names = host.addresses.iter().chain(&host.name).chain([&host.host]);
    names.into_iter().any(|name| name.eq_ignore_ascii_case(server))
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn an_endpoint_has_a_server_and_a_port() {
        assert_eq!(split("10.0.0.5:3306"), ("10.0.0.5", ":3306"));
        assert_eq!(split("mysql.internal"), ("mysql.internal", ""));
        assert_eq!(split("[fd00::5]:11211"), ("fd00::5", ":11211"));
        assert_eq!(split("fd00::5"), ("fd00::5", ""));
        assert_eq!(split("redis://:@10.0.0.5:6379/0"), ("10.0.0.5", ":6379"));
    }

    #[test]
    fn what_is_no_server_stays_as_it_is() {
        for whole in ["/edx/var/edxapp/media", "s3://bucket/folder", "a:1,b:2", ":3306", ""] {
            assert_eq!(split(whole), (whole, ""));
        }
    }
}
