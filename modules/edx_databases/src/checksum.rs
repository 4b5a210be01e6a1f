//! Rows of a table, counted and summed up on the server itself.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use mysql::{Session, identifier, literal};

use crate::Error;
use crate::facts::listed;
use crate::goal::Depth;
use crate::picture::Table;

/// What is known of a table's rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum {
    pub rows: u64,
    /// Exclusive-or and sum of a CRC of each row, and how many rows were too large for one. None where only counted.
    pub checksum: Option<[String; 3]>,
}

/// A table by database and name.
pub type Key = (String, String);

/// A column: its name, whether it may be null, and whether it is text.
type Column = (String, bool, bool);

/// The columns of every table, in order.
pub fn columns(session: &mut Session, databases: &[String]) -> Result<BTreeMap<Key, Vec<Column>>, Error> {
    let mut found: BTreeMap<Key, Vec<Column>> = BTreeMap::new();
    let sql = format!(
        "SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, IS_NULLABLE, COALESCE(CHARACTER_SET_NAME, '') \
         FROM information_schema.COLUMNS WHERE TABLE_SCHEMA IN ({}) ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION",
        listed(databases.iter().map(String::as_str))
    );
    for row in session.query_at_leisure(&sql)? {
        if let Ok([database, table, name, nullable, charset]) = <[String; 5]>::try_from(row) {
            found.entry((database, table)).or_default().push((name, nullable == "YES", !charset.is_empty()));
        }
    }
    Ok(found)
}

/// What is asked of a table. Texts count by their bytes, whatever their collation.
fn sql(table: &Table, columns: &[Column], depth: Depth) -> String {
    let name = format!("{}.{}", identifier(&table.database), identifier(&table.name));
    if depth < Depth::Checksum || columns.is_empty() {
        return format!("SELECT COUNT(*) FROM {name}");
    }
    let value = |(name, _, is_text): &Column| {
        let name = identifier(name);
        if *is_text { format!("CAST({name} AS BINARY)") } else { name }
    };
    let mut values: Vec<String> = columns.iter().map(value).collect();
    let nullable: Vec<_> = columns.iter().filter(|(_, nullable, _)| *nullable).collect();
    if !nullable.is_empty() {
        let flags: Vec<_> = nullable.iter().map(|(name, ..)| format!("ISNULL({})", identifier(name))).collect();
        values.push(format!("CONCAT({})", flags.join(", ")));
    }
    format!(
        "SELECT COUNT(*), COALESCE(BIT_XOR(c), 0), COALESCE(SUM(c), 0), COALESCE(SUM(c IS NULL), 0) FROM \
         (SELECT CRC32(CONCAT_WS({}, {})) AS c FROM {name}) AS t",
        literal("#"),
        values.join(", ")
    )
}

/// Sums up `tables` of one server, one in each of the sessions at a time, the largest first.
pub fn of(
    sessions: Vec<Session>,
    tables: &[Table],
    columns: &BTreeMap<Key, Vec<Column>>,
    depth: Depth,
) -> Result<BTreeMap<Key, Sum>, Error> {
    let mut order: Vec<&Table> = tables.iter().collect();
    order.sort_by_key(|table| std::cmp::Reverse(table.data));
    let next = AtomicUsize::new(0);
    let found = Mutex::new(BTreeMap::new());
    let work = |mut session: Session| -> Result<(), Error> {
        // Both have to write times alike.
        session.query("SET SESSION time_zone = '+00:00', SESSION sql_mode = ''")?;
        while let Some(table) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            let key = (table.database.clone(), table.name.clone());
            let of_table = columns.get(&key).map(Vec::as_slice).unwrap_or_default();
            let rows = session.query_at_leisure(&sql(table, of_table, depth))?;
            let row = rows.into_iter().next().unwrap_or_default();
            let field = |index: usize| row.get(index).cloned();
            let checksum = match (field(1), field(2), field(3)) {
                (Some(xor), Some(sum), Some(large)) => Some([xor, sum, large]),
                _ => None,
            };
            let rows = field(0).and_then(|count| count.parse().ok()).unwrap_or(0);
            if let Ok(mut found) = found.lock() {
                found.insert(key, Sum { rows, checksum });
            }
        }
        Ok(())
    };
    thread::scope(|scope| {
        let workers: Vec<_> = sessions.into_iter().map(|session| scope.spawn(|| work(session))).collect();
        workers.into_iter().try_for_each(|worker| worker.join().unwrap_or(Ok(())))
    })?;
    Ok(found.into_inner().unwrap_or_default())
}
