//! Every function in every state.

use serde_json::json;

use super::{Guest, families};

/// Words in columns, as the expected tables are written.
fn in_columns(lines: &[String]) -> String {
    let mut table = String::new();
    for line in lines {
        let (name, outcomes) = line.split_once(": ").expect("a function and its outcomes");
        table.push_str(&format!("{name:<27}"));
        for outcome in outcomes.split(' ') {
            table.push_str(&format!(" {outcome:<11}"));
        }
        table.truncate(table.trim_end().len());
        table.push('\n');
    }
    table
}

#[test]
fn every_function_of_a_tcp_socket_in_every_state() {
    let guest = Guest::new();
    for v6 in families() {
        let table = in_columns(&guest.lines("tcp-matrix", &[json!(v6)]));
        assert_eq!(table, include_str!("tcp_matrix.txt"), "IPv6: {v6}\n{table}");
    }
}

#[test]
fn every_function_of_a_udp_socket_in_every_state() {
    let guest = Guest::new();
    for v6 in families() {
        let table = in_columns(&guest.lines("udp-matrix", &[json!(v6)]));
        assert_eq!(table, include_str!("udp_matrix.txt"), "IPv6: {v6}\n{table}");
    }
}
