//! Waiting, clocks, randomness, resources and streams.

use super::Row;

pub const ROWS: &[Row] = &[
    // Polling
    (
        "`poll` of an empty list traps.",
        &["polling::an_empty_list_traps"],
    ),
    (
        "`poll` returns once something is ready, with the index of each pollable in the list that \
         is ready and no other.",
        &["polling::a_poll_gives_all_that_are_ready_and_nothing_else"],
    ),
    (
        "A pollable that stands in the list twice gives both indexes.",
        &["polling::a_pollable_that_is_listed_twice_gives_both_indexes"],
    ),
    (
        "A pollable that is ready has something to get: bytes, a datagram, a connection, room, \
         the end or an error.",
        &[
            "lib::host::sockets::tcp_state::tests::what_took_all_there_was_leaves_nothing_ready",
            "lib::host::sockets::udp_streams::tests::what_others_sent_before_a_socket_was_connected_makes_nothing_ready",
            "dispatcher::net::udp::an_error_that_a_send_was_told_is_not_there_to_be_received",
        ],
    ),
    (
        "What took exactly all that there was leaves nothing ready before more comes.",
        &[
            "lib::host::stdio::input::tests::a_pipe_or_a_socket_that_was_read_to_its_last_byte_is_not_ready",
            "lib::host::sockets::tcp_state::tests::what_took_all_there_was_leaves_nothing_ready",
            "lib::host::sockets::udp_streams::tests::what_took_the_last_datagram_leaves_nothing_ready",
            "dispatcher::net::tcp::what_was_read_exactly_is_not_ready_before_more_comes",
        ],
    ),
    // Clocks
    (
        "`subscribe-duration(0)`, and `subscribe-instant` of a time that is past, are ready at \
         once.",
        &["clocks::the_longest_times_never_come_and_the_shortest_are_there_at_once"],
    ),
    (
        "The longest duration and the last instant are never ready, and overflow nothing.",
        &["clocks::the_longest_times_never_come_and_the_shortest_are_there_at_once"],
    ),
    // Random
    (
        "A list of random bytes has the length that was asked for, whatever it is.",
        &["random::lists_have_the_length_that_was_asked_for"],
    ),
    (
        "A list that is longer than the entry's memory limit fails the call.",
        &["random::beyond_the_memory_limit_the_call_fails"],
    ),
    (
        "The insecure seed is the same for the whole instance.",
        &["lib::host::random::tests::an_instance_has_one_insecure_seed"],
    ),
    // Parents and children
    (
        "Dropping a stream before its pollables traps.",
        &["children::a_stream_with_a_living_pollable_cannot_be_dropped"],
    ),
    (
        "Dropping a TCP socket before its streams or its pollables traps.",
        &["sockets::children::a_parent_with_a_living_child_cannot_be_dropped"],
    ),
    (
        "Dropping a UDP socket before its streams traps, and so does dropping one of these \
         streams before its pollables.",
        &["sockets::children::a_parent_with_a_living_child_cannot_be_dropped"],
    ),
    (
        "Dropping a lookup of a name before its pollables traps.",
        &["sockets::children::a_parent_with_a_living_child_cannot_be_dropped"],
    ),
    (
        "Dropping an HTTP body before its stream traps, and so does dropping the future of a \
         response before its pollables.",
        &["http::rules::parents_outlive_their_children_except_for_headers"],
    ),
    (
        "The streams of a file can be used after its descriptor was dropped.",
        &["files::streams::streams_read_and_write_from_their_offsets"],
    ),
    (
        "The listing of a directory can be read on after its descriptor was dropped.",
        &["files::directories::streams_of_one_directory_do_not_share_their_place_and_outlive_it"],
    ),
    (
        "The headers of an HTTP message can be used after the message was dropped.",
        &["http::rules::parents_outlive_their_children_except_for_headers"],
    ),
    // Delivery
    (
        "What `write` has accepted on a standard stream is delivered, whether the call returns, \
         exits or traps.",
        &["streams::what_was_accepted_is_delivered_before_the_call_ends"],
    ),
    (
        "What `write` has accepted on a TCP connection is delivered, whether the call returns, \
         exits or traps.",
        &["sockets::ends::what_was_accepted_is_delivered_whatever_ends_the_call"],
    ),
    (
        "What `write` has accepted on the stream of a file is written to the file, without a \
         flush as well.",
        &[
            "files::streams::what_was_taken_is_written_when_the_call_ends",
            "files::streams::what_a_dropped_stream_has_taken_comes_before_what_is_done_next",
        ],
    ),
    (
        "Dropping an output stream or shutting a connection down returns at once; the rest of the \
         data follows in order, and then the end.",
        &[
            "lib::host::io::tests::connections::a_peer_that_does_not_read_holds_up_neither_shutdown_nor_drop",
            "lib::host::io::write_queue::tests::parts_are_kept_in_order_and_the_end_comes_behind_them",
        ],
    ),
    (
        "An HTTP request that was handed over is sent before the call ends.",
        &["http::delivery::what_was_handed_over_is_sent_before_the_call_ends"],
    ),
    (
        "The end of a call waits for all of this, for `limits.delivery_ms` at most; what is left \
         then is given up, and its connections are reset.",
        &[
            "lib::host::io::write_queue::tests::the_end_of_a_call_waits_for_what_was_accepted_and_not_for_ever",
            "sockets::ends::what_nobody_takes_is_given_up_in_time",
            "http::delivery::what_is_not_sent_in_time_is_given_up",
        ],
    ),
    (
        "Functions that do not say that they block do not wait for a peer.",
        &[
            "sockets::matrix::every_function_of_a_tcp_socket_in_every_state",
            "sockets::matrix::every_function_of_a_udp_socket_in_every_state",
            "lib::host::io::tests::connections::a_peer_that_does_not_read_holds_up_neither_shutdown_nor_drop",
        ],
    ),
    (
        "A peer that does not read stops only those who write to it.",
        &[
            "sockets::ends::a_peer_that_reads_late_parks_its_writer_at_the_permit",
            "streams::a_full_pipe_parks_its_writer_and_nobody_else",
        ],
    ),
    // Streams
    (
        "`read(0)` gives an empty list while the stream is open, and `closed` once its end was \
         read.",
        &[
            "children::reading_nothing_tells_an_open_stream_from_an_ended_one",
            "sockets::tcp::nothing_is_read_while_the_stream_is_open_and_the_end_after_it_was_shut_down",
        ],
    ),
    (
        "`read(0)` on a connection that was shut down for receiving gives `closed` at once.",
        &[
            "sockets::tcp::nothing_is_read_while_the_stream_is_open_and_the_end_after_it_was_shut_down",
        ],
    ),
    (
        "The end of a stream is `closed`.",
        &[
            "stdio::sources_without_a_byte_end_at_once",
            "sockets::ends::an_orderly_end_is_closed",
            "files::streams::streams_read_and_write_from_their_offsets",
        ],
    ),
    (
        "Writing more than `check-write` permitted traps.",
        &["children::more_than_was_permitted_traps"],
    ),
    (
        "`blocking-write-and-flush` and `blocking-write-zeroes-and-flush` of more than 4096 bytes \
         trap.",
        &["children::more_than_was_permitted_traps"],
    ),
    (
        "What `check-write` permits can be written at once, whole or in parts.",
        &[
            "lib::host::io::tests::a_permit_is_used_in_parts_with_files",
            "lib::host::io::tests::a_permit_is_used_in_parts_with_descriptors",
            "lib::host::io::tests::a_permit_is_used_in_parts_with_a_pipe_in_memory",
            "lib::host::io::tests::a_permit_is_used_in_parts_with_a_body",
            "lib::host::io::tests::connections::a_permit_is_used_in_parts_with_a_connection",
        ],
    ),
    (
        "`check-write` permits nothing while there is no room.",
        &[
            "streams::in_virtual_time_a_full_pipe_parks_its_writer",
            "streams::a_full_pipe_parks_its_writer_and_nobody_else",
        ],
    ),
    (
        "`last-operation-failed` is told once, with an error whose debug string says what \
         happened; the stream is `closed` then.",
        &[
            "streams::a_failure_is_told_once_with_what_happened",
            "lib::host::io::tests::a_stream_is_closed_after_its_first_error",
        ],
    ),
    (
        "`filesystem-error-code` gives the code of such an error of a file.",
        &["files::streams::a_stream_says_why_it_failed_and_is_closed_then"],
    ),
    (
        "`network-error-code` gives the code of such an error of a connection.",
        &["sockets::ends::a_reset_is_told_with_its_code_and_then_the_stream_is_closed"],
    ),
    (
        "`http-error-code` gives the code of such an error of an HTTP body.",
        &["http::hostile::answers_that_are_none_have_the_right_code"],
    ),
];
