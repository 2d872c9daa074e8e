//! Queries over declared tables: filters, orders and pages by key, never by offset.

use sm_engine::sm3::Digest;

use crate::database::Backend;
use crate::error::Error;
use crate::sql::{self, Statement};
use crate::table::{Column, ColumnKind, Record, Table};
use crate::value::Value;
use crate::views::TermRow;

/// Most rows of one answer.
pub const MAX_ROWS: u32 = 10_000;
/// Most values of one [`Compare::In`].
const MAX_CHOICES: usize = 1_024;

/// What stands before the number of a case in the subject of a [`TermRow`].
const CASE_SUBJECT: &str = "case:";

/// How a column is compared; several comparisons in a filter must all hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compare {
    /// The number of a case to which at least one of these search terms leads (at most 1,024; see
    /// [`crate::views::TermRow`]).
    AnyTerm(Vec<Digest>),
    /// The number of a case to which this search term leads since its latest submission: one that was corrected is no
    /// longer found by what it said before.
    CurrentTerm(Digest),
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
    let number = |statement: &mut Statement| {
        statement.push("COUNT(*)");
    };
    of_groups(backend, table, columns, number, filter)
}

/// `SELECT columns, SUM(summed) … WHERE filter GROUP BY columns`; without columns one row, which is null where nothing
/// is found.
pub(crate) fn sum(
    backend: Backend,
    table: &'static Table,
    columns: &[&'static str],
    summed: &'static str,
    filter: &[(&'static str, Compare)],
) -> Result<Statement, Error> {
    let (_, summed) = table.column(summed)?;
    if summed.kind != ColumnKind::Integer {
        return Err(Error::query(
            table.name,
            format!("{} is not a column of numbers", summed.name),
        ));
    }
    // PostgreSQL sums integers into a type of its own.
    let number = |statement: &mut Statement| {
        statement
            .push("CAST(SUM(")
            .name(summed.name)
            .push(") AS BIGINT)");
    };
    of_groups(backend, table, columns, number, filter)
}

/// `SELECT columns, number … WHERE filter GROUP BY columns`; without columns one row.
fn of_groups(
    backend: Backend,
    table: &'static Table,
    columns: &[&'static str],
    number: impl FnOnce(&mut Statement),
    filter: &[(&'static str, Compare)],
) -> Result<Statement, Error> {
    table.select(columns)?;
    let mut statement = Statement::new(backend, "SELECT ");
    statement.names(columns.iter().copied());
    if !columns.is_empty() {
        statement.push(", ");
    }
    number(&mut statement);
    statement.push(" FROM ").name(table.name);
    push_filter(&mut statement, table, filter)?;
    if !columns.is_empty() {
        statement.push(" GROUP BY ").names(columns.iter().copied());
        statement.push(" LIMIT ").push(&MAX_ROWS.to_string());
    }
    Ok(statement)
}

/// Most numbers of one [`count_between`].
const MAX_EDGES: usize = 64;

/// `SELECT COUNT(CASE WHEN column >= first AND column < second THEN 1 END), … WHERE filter`
pub(crate) fn count_between(
    backend: Backend,
    table: &'static Table,
    column: &'static str,
    edges: &[i64],
    filter: &[(&'static str, Compare)],
) -> Result<Statement, Error> {
    let (_, column) = table.column(column)?;
    if column.kind != ColumnKind::Integer || !(2..=MAX_EDGES).contains(&edges.len()) {
        return Err(Error::query(
            table.name,
            format!("2 to {MAX_EDGES} edges of a column of numbers"),
        ));
    }
    let mut statement = Statement::new(backend, "SELECT ");
    for (at, pair) in edges.windows(2).enumerate() {
        let [from, until] = pair else { continue };
        statement.push(if at > 0 { ", " } else { "" });
        statement
            .push("COUNT(CASE WHEN ")
            .name(column.name)
            .push(" >= ")
            .bind((*from).into(), column.kind)
            .push(" AND ")
            .name(column.name)
            .push(" < ")
            .bind((*until).into(), column.kind)
            .push(" THEN 1 END)");
    }
    statement.push(" FROM ").name(table.name);
    push_filter(&mut statement, table, filter)?;
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
    let by_term =
        |compare: &Compare| matches!(compare, Compare::AnyTerm(_) | Compare::CurrentTerm(_));
    // SQLite knows nothing of how often a value occurs and would look through everything that is in a state for the few
    // cases of a term. A column behind a plus sign is compared like any other, but no index over it is used.
    let terms_lead = statement.backend() == Backend::Sqlite
        && filter.iter().any(|(_, compare)| by_term(compare));
    for (at, (name, compare)) in filter.iter().enumerate() {
        let (_, column) = table.column(name)?;
        statement.push(if at == 0 { " WHERE " } else { " AND " });
        if terms_lead && !by_term(compare) {
            statement.push("+");
        }
        match compare {
            Compare::AnyTerm(terms) => push_terms(statement, table, column, terms, "")?,
            Compare::CurrentTerm(term) => {
                push_terms(statement, table, column, &[*term], NOTHING_LATER)?;
            }
            Compare::Eq(Value::Null) => {
                statement.name(name).push(" IS NULL");
            }
            Compare::NotNull => {
                statement.name(name).push(" IS NOT NULL");
            }
            Compare::In(choices) if choices.is_empty() => {
                statement.push("1 = 0");
            }
            Compare::In(choices) => push_choices(statement, table, column, choices)?,
            Compare::Eq(value) => push_operator(statement, table, column, " = ", value)?,
            Compare::Ge(value) => push_operator(statement, table, column, " >= ", value)?,
            Compare::Gt(value) => push_operator(statement, table, column, " > ", value)?,
            Compare::Le(value) => push_operator(statement, table, column, " <= ", value)?,
            Compare::Lt(value) => push_operator(statement, table, column, " < ", value)?,
        }
    }
    Ok(())
}

fn push_choices(
    statement: &mut Statement,
    table: &'static Table,
    column: &Column,
    choices: &[Value],
) -> Result<(), Error> {
    if choices.len() > MAX_CHOICES {
        return Err(Error::query(
            table.name,
            format!("at most {MAX_CHOICES} choices for {}", column.name),
        ));
    }
    choices
        .iter()
        .try_for_each(|choice| check_operand(table, column, choice))?;
    let keys: Vec<&[Value]> = choices.iter().map(std::slice::from_ref).collect();
    statement.key_in(&[column], &keys);
    Ok(())
}

/// Every submission brings terms: the latest of a case are those of its latest entry.
const NOTHING_LATER: &str = " AND NOT EXISTS (SELECT 1 FROM \"terms\" AS \"later\" \
     WHERE \"later\".\"subject\" = \"found\".\"subject\" AND \"later\".\"idx\" > \"found\".\"idx\")";

/// `column IN (SELECT what follows "case:" FROM terms WHERE term IN (…) …)`.
fn push_terms(
    statement: &mut Statement,
    table: &'static Table,
    column: &Column,
    terms: &[Digest],
    further: &str,
) -> Result<(), Error> {
    if column.kind != ColumnKind::Text {
        return Err(Error::query(
            table.name,
            format!("{} is not the number of a case", column.name),
        ));
    }
    if terms.is_empty() {
        statement.push("1 = 0");
        return Ok(());
    }
    let (_, term) = TermRow::TABLE.column("term")?;
    let choices: Vec<Value> = terms.iter().map(|term| Value::from(*term)).collect();
    let begin = CASE_SUBJECT.len() + 1;
    statement
        .name(column.name)
        .push(" IN (SELECT SUBSTR(")
        .name("subject")
        .push(&format!(", {begin}) FROM "))
        .name(TermRow::TABLE.name)
        .push(" AS ")
        .name("found")
        .push(" WHERE ");
    push_choices(statement, TermRow::TABLE, term, &choices)?;
    // Other subjects would lead to numbers that no case has.
    statement.push(further).push(")");
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
