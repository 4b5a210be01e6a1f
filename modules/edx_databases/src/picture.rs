//! What databases are made of, as lines that can be compared between servers of different releases.

use std::collections::BTreeMap;

use mysql::{Session, Version, modern};

use crate::Error;
use crate::facts::{fresh_statistics, listed};

/// A table with rows of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub database: String,
    pub name: String,
    pub engine: String,
    /// Of data and indexes, as the server estimates.
    pub bytes: u64,
    /// Of data alone.
    pub data: u64,
    pub auto_increment: Option<u64>,
}

/// What databases are made of.
#[derive(Debug, Default)]
pub struct Picture {
    /// Each object, such as ``table `edxapp`.`auth_user` ``, with its definition.
    pub objects: BTreeMap<String, String>,
    pub tables: Vec<Table>,
    /// Views, as database and name.
    pub views: Vec<(String, String)>,
    /// The accounts that views, triggers, routines and events run as, as `user@host`.
    pub definers: Vec<String>,
}

/// What both servers can say alike.
#[derive(Debug, Clone, Copy)]
pub struct Common {
    /// Whether both are the same flavour, so that defaults and view texts are written alike.
    same_flavour: bool,
    /// Whether they are the same release, too.
    same_release: bool,
}

impl Common {
    pub fn of(one: Version, other: Version) -> Self {
        Self { same_flavour: one.flavour == other.flavour, same_release: one == other }
    }
}

/// Each kind of object: its name, and what its lines are asked with; the first two or three columns say which object.
struct Kind {
    title: &'static str,
    sql: &'static str,
}

const KINDS: [Kind; 7] = [
    Kind {
        title: "database",
        sql: "SELECT SCHEMA_NAME, '', DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME \
              FROM information_schema.SCHEMATA WHERE SCHEMA_NAME IN ({names})",
    },
    Kind {
        title: "index",
        sql: "SELECT TABLE_SCHEMA, CONCAT(TABLE_NAME, '.', INDEX_NAME), GROUP_CONCAT(CONCAT(COALESCE(COLUMN_NAME, ''), \
              '(', COALESCE(SUB_PART, ''), ')') ORDER BY SEQ_IN_INDEX), MAX(NON_UNIQUE), MAX(INDEX_TYPE) \
              FROM information_schema.STATISTICS WHERE TABLE_SCHEMA IN ({names}) \
              GROUP BY TABLE_SCHEMA, TABLE_NAME, INDEX_NAME",
    },
    Kind {
        title: "foreign key",
        sql: "SELECT k.CONSTRAINT_SCHEMA, CONCAT(k.TABLE_NAME, '.', k.CONSTRAINT_NAME), \
              GROUP_CONCAT(CONCAT(k.COLUMN_NAME, '=', k.REFERENCED_TABLE_SCHEMA, '.', k.REFERENCED_TABLE_NAME, '.', \
              k.REFERENCED_COLUMN_NAME) ORDER BY k.ORDINAL_POSITION), \
              REPLACE(MAX(r.UPDATE_RULE), 'NO ACTION', 'RESTRICT'), REPLACE(MAX(r.DELETE_RULE), 'NO ACTION', 'RESTRICT') \
              FROM information_schema.KEY_COLUMN_USAGE k JOIN information_schema.REFERENTIAL_CONSTRAINTS r \
              ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME \
              AND r.TABLE_NAME = k.TABLE_NAME WHERE k.CONSTRAINT_SCHEMA IN ({names}) \
              GROUP BY k.CONSTRAINT_SCHEMA, k.TABLE_NAME, k.CONSTRAINT_NAME",
    },
    Kind {
        title: "trigger",
        sql: "SELECT TRIGGER_SCHEMA, TRIGGER_NAME, DEFINER, EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, \
              SHA2(ACTION_STATEMENT, 256), SQL_MODE FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA IN ({names})",
    },
    Kind {
        title: "view",
        sql: "SELECT TABLE_SCHEMA, TABLE_NAME, DEFINER, SECURITY_TYPE, CHECK_OPTION, SHA2(VIEW_DEFINITION, 256) \
              FROM information_schema.VIEWS WHERE TABLE_SCHEMA IN ({names})",
    },
    Kind {
        title: "routine",
        sql: "SELECT ROUTINE_SCHEMA, CONCAT(LOWER(ROUTINE_TYPE), ' ', ROUTINE_NAME), DEFINER, SECURITY_TYPE, \
              SQL_DATA_ACCESS, SHA2(ROUTINE_DEFINITION, 256), SQL_MODE FROM information_schema.ROUTINES \
              WHERE ROUTINE_SCHEMA IN ({names})",
    },
    Kind {
        title: "event",
        sql: "SELECT EVENT_SCHEMA, EVENT_NAME, DEFINER, EVENT_TYPE, COALESCE(INTERVAL_VALUE, ''), \
              COALESCE(INTERVAL_FIELD, ''), COALESCE(EXECUTE_AT, ''), SHA2(EVENT_DEFINITION, 256), SQL_MODE \
              FROM information_schema.EVENTS WHERE EVENT_SCHEMA IN ({names})",
    },
];

const TABLES: &str = "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, COALESCE(ENGINE, ''), COALESCE(TABLE_COLLATION, ''), \
                      COALESCE(DATA_LENGTH, 0), COALESCE(INDEX_LENGTH, 0), COALESCE(AUTO_INCREMENT, 0), \
                      SHA2(TABLE_COMMENT, 256) FROM information_schema.TABLES WHERE TABLE_SCHEMA IN ({names}) \
                      ORDER BY 1, 2";

