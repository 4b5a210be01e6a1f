//! A module of a few lines, for the tests of the protocol.

use std::process::ExitCode;

use ansible_protocol::{Default, Diff, Failure, Kind, ModuleSpec, OptionSpec, Outcome, Request, main_with};

static SPEC: ModuleSpec = ModuleSpec {
    name: "greet",
    short_description: "Greets somebody",
    description: &["Greets somebody, for the tests of the protocol."],
    options: &[
        OptionSpec::new("name", Kind::Str, &["Whom to greet."]).required().aliases(&["who"]),
        OptionSpec::new("times", Kind::Int, &["How often."]).default(Default::Int(1)),
        OptionSpec::new("loud", Kind::Bool, &["Whether to shout."]).default(Default::Bool(false)),
        OptionSpec::new("guests", Kind::StrList, &["Others."]),
        OptionSpec::new("manner", Kind::Str, &["How."]).choices(&["kind", "short"]).default(Default::Str("kind")),
        OptionSpec::new("password", Kind::Str, &["Never shown."]).secret(),
        OptionSpec::new("details", Kind::Dict, &["Anything."]),
        OptionSpec::new("max_length", Kind::Int, &["Of the greeting."]),
    ],
    mutually_exclusive: &[&["guests", "details"]],
    required_one_of: &[],
};

fn greet(request: &Request) -> Result<Outcome, Failure> {
    let options = &request.options;
    let name = options.str("name").unwrap_or_default();
    if name == "panic" {
        let nobody: Option<u8> = None;
        assert!(nobody.is_some(), "a message with a secret in it");
    }
    if name == "nobody" {
        return Err(Failure::new(format!(
            "nobody to greet, with {}",
            options.str("password").unwrap_or("no password")
        ))
        .field("name", name));
    }
    Ok(Outcome::new(!request.check)
        .field("greeting", format!("Hello {name}").repeat(usize::try_from(options.int("times").unwrap_or(1))?))
        .field("loud", options.bool("loud"))
        .field("guests", options.strings("guests").unwrap_or_default())
        .field("password_was", options.str("password").unwrap_or_default())
        .warn(format!("the password is {}", options.str("password").unwrap_or("unset")))
        .diff(Diff::prepared(format!("-silence\n+Hello {name} {}\n", options.str("password").unwrap_or_default()))))
}

fn main() -> ExitCode {
    main_with(&SPEC, greet)
}
