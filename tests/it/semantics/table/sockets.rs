//! Sockets and names.

use super::Row;

pub const ROWS: &[Row] = &[
    // TCP
    (
        "An address that cannot be bound is told by binding.",
        &[
            "sockets::tcp::a_port_that_somebody_listens_on_is_in_use",
            "sockets::tcp::addresses_that_are_none_are_invalid_arguments",
        ],
    ),
    (
        "Finishing what is still under way is `would-block`.",
        &["lib::host::sockets::tests::finishing_what_is_under_way_would_block"],
    ),
    (
        "Finishing what was not started is `not-in-progress`.",
        &["sockets::tcp::every_wrong_order_is_an_invalid_state"],
    ),
    (
        "Every other wrong order is `invalid-state`, or `concurrency-conflict` while something is \
         under way.",
        &[
            "sockets::tcp::every_wrong_order_is_an_invalid_state",
            "sockets::matrix::every_function_of_a_tcp_socket_in_every_state",
        ],
    ),
    (
        "The functions of sockets look at the state before they look at their arguments.",
        &[
            "sockets::matrix::every_function_of_a_tcp_socket_in_every_state",
            "sockets::matrix::every_function_of_a_udp_socket_in_every_state",
        ],
    ),
    (
        "Options reach the operating system, and accepted sockets inherit them.",
        &["sockets::tcp::options_reach_the_system_and_accepted_sockets"],
    ),
    (
        "Options that cannot be 0 answer 0 with `invalid-argument`.",
        &["sockets::tcp::options_reach_the_system_and_accepted_sockets"],
    ),
    (
        "An IPv6 socket takes nothing of IPv4.",
        &["lib::host::sockets::tests::sockets_of_ipv6_leave_the_ports_of_ipv4_alone"],
    ),
    (
        "`accept` does not wait: where nobody connects it is `would-block`.",
        &["sockets::tcp::every_wrong_order_is_an_invalid_state"],
    ),
    (
        "Each direction is shut down by itself.",
        &[
            "sockets::tcp::a_client_talks_to_a_native_server_and_half_closes",
            "sockets::tcp::a_server_half_closes_and_still_reads",
        ],
    ),
    // UDP
    (
        "`stream` with an address connects the socket: what others have sent is not received.",
        &[
            "sockets::udp::states_and_streams_that_were_replaced",
            "sockets::udp::what_cannot_be_sent_says_why_and_what_came_before_it_is_sent",
        ],
    ),
    (
        "A new `stream` retires the two before it: calls on them are `invalid-state`.",
        &["sockets::udp::states_and_streams_that_were_replaced"],
    ),
    (
        "`receive` gives what is there and does not wait.",
        &["sockets::udp::states_and_streams_that_were_replaced"],
    ),
    (
        "`check-send` permits a number of datagrams; sending more traps.",
        &["sockets::udp::more_than_was_permitted_traps"],
    ),
    (
        "Sending to an address that is none, or to another than the connected one, is \
         `invalid-argument`.",
        &["sockets::udp::what_cannot_be_sent_says_why_and_what_came_before_it_is_sent"],
    ),
    (
        "A datagram that is too long is `datagram-too-large`.",
        &["sockets::udp::what_cannot_be_sent_says_why_and_what_came_before_it_is_sent"],
    ),
    // Names
    (
        "`resolve-addresses` returns at once; `resolve-next-address` is `would-block` until there \
         is an answer.",
        &[
            "sockets::names::a_name_is_looked_up_meanwhile",
            "sockets::names::names_that_nobody_answers_stop_no_other_lookup",
        ],
    ),
    (
        "Brackets around an IPv6 address are taken off.",
        &["lib::host::sockets::names::tests::brackets_are_taken_off_and_mapped_addresses_are_ipv4"],
    ),
    (
        "An IPv4 address that is written as an IPv6 one comes out as the IPv4 one.",
        &["lib::host::sockets::names::tests::brackets_are_taken_off_and_mapped_addresses_are_ipv4"],
    ),
    (
        "Names in any script are mapped and encoded (UTS 46) before they are asked for.",
        &[
            "dispatcher::lib::net::host_name::tests::other_scripts_are_encoded",
            "sockets::names::a_name_that_nobody_has_is_unresolvable_in_any_script",
        ],
    ),
    (
        "Names that nobody answers stop no other lookup, of the same call or of any other.",
        &[
            "sockets::names::names_that_nobody_answers_stop_no_other_lookup",
            "dispatcher::net::slow_names::slow_names_stop_nobody_elses",
        ],
    ),
];
