//! HTTP.

use super::Row;

pub const ROWS: &[Row] = &[
    (
        "Names and values of fields are checked when they are set.",
        &[
            "http::rules::fields_and_messages_keep_their_rules",
            "http::refusing::nothing_can_be_smuggled_into_a_head",
        ],
    ),
    (
        "Names of fields are compared without regard to case.",
        &["http::rules::fields_and_messages_keep_their_rules"],
    ),
    (
        "Fields keep their order and spelling, sent and received.",
        &["http::rules::fields_go_and_come_in_their_order_and_spelling"],
    ),
    (
        "The fields of a message, the guest's own or a response, cannot be changed.",
        &["http::rules::fields_and_messages_keep_their_rules"],
    ),
    (
        "`connection`, `keep-alive`, `proxy-authenticate`, `proxy-authorization`, \
         `proxy-connection`, `transfer-encoding`, `upgrade`, `host` and `http2-settings` are \
         forbidden to guests.",
        &["http::rules::fields_and_messages_keep_their_rules"],
    ),
    (
        "The body of a request is sent while the guest writes it.",
        &[
            "http::transfer::a_large_body_goes_out_in_chunks",
            "http::transfer::a_slow_server_slows_the_guest",
        ],
    ),
    (
        "A body that is written before its request is handed over holds 64 KiB; a write that could \
         only wait for ever fails with a text that says so.",
        &[
            "lib::host::http::outgoing::tests::a_write_to_a_full_body_before_its_request_is_handed_over_says_why_it_fails",
        ],
    ),
    (
        "The body of a response is read while the server sends it.",
        &[
            "http::transfer::a_large_body_streams_through",
            "http::transfer::a_slow_guest_slows_the_server",
        ],
    ),
    (
        "Trailers are sent and received.",
        &[
            "http::bodies::a_body_is_framed_by_what_is_known_of_it",
            "http::bodies::trailers_come_back",
        ],
    ),
    (
        "A request with `content-length` has a body of that length, or fails.",
        &["http::bodies::a_declared_length_is_held_to"],
    ),
    (
        "A response that ends before its `content-length` is `HTTP-response-incomplete`.",
        &["http::hostile::answers_that_are_none_have_the_right_code"],
    ),
    (
        "`connect-timeout` bounds the time in which a connection is made.",
        &["http::timeouts::a_connection_that_is_never_made_is_late"],
    ),
    (
        "`first-byte-timeout` bounds the time until the response's head is there.",
        &[
            "http::timeouts::a_server_that_says_nothing_is_late",
            "http::timeouts::a_head_that_comes_byte_by_byte_is_late",
        ],
    ),
    (
        "`between-bytes-timeout` bounds each wait within a body, in both directions.",
        &[
            "http::timeouts::a_body_that_stops_is_late",
            "http::timeouts::a_server_that_takes_nothing_is_late",
        ],
    ),
    (
        "What goes wrong has the error code of its kind.",
        &[
            "http::refusing::targets_that_are_none",
            "http::refusing::servers_that_are_not_there",
            "http::hostile::answers_that_are_none_have_the_right_code",
        ],
    ),
    (
        "`get` of a future gives its value once, and then an error.",
        &["http::rules::fields_and_messages_keep_their_rules"],
    ),
    (
        "A TLS server is verified: its certificate, its name and its time, against the system's \
         roots and those of `wasi.http.ca`.",
        &[
            "http::tls::a_server_is_trusted_for_its_names",
            "http::tls::a_certificate_that_does_not_fit_is_refused",
        ],
    ),
    (
        "A request without a path asks for `/`.",
        &["http::bodies::a_request_without_a_path_asks_for_the_root"],
    ),
    (
        "Lines of a response may end with LF alone.",
        &["lib::http::tests::wide::lines_may_end_with_lf_alone_and_an_empty_one_may_come_first"],
    ),
    (
        "One empty line may come before a response.",
        &["lib::http::tests::wide::lines_may_end_with_lf_alone_and_an_empty_one_may_come_first"],
    ),
    (
        "A field of a response that goes on in the next line is joined by a space.",
        &["lib::http::tests::wide::a_line_that_continues_another_is_joined_by_a_space"],
    ),
    (
        "A response may have the same `content-length` several times, in lines or in a list.",
        &["lib::http::tests::wide::a_connection_is_not_kept_where_two_readers_could_disagree"],
    ),
    (
        "Where a response has a `content-length` and is chunked as well, the chunks count.",
        &["lib::http::tests::wide::a_connection_is_not_kept_where_two_readers_could_disagree"],
    ),
    (
        "Spaces may stand in the lines of chunks.",
        &["lib::http::tests::wide::spaces_may_stand_in_the_lines_of_chunks"],
    ),
    (
        "No field gives a body to a response that has none by its status or by the request's \
         method.",
        &[
            "lib::http::tests::wide::no_field_gives_a_body_to_what_has_none",
            "http::bodies::head_and_no_content_and_not_modified_have_no_body",
        ],
    ),
    (
        "Up to 100 informational responses may come before the real one.",
        &["lib::http::tests::wide::a_hundred_informational_answers_may_come_first"],
    ),
    (
        "A connection is not used again where two readers could disagree about the end of a \
         response.",
        &["lib::http::tests::wide::a_connection_is_not_kept_where_two_readers_could_disagree"],
    ),
    (
        "Requests are read strictly.",
        &["lib::http::tests::wide::requests_are_read_strictly"],
    ),
];
