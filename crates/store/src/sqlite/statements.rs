use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, PrepFlags, Statement, ToSql};

use crate::{Done, Error, Row, Value};

/// The prepared statements of one connection. The texts are static and few, so none is ever dropped
/// and an address is enough of a key.
pub struct Statements<'c> {
    connection: &'c Connection,
    prepared: HashMap<(usize, usize), Statement<'c>>,
}

impl<'c> Statements<'c> {
    pub fn new(connection: &'c Connection) -> Statements<'c> {
        Statements { connection, prepared: HashMap::new() }
    }

    /// Runs a statement that reads, writes, or writes and returns rows.
    pub fn run(&mut self, sql: &'static str, params: &[Value]) -> Result<Done, Error> {
        let statement = match self.prepared.entry((sql.as_ptr() as usize, sql.len())) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let sql = numbered(sql);
                new.insert(self.connection.prepare_with_flags(&sql, PrepFlags::SQLITE_PREPARE_PERSISTENT)?)
            }
        };
        for (index, value) in params.iter().enumerate() {
            statement.raw_bind_parameter(index + 1, value)?;
        }
        let done = if statement.column_count() == 0 {
            statement.raw_execute().map(|changed| Done { changed: changed as u64, rows: Vec::new() }).map_err(Error::from)
        } else {
            rows(statement).map(|rows| Done { changed: rows.len() as u64, rows })
        };
        statement.clear_bindings();
        done
    }
}

/// SQLite would count `$1` as a name, in the order of appearance; `?1` is a position.
fn numbered(sql: &str) -> String {
    sql.replace('$', "?")
}

fn rows(statement: &mut Statement<'_>) -> Result<Vec<Row>, Error> {
    let columns = statement.column_count();
    let mut rows = statement.raw_query();
    let mut read = Vec::new();
    while let Some(row) = rows.next()? {
        read.push(Row::new((0..columns).map(|column| value(row.get_ref(column)?)).collect::<Result<_, Error>>()?));
    }
    Ok(read)
}

fn value(value: ValueRef<'_>) -> Result<Value, Error> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(int) => Value::Int(int),
        ValueRef::Real(real) => Value::Real(real),
        ValueRef::Text(text) => Value::Text(str::from_utf8(text).map_err(|_| Error::Corrupt("UTF-8 text"))?.to_owned()),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
    })
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Int(int) => ValueRef::Integer(*int),
            Value::Real(real) => ValueRef::Real(*real),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}
