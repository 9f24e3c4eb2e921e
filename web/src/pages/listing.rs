//! Tables whose state is in the address: filter, sort, page, export.

use std::collections::BTreeMap;

use super::{Layout, Text};

/// Rows on one page of a table.
const PAGE_SIZE: usize = 25;

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Name in the address.
    pub id: &'static str,
    /// Heading.
    pub title: Text,
}

/// Columns from their id and heading in both languages.
pub(super) fn columns<const N: usize>(names: [(&'static str, &str, &str); N]) -> Vec<Column> {
    names.into_iter().map(|(id, th, en)| Column { id, title: Text::new(th, en) }).collect()
}

/// A row that a table can sort, search and export.
pub trait Row {
    /// The columns, in order.
    fn columns() -> Vec<Column>;

    /// The value to sort, search and export by. Dates are ISO.
    fn cell(&self, column: &str) -> String;
}

/// The state of a table, as the address has it: `?q=…&sort=…&order=desc&page=…`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListQuery {
    /// Words to search for, in any column.
    pub q: String,
    /// Column to sort by; empty for the order given.
    pub sort: String,
    /// Largest first.
    pub descending: bool,
    /// Page, from 1.
    pub page: usize,
}

impl ListQuery {
    /// Reads the query part of an address; unknown keys are left alone.
    pub fn parse(query: &BTreeMap<String, String>) -> Self {
        let text = |key: &str| query.get(key).cloned().unwrap_or_default();
        Self {
            q: text("q").trim().chars().take(100).collect(),
            sort: text("sort"),
            descending: text("order") == "desc",
            page: text("page").parse().unwrap_or(1).max(1),
        }
    }
}

/// One page of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing<R> {
    /// Path of the table, without query.
    pub path: String,
    /// State asked for; the page is one that exists.
    pub query: ListQuery,
    /// Rows of this page.
    pub rows: Vec<R>,
    /// Rows that match, on all pages.
    pub total: usize,
    /// Pages in all, at least one.
    pub pages: usize,
}

impl<R: Row> Listing<R> {
    /// Filters, sorts and cuts rows as the address asks.
    pub fn over(path: &str, rows: Vec<R>, mut query: ListQuery) -> Self {
        let rows = matching(rows, &query);
        let total = rows.len();
        let pages = total.div_ceil(PAGE_SIZE).max(1);
        query.page = query.page.clamp(1, pages);
        let rows = rows.into_iter().skip((query.page - 1) * PAGE_SIZE).take(PAGE_SIZE).collect();
        Self { path: path.to_owned(), query, rows, total, pages }
    }

    /// All matching rows as CSV (RFC 4180) with a byte order mark, so that spreadsheets read
    /// Thai. A cell that a spreadsheet would run as a formula is led by an apostrophe.
    pub fn csv(rows: Vec<R>, query: &ListQuery, layout: &Layout) -> String {
        let columns = R::columns();
        let mut csv = String::from("\u{FEFF}");
        push_line(&mut csv, columns.iter().map(|column| layout.text(&column.title).to_owned()));
        for row in matching(rows, query) {
            push_line(&mut csv, columns.iter().map(|column| row.cell(column.id)));
        }
        csv
    }

    /// The columns, in order.
    pub fn columns(&self) -> Vec<Column> {
        R::columns()
    }

    /// Whether the table is empty because nothing matched the search.
    pub fn is_filtered(&self) -> bool {
        !self.query.q.is_empty()
    }

    /// For `aria-sort` of a column.
    pub fn direction(&self, column: &str) -> &'static str {
        match (self.query.sort == column, self.query.descending) {
            (false, _) => "none",
            (true, false) => "ascending",
            (true, true) => "descending",
        }
    }

    /// The table sorted by a column; the other way round if it already is.
    pub fn sort_url(&self, column: &str) -> String {
        let descending = self.query.sort == column && !self.query.descending;
        self.url(&self.query.q, column, descending, 1)
    }

    /// Another page of the table.
    pub fn page_url(&self, page: &usize) -> String {
        self.url(&self.query.q, &self.query.sort, self.query.descending, *page)
    }

    /// The page before, if there is one.
    pub fn previous(&self) -> Option<usize> {
        (self.query.page > 1).then(|| self.query.page - 1)
    }

    /// The page after, if there is one.
    pub fn next(&self) -> Option<usize> {
        (self.query.page < self.pages).then(|| self.query.page + 1)
    }

    /// The table as a CSV file.
    pub fn export_url(&self) -> String {
        format!("{}&format=csv", self.page_url(&1))
    }

    fn url(&self, q: &str, sort: &str, descending: bool, page: usize) -> String {
        let order = if descending { "desc" } else { "asc" };
        format!("{}?q={}&sort={}&order={order}&page={page}", self.path, encoded(q), encoded(sort))
    }
}

fn matching<R: Row>(mut rows: Vec<R>, query: &ListQuery) -> Vec<R> {
    let columns = R::columns();
    let words: Vec<String> = query.q.to_lowercase().split_whitespace().map(str::to_owned).collect();
    rows.retain(|row| {
        let line = columns.iter().map(|column| row.cell(column.id).to_lowercase()).collect::<Vec<_>>().join("\u{1F}");
        words.iter().all(|word| line.contains(word))
    });
    if columns.iter().any(|column| column.id == query.sort) {
        rows.sort_by_cached_key(|row| row.cell(&query.sort));
        if query.descending {
            rows.reverse();
        }
    }
    rows
}

fn push_line(csv: &mut String, cells: impl Iterator<Item = String>) {
    for (n, cell) in cells.enumerate() {
        if n > 0 {
            csv.push(',');
        }
        let guard = if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
        csv.push('"');
        csv.push_str(guard);
        csv.push_str(&cell.replace('"', "\"\""));
        csv.push('"');
    }
    csv.push_str("\r\n");
}

fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Number(u32);

    impl Row for Number {
        fn columns() -> Vec<Column> {
            vec![Column { id: "n", title: Text::new("เลข", "Number") }]
        }

        fn cell(&self, _: &str) -> String {
            format!("{:03}", self.0)
        }
    }

    #[test]
    fn rows_are_searched_sorted_and_cut() {
        let query = ListQuery { sort: "n".into(), descending: true, page: 9, ..ListQuery::default() };
        let listing = Listing::over("/n", (0..60).map(Number).collect(), query);
        assert_eq!((listing.total, listing.pages, listing.query.page), (60, 3, 3));
        assert_eq!(listing.rows.iter().map(|row| row.0).max(), Some(9));
        let query = ListQuery { q: "05".into(), ..ListQuery::default() };
        let listing = Listing::over("/n", (0..60).map(Number).collect(), query);
        assert_eq!(listing.total, 11);
        assert_eq!(listing.sort_url("n"), "/n?q=05&sort=n&order=asc&page=1");
    }

    #[test]
    fn an_exported_cell_is_no_formula() {
        let mut csv = String::new();
        push_line(&mut csv, ["=1+1".to_owned(), "a\"b".to_owned()].into_iter());
        assert_eq!(csv, "\"'=1+1\",\"a\"\"b\"\r\n");
    }
}
