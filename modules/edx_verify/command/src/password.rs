//! Passwords: of the user to sign in as, and of Redis. Never on the command line, where everybody on the machine can read it.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::Path;

use crate::error::Error;

/// The environment variable that may hold it.
const VARIABLE: &str = "EDX_VERIFY_LOGIN_PASSWORD";

/// A longer one is something else, perhaps without an end.
const MOST: u64 = 4096;

/// From the file, the environment or the terminal, the first of them that there is.
pub fn read(user: &str, file: Option<&Path>) -> Result<String, Error> {
    if let Some(password) = given(file, VARIABLE)? {
        return Ok(password);
    }
    let nobody = || Error::NoPassword { user: user.to_owned() };
    if !io::stdin().is_terminal() {
        return Err(nobody());
    }
    rpassword::prompt_password(format!("Password of {user}: ")).map_err(|_| nobody())
}

/// From the file or the environment, the first of them that there is.
pub fn given(file: Option<&Path>, variable: &str) -> Result<Option<String>, Error> {
    let Some(path) = file else { return Ok(std::env::var(variable).ok()) };
    let text = if path == Path::new("-") { text(io::stdin().lock()) } else { File::open(path).and_then(text) };
    let text = text.map_err(|reason| Error::PasswordFile { path: path.to_owned(), reason })?;
    Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
}

fn text(from: impl Read) -> io::Result<String> {
    let mut text = String::new();
    if from.take(MOST + 1).read_to_string(&mut text)? as u64 > MOST {
        return Err(io::Error::other(format!("it has more than {MOST} bytes, which is no password")));
    }
    Ok(text)
}
