use crate::{Row, Value};

/// How many rows a statement must change for its batch to be committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    Any,
    One,
    AtLeastOne,
}

impl Expect {
    pub(crate) fn met(self, changed: u64) -> bool {
        match self {
            Expect::Any => true,
            Expect::One => changed == 1,
            Expect::AtLeastOne => changed >= 1,
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub sql: &'static str,
    pub params: Vec<Value>,
    pub expect: Expect,
}

/// Statements that are committed together or not at all, in order.
#[derive(Debug, Clone, Default)]
#[must_use = "a batch does nothing until it is committed"]
pub struct Batch(pub(crate) Vec<Statement>);

/// What one statement of a committed batch did.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Done {
    pub changed: u64,
    /// Of a `RETURNING` clause.
    pub rows: Vec<Row>,
}

impl Batch {
    pub fn new() -> Batch {
        Batch::default()
    }

    /// Adds a statement; answers the index of its [`Done`].
    pub fn push(&mut self, sql: &'static str, expect: Expect, params: impl Into<Vec<Value>>) -> usize {
        self.0.push(Statement { sql, params: params.into(), expect });
        self.0.len() - 1
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }
}
