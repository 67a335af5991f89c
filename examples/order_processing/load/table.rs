//! One CSV file: columns by name, rows with the number of the line on which they begin.

use std::path::Path;

use csv::{ByteRecord, StringRecord};

use super::reject::{Fault, Reason, Reject, Unusable};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A file in memory, with its header read.
pub struct Table {
    file: &'static str,
    bytes: Vec<u8>,
    header: Vec<String>,
    /// How many columns there are up to the last one that is used.
    used: usize,
}

impl Table {
    /// Reads `file` of the folder `dir`.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn open(dir: &Path, file: &'static str) -> Result<Self, Unusable> {
        let path = dir.join(file);
        let mut bytes = std::fs::read(&path).map_err(|error| Unusable {
            file,
            fault: Fault::Unreadable {
                path: path.display().to_string(),
                error: error.to_string(),
            },
        })?;
        if bytes.starts_with(BYTE_ORDER_MARK) {
            bytes.drain(..BYTE_ORDER_MARK.len());
        }

        let mut header = ByteRecord::new();
        // Reading from memory cannot fail, and an empty file has an empty header, which lacks every
        // column.
        let _ = reader(&bytes).read_byte_record(&mut header);
        let header = header
            .iter()
            .map(|name| String::from_utf8_lossy(name).trim().to_owned())
            .collect();
        Ok(Self {
            file,
            bytes,
            header,
            used: 0,
        })
    }

    pub fn file(&self) -> &'static str {
        self.file
    }

    /// The column with this name, whatever the case of its letters; one in the same case comes
    /// first.
    ///
    /// # Errors
    ///
    /// When there is none, or when there are two.
    pub fn column(&mut self, name: &'static str) -> Result<Column, Unusable> {
        self.optional_column(name)?.ok_or(Unusable {
            file: self.file,
            fault: Fault::MissingColumn(name),
        })
    }

    /// As [`column`](Self::column), for one that may be absent.
    ///
    /// # Errors
    ///
    /// When there are two.
    pub fn optional_column(&mut self, name: &'static str) -> Result<Option<Column>, Unusable> {
        let find = |is_same: &dyn Fn(&str) -> bool| {
            let mut found = self
                .header
                .iter()
                .enumerate()
                .filter(|(_, column)| is_same(column));
            match (found.next(), found.next()) {
                (Some(_), Some(_)) => Err(Unusable {
                    file: self.file,
                    fault: Fault::AmbiguousColumn(name),
                }),
                (first, _) => Ok(first.map(|(index, _)| Column { name, index })),
            }
        };
        let column = match find(&|column| column == name)? {
            Some(column) => Some(column),
            None => find(&|column| column.eq_ignore_ascii_case(name))?,
        };
        self.used = column.map_or(self.used, |column| self.used.max(column.index + 1));
        Ok(column)
    }

    /// The rows below the header, in their order.
    pub fn rows(&self) -> Rows<'_> {
        let mut rows = Rows {
            table: self,
            reader: reader(&self.bytes),
            base: 0,
            counted: 0,
            line: 1,
            text: StringRecord::new(),
        };
        rows.skip_header();
        rows
    }
}

fn reader(bytes: &[u8]) -> csv::Reader<&[u8]> {
    // Flexible: a row with too few or too many fields is our finding, not an error that ends the
    // reading.
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(bytes)
}

/// Where to find a field, and what to call it in a report.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    pub name: &'static str,
    index: usize,
}

/// A walk over the rows of a [`Table`].
pub struct Rows<'t> {
    table: &'t Table,
    reader: csv::Reader<&'t [u8]>,
    /// Where the reader began, in bytes of the file.
    base: usize,
    /// Up to which byte line ends have been counted, and the number of the line that this byte is
    /// on.
    counted: usize,
    line: u64,
    text: StringRecord,
}

