//! The password of the user to sign in as. Never on the command line, where everybody on the machine can read it.

use std::io::{self, IsTerminal, Read};
use std::path::Path;

use crate::error::Error;

/// The environment variable that may hold it.
const VARIABLE: &str = "EDX_VERIFY_LOGIN_PASSWORD";

/// From the file, the environment or the terminal, the first of them that there is.
pub fn read(user: &str, file: Option<&Path>) -> Result<String, Error> {
    if let Some(path) = file {
        let text = if path == Path::new("-") {
            let mut text = String::new();
            io::stdin().read_to_string(&mut text).map(|_| text)
        } else {
            std::fs::read_to_string(path)
        };
        let text = text.map_err(|reason| Error::PasswordFile { path: path.to_owned(), reason })?;
        return Ok(text.trim_end_matches(['\r', '\n']).to_owned());
    }
    if let Ok(password) = std::env::var(VARIABLE) {
        return Ok(password);
    }
    let nobody = || Error::NoPassword { user: user.to_owned() };
    if !io::stdin().is_terminal() {
        return Err(nobody());
    }
    rpassword::prompt_password(format!("Password of {user}: ")).map_err(|_| nobody())
}
