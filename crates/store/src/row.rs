use std::mem::replace;
use std::str::FromStr;

use domain::Timestamp;

use crate::{Error, Hash, Value};

/// One read row. Getters take the value out of its column, so each column is read once.
#[derive(Debug, Clone, PartialEq)]
pub struct Row(Vec<Value>);

impl Row {
    pub(crate) fn new(values: Vec<Value>) -> Row {
        Row(values)
    }

    fn take(&mut self, column: usize) -> Result<Value, Error> {
        self.0.get_mut(column).map(|value| replace(value, Value::Null)).ok_or(Error::Corrupt("a column of the row"))
    }

    /// # Errors
    /// Here and below: `Corrupt` when the column holds another type.
    pub fn text(&mut self, column: usize) -> Result<String, Error> {
        self.opt_text(column)?.ok_or(Error::Corrupt("text"))
    }

    pub fn opt_text(&mut self, column: usize) -> Result<Option<String>, Error> {
        match self.take(column)? {
            Value::Text(text) => Ok(Some(text)),
            Value::Null => Ok(None),
            _ => Err(Error::Corrupt("text")),
        }
    }

    pub fn int(&mut self, column: usize) -> Result<i64, Error> {
        self.opt_int(column)?.ok_or(Error::Corrupt("an integer"))
    }

    pub fn opt_int(&mut self, column: usize) -> Result<Option<i64>, Error> {
        match self.take(column)? {
            Value::Int(int) => Ok(Some(int)),
            Value::Null => Ok(None),
            _ => Err(Error::Corrupt("an integer")),
        }
    }

    pub fn count(&mut self, column: usize) -> Result<u64, Error> {
        u64::try_from(self.int(column)?).map_err(|_| Error::Corrupt("a count"))
    }

    pub fn real(&mut self, column: usize) -> Result<f64, Error> {
        match self.take(column)? {
            Value::Real(real) => Ok(real),
            _ => Err(Error::Corrupt("a number")),
        }
    }

    pub fn bytes(&mut self, column: usize) -> Result<Vec<u8>, Error> {
        self.opt_bytes(column)?.ok_or(Error::Corrupt("bytes"))
    }

    pub fn opt_bytes(&mut self, column: usize) -> Result<Option<Vec<u8>>, Error> {
        match self.take(column)? {
            Value::Bytes(bytes) => Ok(Some(bytes)),
            Value::Null => Ok(None),
            _ => Err(Error::Corrupt("bytes")),
        }
    }

    pub fn hash(&mut self, column: usize) -> Result<Hash, Error> {
        self.opt_hash(column)?.ok_or(Error::Corrupt("a hash"))
    }

    pub fn opt_hash(&mut self, column: usize) -> Result<Option<Hash>, Error> {
        let hash = |bytes: Vec<u8>| bytes.try_into().map_err(|_| Error::Corrupt("a hash"));
        self.opt_bytes(column)?.map(hash).transpose()
    }

    pub fn at(&mut self, column: usize) -> Result<Timestamp, Error> {
        self.int(column).map(Timestamp)
    }

    pub fn opt_at(&mut self, column: usize) -> Result<Option<Timestamp>, Error> {
        Ok(self.opt_int(column)?.map(Timestamp))
    }

    /// A text column that holds the form of an identifier or of another parsed type.
    ///
    /// # Errors
    /// `Corrupt` when the text does not parse.
    pub fn id<T: FromStr>(&mut self, column: usize) -> Result<T, Error> {
        self.text(column)?.parse().map_err(|_| Error::Corrupt("an identifier"))
    }
}