/// A row with all its fields, and all of them UTF-8.
pub struct Row<'r> {
    pub line: u64,
    text: &'r StringRecord,
}

impl Row<'_> {
    /// The field in this column, without the white space around it.
    pub fn get(&self, column: Column) -> &str {
        self.text.get(column.index).unwrap_or_default().trim()
    }
}

impl Rows<'_> {
    /// The next row, or why it is refused; `None` at the end of the file.
    ///
    /// Not an `Iterator`, since a row borrows from this: half a million rows are read with one
    /// buffer.
    pub fn next(&mut self) -> Option<Result<Row<'_>, Reject>> {
        let start = self.skip_line_ends();
        self.count_lines(start);
        let mut record = std::mem::take(&mut self.text).into_byte_record();
        if !self.reader.read_byte_record(&mut record).unwrap_or(false) {
            return None;
        }

        let line = self.line;
        let reject = |reason| {
            Some(Err(Reject {
                file: self.table.file,
                line,
                reason,
            }))
        };
        let end = self.position();
        if let Some(reason) = self.structural_fault(&record, start, end) {
            self.resume_below(start, end);
            return reject(reason);
        }
        match StringRecord::from_byte_record(record) {
            Ok(text) => {
                self.text = text;
                Some(Ok(Row {
                    line,
                    text: &self.text,
                }))
            }
            Err(_) => reject(Reason::NotUtf8),
        }
    }

    fn skip_header(&mut self) {
        self.skip_line_ends();
        let _ = self.reader.read_byte_record(&mut ByteRecord::new());
    }

    /// Where the next row begins. The reader stops inside a CRLF and skips empty lines only while
    /// it reads on, so its own line numbers are those of the place where it stopped.
    fn skip_line_ends(&self) -> usize {
        let position = self.position();
        let skipped = self.table.bytes[position..]
            .iter()
            .take_while(|byte| matches!(byte, b'\r' | b'\n'))
            .count();
        position + skipped
    }

    fn position(&self) -> usize {
        let read = usize::try_from(self.reader.position().byte()).unwrap_or(usize::MAX);
        (self.base + read).min(self.table.bytes.len())
    }

    fn count_lines(&mut self, upto: usize) {
        let bytes = &self.table.bytes;
        let ends = (self.counted..upto).filter(|&at| match bytes[at] {
            b'\n' => true,
            b'\r' => bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        });
        self.line += ends.count() as u64;
        self.counted = upto;
    }

    fn structural_fault(&self, record: &ByteRecord, start: usize, end: usize) -> Option<Reason> {
        // A quote that is never closed makes the rest of the file one field, perhaps of a row that
        // has all its fields.
        let row = self.table.bytes[start..end].trim_ascii_end();
        if end == self.table.bytes.len() && row.contains(&b'\n') {
            // An odd number of quotes cuts the row into an even number of pieces.
            if row.split(|&byte| byte == b'"').count() % 2 == 0 {
                return Some(Reason::UnclosedQuote);
            }
        }
        let (expected, found) = (self.table.header.len(), record.len());
        // Real files have addresses with commas and without quotes. That is harmless to the right
        // of all that is used, so one line may have too many fields there; anywhere else it would
        // silently shift a price into a quantity.
        let is_harmless = found > expected && self.table.used < expected && !row.contains(&b'\n');
        (expected != found && !is_harmless).then_some(Reason::FieldCount { expected, found })
    }

    /// Goes on below the first line of a faulty row. A stray quote joins it with the lines up to
    /// the next quote; those are rows of their own, and should not be lost with it.
    fn resume_below(&mut self, start: usize, end: usize) {
        let row = &self.table.bytes[start..end];
        let Some(first_line) = row.iter().position(|&byte| byte == b'\n') else {
            return;
        };
        if row[first_line..].trim_ascii().is_empty() {
            return;
        }
        self.base = start + first_line + 1;
        self.reader = reader(&self.table.bytes[self.base..]);
    }
}
