use std::collections::HashMap;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Statement, ToSql};

use crate::{Done, Error, Row, Value};

/// More than there are statements, so that none is ever parsed twice.
const PREPARED: usize = 256;

/// One connection with its prepared statements.
pub struct Statements {
    connection: Connection,
    /// Our texts in SQLite's words. They are static, so an address is enough of a key.
    numbered: HashMap<(usize, usize), String>,
}

impl Statements {
    pub fn new(connection: Connection) -> Statements {
        connection.set_prepared_statement_cache_capacity(PREPARED);
        Statements { connection, numbered: HashMap::new() }
    }

    /// Whether no transaction is open.
    pub fn idle(&self) -> bool {
        self.connection.is_autocommit()
    }

    /// Runs a statement that reads, writes, or writes and returns rows.
    pub fn run(&mut self, sql: &'static str, params: &[Value]) -> Result<Done, Error> {
        let key = (sql.as_ptr() as usize, sql.len());
        let mut statement =
            self.connection.prepare_cached(self.numbered.entry(key).or_insert_with(|| numbered(sql)))?;
        for (index, value) in params.iter().enumerate() {
            statement.raw_bind_parameter(index + 1, value)?;
        }
        if statement.column_count() == 0 {
            return Ok(Done { changed: statement.raw_execute()? as u64, rows: Vec::new() });
        }
        let rows = rows(&mut statement)?;
        Ok(Done { changed: rows.len() as u64, rows })
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
        let mut values = Vec::with_capacity(columns);
        for column in 0..columns {
            values.push(value(row.get_ref(column)?)?);
        }
        read.push(Row::new(values));
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
