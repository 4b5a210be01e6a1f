//! From process start to exit: where arguments come from, and the one object that goes out.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::Path;
use std::process::ExitCode;

use serde_json::{Map, Value, json};

use crate::command_line::{self, Invocation};
use crate::error::ArgumentError;
use crate::outcome::{Failure, Outcome, Report};
use crate::request::Request;
use crate::secrets;
use crate::spec::ModuleSpec;

/// Linked for what it leaves out.
use no_unwinding as _;

/// A module is a static binary, and musl's own allocator would take a quarter of its run.
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

/// What a module is: from a request to what it has to say.
pub type Body = fn(&Request) -> Result<Outcome, Failure>;

/// Runs a module and returns its exit status: 0, or 1 when it failed (which Ansible ignores and a
/// shell does not), or 2 when a person's command line was wrong.
///
/// With one argument that is a JSON file's path, or `-` for standard input, it is Ansible's module:
/// exactly one JSON object goes to standard output, whatever happens, a panic included. With anything
/// else it is a person's command.
pub fn main_with(spec: &'static ModuleSpec, body: Body) -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let first = arguments.next();
    if let (Some(first), None) = (&first, arguments.next())
        && let Some(source) = Source::from_argument(first)
    {
        report_panics(spec.name, |msg| print_line(&json!({"failed": true, "msg": msg}).to_string()));
        let (object, code) = answer(spec, body, source.read());
        print_line(&object.to_string());
        return code;
    }
    report_panics(spec.name, print_line);
    match command_line::parse(spec, std::env::args_os()) {
        Ok(Invocation { given, as_json }) => {
            let (object, code, text) = answer_with_text(spec, body, Ok(given));
            if as_json {
                print_line(&format!("{object:#}"));
            } else {
                print_line(command_line::render(spec, &object, text.as_deref()).trim_end());
            }
            code
        }
        Err(shown) => {
            // clap's own help and errors; a closed pipe is not this program's problem.
            let _ = shown.print();
            ExitCode::from(u8::try_from(shown.exit_code()).unwrap_or(2))
        }
    }
}

enum Source<'a> {
    File(&'a Path),
    StandardInput,
}

impl<'a> Source<'a> {
    fn from_argument(argument: &'a OsString) -> Option<Self> {
        if argument == "-" {
            return Some(Self::StandardInput);
        }
        let path = Path::new(argument);
        let is_flag = argument.as_encoded_bytes().starts_with(b"-");
        (!is_flag).then_some(Self::File(path))
    }

    fn read(&self) -> Result<Map<String, Value>, ArgumentError> {
        let unreadable = |path: &Path, source| ArgumentError::Unreadable { path: path.to_owned(), source };
        let bytes = match self {
            Self::File(path) => std::fs::read(path).map_err(|source| unreadable(path, source))?,
            Self::StandardInput => {
                let mut bytes = Vec::new();
                std::io::stdin()
                    .read_to_end(&mut bytes)
                    .map_err(|source| unreadable(Path::new("standard input"), source))?;
                bytes
            }
        };
        let value: Value = serde_json::from_slice(&bytes)
            .map_err(|error| ArgumentError::NotJson { line: error.line(), column: error.column() })?;
        match value {
            Value::Object(mut map) => match map.remove("ANSIBLE_MODULE_ARGS") {
                Some(Value::Object(inner)) => Ok(inner),
                Some(_) => Err(ArgumentError::NotAnObject),
                None => Ok(map),
            },
            _ => Err(ArgumentError::NotAnObject),
        }
    }
}

fn answer(
    spec: &'static ModuleSpec,
    body: Body,
    given: Result<Map<String, Value>, ArgumentError>,
) -> (Value, ExitCode) {
    let (object, code, _) = answer_with_text(spec, body, given);
    (object, code)
}

fn answer_with_text(
    spec: &'static ModuleSpec,
    body: Body,
    given: Result<Map<String, Value>, ArgumentError>,
) -> (Value, ExitCode, Option<String>) {
    let request = match given.and_then(|given| Request::from_json(spec, &given)) {
        Ok(request) => request,
        Err(error) => {
            return (json!({"failed": true, "changed": false, "msg": error.to_string()}), ExitCode::FAILURE, None);
        }
    };
    let mut text = None;
    let (mut object, code) = match body(&request) {
        Ok(mut outcome) => {
            text = outcome.report.text.take();
            let mut object = Map::new();
            object.insert("changed".into(), outcome.changed.into());
            (finish(object, *outcome.report, request.diff), ExitCode::SUCCESS)
        }
        Err(mut failure) => {
            text = failure.report.text.take().or(text);
            let mut object = Map::new();
            object.insert("failed".into(), true.into());
            object.insert("changed".into(), failure.changed.into());
            object.insert("msg".into(), failure.msg.into());
            (finish(object, *failure.report, request.diff), ExitCode::FAILURE)
        }
    };
    let secrets = secrets::collect(request.options.secret_values());
    secrets::mask(&mut object, &secrets);
    let text = text.map(|text| {
        let mut value = Value::from(text);
        secrets::mask(&mut value, &secrets);
        value.as_str().unwrap_or_default().to_owned()
    });
    (object, code, text)
}

fn finish(mut object: Map<String, Value>, report: Report, with_diff: bool) -> Value {
    object.extend(report.fields);
    if !report.warnings.is_empty() {
        object.insert("warnings".into(), report.warnings.into());
    }
    if with_diff && !report.diffs.is_empty() {
        let diffs: Vec<Value> = report.diffs.into_iter().map(|diff| json!({"prepared": diff.into_text()})).collect();
        object.insert("diff".into(), diffs.into());
    }
    Value::Object(object)
}

/// A panic is a bug, and Ansible still gets its one object. The panic's own message is left out: it
/// may hold what the module was reading.
fn report_panics(module: &'static str, print: fn(&str)) {
    std::panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        print(&format!(
            "{module} {} stopped on an internal error at {place}; this is a bug in {module}: report it with this line, \
             and run the task again, which cleans up after an interrupted run",
            env!("CARGO_PKG_VERSION")
        ));
        std::process::exit(1);
    }));
}

/// The only place that writes to standard output. Nobody is left to tell when that fails.
fn print_line(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}