const COLUMNS: &str = "SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, \
                       COALESCE(COLUMN_DEFAULT, '<none>'), COALESCE(CHARACTER_SET_NAME, ''), \
                       COALESCE(COLLATION_NAME, ''), EXTRA, ORDINAL_POSITION FROM information_schema.COLUMNS \
                       WHERE TABLE_SCHEMA IN ({names})";

impl Picture {
    /// Looks at those databases.
    pub fn look(session: &mut Session, names: &[String], version: Version, common: Common) -> Result<Self, Error> {
        let mut picture = Self::default();
        if names.is_empty() {
            return Ok(picture);
        }
        fresh_statistics(session, version)?;
        session.query("SET SESSION group_concat_max_len = 1000000")?;
        let list = listed(names.iter().map(String::as_str));
        let filled = |sql: &str| sql.replace("{names}", &list);
        for row in session.query_at_leisure(&filled(TABLES))? {
            picture.add_table(&row);
        }
        let is_table = |row: &mysql::Row, picture: &Self| {
            row.len() == 10 && !picture.views.iter().any(|(database, name)| *database == row[0] && *name == row[1])
        };
        for row in session.query_at_leisure(&filled(COLUMNS))? {
            if is_table(&row, &picture) {
                picture.objects.insert(format!("column `{}`.`{}`.`{}`", row[0], row[1], row[2]), column(&row, common));
            }
        }
        for kind in &KINDS {
            for row in session.query_at_leisure(&filled(kind.sql))? {
                picture.add(kind.title, &row, common);
            }
        }
        Ok(picture)
    }

    fn add_table(&mut self, row: &mysql::Row) {
        let [database, name, kind, engine, collation, data, index, auto_increment, comment] = row.as_slice() else {
            return;
        };
        if kind.contains("VIEW") {
            self.views.push((database.clone(), name.clone()));
            return;
        }
        let number = |text: &str| text.parse::<u64>().unwrap_or(0);
        self.tables.push(Table {
            database: database.clone(),
            name: name.clone(),
            engine: engine.clone(),
            bytes: number(data) + number(index),
            data: number(data),
            auto_increment: Some(number(auto_increment)).filter(|next| *next > 0),
        });
        self.objects.insert(
            format!("table `{database}`.`{name}`"),
            format!("ENGINE={engine} COLLATE={} COMMENT={comment}", modern(collation)),
        );
    }

    fn add(&mut self, title: &str, row: &mysql::Row, common: Common) {
        let [database, name, rest @ ..] = row.as_slice() else { return };
        if matches!(title, "trigger" | "view" | "routine" | "event")
            && let Some(definer) = rest.first()
            && !self.definers.contains(definer)
        {
            self.definers.push(definer.clone());
        }
        let mut fields: Vec<String> = rest.iter().map(|field| modern(field)).collect();
        match title {
            // A server writes the text of a view, and the modes that it knows, in its own way.
            "view" if !common.same_release => fields.truncate(3),
            "trigger" | "routine" | "event" if !common.same_release => drop(fields.pop()),
            _ => {}
        }
        let object =
            if name.is_empty() { format!("{title} `{database}`") } else { format!("{title} `{database}`.`{name}`") };
        self.objects.insert(object, fields.join(" "));
    }

    /// The lines of what differs, from this one to `other`.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let mut found = Vec::new();
        for (object, here) in &self.objects {
            match other.objects.get(object) {
                None => found.push(format!("{object} is missing on the destination")),
                Some(there) if there != here => {
                    found.push(format!("{object} is \"{here}\" on the source and \"{there}\" on the destination"));
                }
                Some(_) => {}
            }
        }
        let extra = other.objects.keys().filter(|object| !self.objects.contains_key(*object));
        found.extend(extra.map(|object| format!("{object} is on the destination only")));
        found
    }

    /// The lines of the tables that would give a number on `other` that was given here before.
    pub fn counters_behind(&self, other: &Self) -> Vec<String> {
        let mut found = Vec::new();
        for table in &self.tables {
            let there = other.tables.iter().find(|there| there.database == table.database && there.name == table.name);
            let (Some(here), Some(there)) = (table.auto_increment, there) else { continue };
            let next = there.auto_increment.unwrap_or(0);
            if next < here {
                found.push(format!(
                    "table `{}`.`{}` would give {next} as its next number on the destination, less than {here}",
                    table.database, table.name
                ));
            }
        }
        found
    }
}

/// A column's definition, without what releases write differently.
fn column(row: &mysql::Row, common: Common) -> String {
    let [_, _, _, kind, nullable, default, character_set, collation, extra, position] = row.as_slice() else {
        return String::new();
    };
    let default = if common.same_flavour { default.as_str() } else { "" };
    let extra = extra.replace("DEFAULT_GENERATED", "").to_lowercase();
    format!(
        "#{position} {} {nullable} DEFAULT {default} {} {} {}",
        without_width(kind),
        modern(character_set),
        modern(collation),
        extra.trim()
    )
}

/// `int(11) unsigned` as `int unsigned`: MySQL 8 writes no widths. `tinyint(1)` keeps its own, by which clients know a
/// Boolean.
fn without_width(kind: &str) -> String {
    let is_integer =
        ["int(", "bigint(", "smallint(", "mediumint(", "tinyint("].iter().any(|start| kind.starts_with(start));
    if !is_integer || kind.starts_with("tinyint(1)") {
        return kind.to_owned();
    }
    match (kind.find('('), kind.find(')')) {
        (Some(open), Some(close)) if open < close => format!("{}{}", &kind[..open], &kind[close + 1..]),
        _ => kind.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_of_integers_do_not_count() {
        assert_eq!(without_width("int(11) unsigned"), "int unsigned");
        assert_eq!(without_width("bigint(20)"), "bigint");
        assert_eq!(without_width("tinyint(1)"), "tinyint(1)");
        assert_eq!(without_width("varchar(255)"), "varchar(255)");
    }
}
