//! Queries over declared tables: filters, orders and pages by key, never by offset.

use crate::database::Backend;
use crate::error::Error;
use crate::sql::{self, Statement};
use crate::table::{Column, Record, Table};
use crate::value::Value;

/// Most rows of one answer.
pub const MAX_ROWS: u32 = 10_000;
/// Most values of one [`Compare::In`].
const MAX_CHOICES: usize = 1_024;

/// How a column is compared; several comparisons in a filter must all hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compare {
    /// Equal; [`Value::Null`] finds the rows where the column is absent.
    Eq(Value),
    /// Greater or equal.
    Ge(Value),
    /// Greater.
    Gt(Value),
    /// One of at most 1,024.
    In(Vec<Value>),
    /// Less or equal.
    Le(Value),
    /// Less.
    Lt(Value),
    /// Present.
    NotNull,
}

/// How a column is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// Where the page after `record` begins, for `after` of a scan with the same `order`.
///
/// # Errors
/// [`Error::Query`] where `order` names a column that the table does not have.
pub fn cursor<R: Record>(
    record: &R,
    order: &[(&'static str, Direction)],
) -> Result<Vec<Value>, Error> {
    let row = record.to_row();
    let columns = total_order(R::TABLE, order)?;
    Ok(columns
        .iter()
        .filter_map(|sorted| row.get(sorted.position).cloned())
        .collect())
}

/// A column of a total order.
struct Sorted {
    position: usize,
    column: &'static Column,
    direction: Direction,
}

/// `order`, completed by the key's columns so that no two rows are equal.
fn total_order(
    table: &'static Table,
    order: &[(&'static str, Direction)],
) -> Result<Vec<Sorted>, Error> {
    let last = order
        .last()
        .map_or(Direction::Ascending, |(_, direction)| *direction);
    let rest = table
        .key
        .iter()
        .filter(|name| order.iter().all(|(sorted, _)| sorted != *name));
    let names = order.iter().copied().chain(rest.map(|name| (*name, last)));
    names
        .map(|(name, direction)| {
            let (position, column) = table.column(name)?;
            if column.nullable {
                // The databases disagree on where nulls go, and a page cannot begin after one.
                return Err(Error::query(
                    table.name,
                    format!("{name} can be absent: no order by it"),
                ));
            }
            Ok(Sorted {
                position,
                column,
                direction,
            })
        })
        .collect()
}

/// `SELECT … WHERE filter AND after ORDER BY … LIMIT …`
pub(crate) fn scan(
    backend: Backend,
    table: &'static Table,
    filter: &[(&'static str, Compare)],
    order: &[(&'static str, Direction)],
    after: Option<&[Value]>,
    limit: u32,
) -> Result<Statement, Error> {
    check_limit(table.name, limit)?;
    let sorted = total_order(table, order)?;
    let mut statement = sql::select(backend, table);
    push_filter(&mut statement, table, filter)?;
    if let Some(after) = after {
        statement.push(if filter.is_empty() {
            " WHERE "
        } else {
            " AND "
        });
        push_after(&mut statement, table, &sorted, after)?;
    }
    statement.push(" ORDER BY ");
    for (
        at,
        Sorted {
            column, direction, ..
        },
    ) in sorted.iter().enumerate()
    {
        if at > 0 {
            statement.push(", ");
        }
        statement.name(column.name);
        if *direction == Direction::Descending {
            statement.push(" DESC");
        }
    }
    statement.push(" LIMIT ").push(&limit.to_string());
    Ok(statement)
}

/// `SELECT COUNT(*)` or `SELECT columns, COUNT(*) … GROUP BY columns`.
pub(crate) fn count(
    backend: Backend,
    table: &'static Table,
    columns: &[&'static str],
    filter: &[(&'static str, Compare)],
) -> Result<Statement, Error> {
    table.select(columns)?;
    let mut statement = Statement::new(backend, "SELECT ");
    statement.names(columns.iter().copied());
    statement
        .push(if columns.is_empty() {
            "COUNT(*) FROM "
        } else {
            ", COUNT(*) FROM "
        })
        .name(table.name);
    push_filter(&mut statement, table, filter)?;
    if !columns.is_empty() {
        statement.push(" GROUP BY ").names(columns.iter().copied());
        statement.push(" LIMIT ").push(&MAX_ROWS.to_string());
    }
    Ok(statement)
}

/// Refuses pages that would not be bounded.
pub(crate) fn check_limit(table: &'static str, limit: u32) -> Result<(), Error> {
    if limit <= MAX_ROWS {
        Ok(())
    } else {
        Err(Error::query(
            table,
            format!("at most {MAX_ROWS} rows at a time"),
        ))
    }
}

fn push_filter(
    statement: &mut Statement,
    table: &'static Table,
    filter: &[(&'static str, Compare)],
) -> Result<(), Error> {
    for (at, (name, compare)) in filter.iter().enumerate() {
        let (_, column) = table.column(name)?;
        statement.push(if at == 0 { " WHERE " } else { " AND " });
        match compare {
            Compare::Eq(Value::Null) => {
                statement.name(name).push(" IS NULL");
            }
            Compare::NotNull => {
                statement.name(name).push(" IS NOT NULL");
            }
            Compare::In(choices) if choices.is_empty() => {
                statement.push("1 = 0");
            }
            Compare::In(choices) => {
                if choices.len() > MAX_CHOICES {
                    return Err(Error::query(
                        table.name,
                        format!("at most {MAX_CHOICES} choices for {name}"),
                    ));
                }
                choices
                    .iter()
                    .try_for_each(|choice| check_operand(table, column, choice))?;
                let keys: Vec<&[Value]> = choices.iter().map(std::slice::from_ref).collect();
                statement.key_in(&[column], &keys);
            }
            Compare::Eq(value) => push_operator(statement, table, column, " = ", value)?,
            Compare::Ge(value) => push_operator(statement, table, column, " >= ", value)?,
            Compare::Gt(value) => push_operator(statement, table, column, " > ", value)?,
            Compare::Le(value) => push_operator(statement, table, column, " <= ", value)?,
            Compare::Lt(value) => push_operator(statement, table, column, " < ", value)?,
        }
    }
    Ok(())
}

fn push_operator(
    statement: &mut Statement,
    table: &'static Table,
    column: &Column,
    operator: &str,
    value: &Value,
) -> Result<(), Error> {
    check_operand(table, column, value)?;
    statement
        .name(column.name)
        .push(operator)
        .bind(value.clone(), column.kind);
    Ok(())
}

fn check_operand(table: &'static Table, column: &Column, value: &Value) -> Result<(), Error> {
    if value.is_null() {
        return Err(Error::query(
            table.name,
            format!("{} cannot be compared with nothing", column.name),
        ));
    }
    table.check_value(column, value)
}

/// The rows that come after the row with these values of the ordered columns.
fn push_after(
    statement: &mut Statement,
    table: &'static Table,
    sorted: &[Sorted],
    after: &[Value],
) -> Result<(), Error> {
    if after.len() != sorted.len() {
        return Err(Error::query(
            table.name,
            format!("a page begins after {} values", sorted.len()),
        ));
    }
    sorted
        .iter()
        .zip(after)
        .try_for_each(|(sorted, value)| table.check_value(sorted.column, value))?;
    let operator = |direction| {
        if direction == Direction::Ascending {
            " > "
        } else {
            " < "
        }
    };
    let one_way = sorted
        .windows(2)
        .all(|pair| matches!(pair, [a, b] if a.direction == b.direction));
    if let (true, Some(first)) = (one_way, sorted.first()) {
        // A row comparison walks the index directly.
        let columns: Vec<&Column> = sorted.iter().map(|sorted| sorted.column).collect();
        statement
            .push("(")
            .names(columns.iter().map(|column| column.name))
            .push(")");
        statement
            .push(operator(first.direction))
            .bind_rows(&columns, [after.iter().cloned()]);
        return Ok(());
    }
    // a > x OR (a = x AND (b < y OR (b = y AND …)))
    for (
        at,
        (
            Sorted {
                column, direction, ..
            },
            value,
        ),
    ) in sorted.iter().zip(after).enumerate()
    {
        statement
            .push("(")
            .name(column.name)
            .push(operator(*direction))
            .bind(value.clone(), column.kind);
        if at + 1 < sorted.len() {
            statement
                .push(" OR (")
                .name(column.name)
                .push(" = ")
                .bind(value.clone(), column.kind)
                .push(" AND ");
        }
    }
    statement.push(")").push(&"))".repeat(sorted.len() - 1));
    Ok(())
}
