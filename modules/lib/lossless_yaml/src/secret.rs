//! What must not be shown: values under keys that sound secret, and passwords in URLs.

/// What is shown in place of a secret.
pub const MASK: &str = "********";

/// Whether the value under a key of this name is likely a secret: a password, token, private or API key.
///
/// ```
/// assert!(lossless_yaml::looks_secret("MYSQL_PASSWORD"));
/// assert!(lossless_yaml::looks_secret("EDX_API_KEY"));
/// assert!(!lossless_yaml::looks_secret("KEY_PREFIX"));
/// assert!(!lossless_yaml::looks_secret("CREDENTIALS_MEMCACHE"));
/// ```
pub fn looks_secret(key: &str) -> bool {
    let name = key.to_ascii_uppercase();
    let words = || name.split(|c: char| !c.is_ascii_alphanumeric());
    let contains = |part: &str| name.contains(part);
    // The credentials service names its ordinary settings CREDENTIALS_...
    let credentials = contains("CREDENTIAL") && !name.starts_with("CREDENTIALS_") && !name.starts_with("CREDENTIAL_");
    // How memcached keys are built is no secret.
    let key_word = name.replace("KEY_PREFIX", "").replace("KEY_FUNCTION", "").contains("KEY");
    ["PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "TOKEN", "PRIVATE", "SALT"].iter().any(|part| contains(part))
        || words().any(|word| matches!(word, "PASS" | "PWD" | "JWK" | "JWKS"))
        || name.ends_with("PASS")
        || credentials
        || key_word
}

/// The text with each `user:password@` of a URL masked: `redis://:********@10.0.0.5:6379/`.
pub fn mask_url_passwords(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        out.push_str(before);
        let authority = after.find(['/', ' ', '\'', '"', ',', '?', '#']).unwrap_or(after.len());
        // A password may hold any of these, so the last @ before a space ends it.
        let wide = after.find([' ', '\n']).unwrap_or(after.len());
        let end = after[..authority].rfind('@').or_else(|| after[..wide].rfind('@'));
        rest = match end.and_then(|end| Some((after[..end].find(':')?, end))) {
            Some((colon, end)) => {
                out.push_str(&after[..=colon]);
                out.push_str(MASK);
                &after[end..]
            }
            None => after,
        };
    }
    out.push_str(rest);
    out
}
