//! Judges an answer: edx-platform's heartbeat is `{name: {"status": bool, "message": str}}` with status 200, or 503
//! where a status is false. Anything else may answer in its place: nginx, a maintenance page, another program.

use ansible_protocol::Value;
use http::{Answer, Url, masked};

use super::page::{self, Unwell, kind, listed, shown};
use super::{ALLOWED_HOSTS, LOG};

const NOT_THE_PROGRAM: &str = "ask the program itself, behind nginx: LMS at http://127.0.0.1:8000/heartbeat, Studio at port 8010; while \
                               /edx/var/nginx/server-static/maintenance_heartbeat.txt exists, nginx answers in their place";

/// One of the parts that the platform looks at.
struct Component<'a> {
    name: &'a str,
    is_well: bool,
    message: &'a str,
}

/// The components, all of them well, or what is wrong with what `url` answered.
pub fn judge(url: &Url, answer: &Answer) -> Result<String, Unwell> {
    let status = answer.status;
    let json = page::json(answer);
    let Some(components) = json.as_ref().and_then(components) else {
        return Err(no_heartbeat(answer, json.as_ref()));
    };
    let ill: Vec<&Component> = components.iter().filter(|component| !component.is_well).collect();
    let names = listed(components.iter().map(|component| shown(component.name)));
    if !ill.is_empty() {
        let ill_ones = listed(ill.iter().map(|component| match component.message {
            "" => shown(component.name),
            message => format!("{} ({})", shown(component.name), shown(message)),
        }));
        return Err(Unwell { seen: format!("status {status}, not well: {ill_ones}"), advice: needs(&ill) });
    }
    let missing: Vec<&str> =
        expected(url).filter(|name| !components.iter().any(|component| component.name == *name)).collect();
    match status {
        200 if !missing.is_empty() => {
            let seen = format!("status 200, and it calls well {names}, but says nothing of {}", missing.join(" and "));
            Err(unwell(seen, NOT_THE_PROGRAM))
        }
        200 => Ok(format!("well: {names}")),
        _ => Err(unwell(format!("status {status}, though it calls all well: {names}"), LOG)),
    }
}

/// What LMS and Studio of every release look at. Something else, such as another service, may answer in the same form.
fn expected(url: &Url) -> impl Iterator<Item = &'static str> {
    let query = url.target().split_once('?').map(|(_, query)| query).unwrap_or_default();
    let is_extended = query.split('&').any(|pair| pair.split('=').next() == Some("extended"));
    ["modulestore", "sql"].into_iter().chain(is_extended.then_some("celery"))
}

fn unwell(seen: String, advice: &str) -> Unwell {
    Unwell::new(seen, advice)
}

/// The components; none where it is something else.
fn components(json: &Value) -> Option<Vec<Component<'_>>> {
    let object = json.as_object().filter(|object| !object.is_empty())?;
    object
        .iter()
        .map(|(name, value)| {
            Some(Component {
                name,
                is_well: value.get("status")?.as_bool()?,
                message: value.get("message").and_then(Value::as_str).unwrap_or_default(),
            })
        })
        .collect()
}

/// What edx-platform's own components stand for.
fn needs(ill: &[&Component]) -> String {
    let mut needs: Vec<&str> = Vec::new();
    for component in ill {
        let need = match component.name {
            // It is called mongo where that is what failed.
            "modulestore" | "mongo" => "MongoDB",
            "sql" => "MySQL",
            "celery" => "the workers and their broker",
            name if name.starts_with("cache") => "memcached",
            _ => continue,
        };
        if !needs.contains(&need) {
            needs.push(need);
        }
    }
    match needs.as_slice() {
        [] => LOG.to_owned(),
        needs => format!(
            "the program runs, and something that it needs does not: see whether {} can be reached where its settings file \
             says, and its log in /edx/var/log/supervisor",
            needs.join(" and ")
        ),
    }
}

fn no_heartbeat(answer: &Answer, json: Option<&Value>) -> Unwell {
    let status = answer.status;
    let body = kind(answer, json);
    match status {
        300..=399 => {
            // What stands in a query may be a token.
            let to = answer.location.as_deref().map(|to| to.split(['?', '#']).next().unwrap_or_default());
            let to = to.map(|to| format!(" to {}", shown(&masked(to)))).unwrap_or_default();
            unwell(format!("status {status}, a redirect{to}, which is not followed"), NOT_THE_PROGRAM)
        }
        200..=299 => unwell(format!("status {status}, but no heartbeat: {body}"), NOT_THE_PROGRAM),
        401 | 403 => unwell(format!("status {status}, access denied"), NOT_THE_PROGRAM),
        404 => unwell("status 404, it knows no such page".to_owned(), NOT_THE_PROGRAM),
        502 | 504 => unwell(
            format!("status {status}: {body}"),
            "nginx answers, and the program behind it does not: see whether it runs (/edx/bin/supervisorctl status), and its \
             log in /edx/var/log/supervisor",
        ),
        _ => {
            // What edx-platform says when a check itself broke.
            let error = json.and_then(|json| json.get("error")).and_then(Value::as_str);
            let advice = match status {
                400 => ALLOWED_HOSTS,
                // It may be a maintenance page.
                503 if json.is_none() => NOT_THE_PROGRAM,
                _ => LOG,
            };
            unwell(format!("status {status}: {}", error.map_or(body, shown)), advice)
        }
    }
}
