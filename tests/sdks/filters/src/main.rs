//! Reads lines `[filter, document]` and answers each with a line: whether the document passes the
//! filter, or `null` for a filter that is not valid.

use std::io::{BufRead, Write, stdin, stdout};

use iii_filter::Filter;
use serde_json::Value;

fn main() {
    let mut out = stdout().lock();
    for line in stdin().lock().lines() {
        let line = line.expect("standard input can be read");
        let (filter, document): (Value, Value) =
            serde_json::from_str(&line).expect("a line is [filter, document]");
        let answer = match Filter::parse(&filter) {
            Ok(filter) => Value::Bool(filter.matches_value(&document)),
            Err(_) => Value::Null,
        };
        writeln!(out, "{answer}").expect("standard output can be written");
        out.flush().expect("standard output can be written");
    }
}
