//! Serving HTTP.

use super::Row;

pub const ROWS: &[Row] = &[
    (
        "A component that exports `wasi:http/incoming-handler` answers requests, each in a fresh \
         instance, whatever its entry's `method` is.",
        &[
            "serving::answers::a_guest_answers_over_the_systems_sockets",
            "serving::answers::requests_are_answered_side_by_side",
        ],
    ),
    (
        "A served guest sees the request as its client wrote it, without the fields that are \
         forbidden to guests.",
        &[
            "serving::answers::a_request_comes_with_all_its_parts",
            "serving::answers::the_rules_of_the_interface_hold",
        ],
    ),
    (
        "The body of a served request is read while the client sends it, and its response is sent \
         while the guest writes it.",
        &[
            "serving::streaming::a_body_comes_back_while_it_is_sent",
            "serving::streaming::a_long_body_goes_through_a_guest",
        ],
    ),
    (
        "A client that does not read stops its guest, a guest that does not read stops its \
         client, and neither stops others.",
        &[
            "serving::streaming::a_client_that_does_not_read_holds_up_its_guest_alone",
            "serving::streaming::a_guest_that_does_not_read_holds_up_its_client_alone",
        ],
    ),
    (
        "Trailers of served requests and of their responses reach the other side.",
        &["serving::answers::trailers_go_both_ways"],
    ),
    (
        "What a guest writes as the body of a response that has none is thrown away.",
        &["serving::answers::answers_that_have_no_body_throw_away_what_is_written"],
    ),
    (
        "A guest that gives no response has its client answered: 500, also where its own limit has \
         ended it, with an error ID that the log has too; 504 where the time for the response has \
         passed.",
        &[
            "serving::failures::no_response_is_500_with_an_id_of_its_own",
            "serving::failures::its_own_deadline_is_500_before_the_head_and_a_cut_behind_it",
            "routes::deadlines::so_has_that_of_a_component_that_answers_requests_itself",
        ],
    ),
    (
        "An error code in the place of a response is a status.",
        &["serving::failures::an_error_code_is_the_status_that_the_page_says"],
    ),
    (
        "A response whose body is not finished, or not as long as declared, is cut, so that its \
         client sees that.",
        &[
            "serving::failures::a_response_that_is_not_finished_is_cut",
            "serving::failures::a_body_has_the_length_that_its_head_declares",
        ],
    ),
    (
        "A guest may go on when its response is finished.",
        &["serving::streaming::a_guest_goes_on_when_it_has_answered"],
    ),
    (
        "A guest whose client is gone cannot write any more, and has `limits.delivery_ms` to end.",
        &[
            "serving::departures::a_guest_learns_that_its_client_is_gone_when_it_writes",
            "serving::departures::a_guest_whose_client_is_gone_has_so_long_to_end",
            "serving::departures::a_client_that_is_gone_before_the_head_gives_up_its_call",
            "serving::departures::a_client_that_closed_its_half_gives_up_its_call_too",
        ],
    ),
    (
        "A request waits for a place in the pool of its entry, 10 s at most; its client is asked \
         to come again then.",
        &[
            "serving::pools::a_request_waits_for_an_instance",
            "serving::pools::a_request_that_waits_too_long_is_asked_to_come_again",
            "serving::pools::a_request_too_many_is_refused_at_once",
        ],
    ),
    (
        "Whatever happens to the network, a request is answered or its client sees an error, and \
         no guest is left behind.",
        &[
            "serving::simulated::every_request_is_answered_or_its_client_sees_an_error",
            "serving::simulated::no_call_outlives_its_request",
        ],
    ),
];
