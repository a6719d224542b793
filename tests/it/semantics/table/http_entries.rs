//! HTTP entries: `docs/http-entries.md`.

use super::Row;

pub const ROWS: &[Row] = &[
    // Which server
    (
        "A service needs `addr`, an endpoint `path` and `func`; without them they are mistakes.",
        &["lib::registry::tests::services::mistakes_of_http_entries"],
    ),
    (
        "An `http.service` with `lifecycle: {auto_start: true}` listens while `wippy run` runs; any other does not.",
        &["routes::lifecycle::only_what_is_started_with_the_project_listens"],
    ),
    (
        "`addr` is `host:port`. An empty host is every address of the machine, a name all addresses that it has; port 0 is any free one, and the log says which.",
        &[
            "routes::command::it_says_where_it_listens_and_answers_there",
            "routes::command::every_address_is_listened_on_where_no_host_is_named",
            "lib::registry::kinds::http::service::tests::addresses",
        ],
    ),
    (
        "It listens once what it depends on has started, and not where that has failed.",
        &["routes::lifecycle::it_starts_behind_what_it_depends_on"],
    ),
    (
        "Where its address cannot be listened on it is tried again, as `lifecycle.restart` says.",
        &["routes::lifecycle::an_address_in_use_is_tried_again"],
    ),
    (
        "When it stops, it accepts no new connections and answers the requests in flight; what is left after `lifecycle.stop_timeout` is cut off.",
        &[
            "routes::lifecycle::requests_in_flight_are_answered_before_it_ends",
            "routes::lifecycle::what_is_not_answered_within_stop_timeout_is_cut_off",
        ],
    ),
    (
        "SIGTERM stops all services so, and `wippy run` ends with 0; a second signal ends it at once.",
        &[
            "routes::command::a_signal_lets_requests_end_and_a_second_one_does_not",
            "serving::under_load::every_request_to_a_service_from_before_a_signal_is_answered",
        ],
    ),
    (
        "`timeouts.read` is for a whole request, its body included, whatever answers it: 408 after it. Where nothing is written it is half a minute.",
        &["routes::transports::a_body_that_is_too_large_or_never_ends_is_refused"],
    ),
    (
        "`timeouts.write` is for a whole response, whether its guest waits or computes: 504 after it. Where nothing is written it is a minute.",
        &[
            "routes::deadlines::a_response_has_its_time_whether_the_guest_waits_or_computes",
            "routes::deadlines::so_has_that_of_a_component_that_answers_requests_itself",
            "routes::deadlines::a_response_has_a_minute_where_nothing_is_written",
        ],
    ),
    (
        "`timeouts.idle` is for the next request of a connection.",
        &["routes::lifecycle::a_connection_is_closed_once_it_was_idle"],
    ),
    (
        "`tls` is `cert` and `key`, PEM files within `fs.directory` entries. SIGHUP reads them again; broken ones keep the server from starting, or are not used.",
        &[
            "routes::operators::a_service_speaks_tls_with_the_files_of_its_entry",
            "routes::operators::a_certificate_that_cannot_be_used_keeps_a_service_from_starting",
        ],
    ),
    (
        "`--access-log`, `--admin-addr` and the other options of `wippy run` hold for all services; all of them are served on one thread, and their functions run on `--threads`. Components that answer requests themselves run on the one thread too; `wippy serve FILE --threads N` serves one of them on several.",
        &[
            "routes::operators::services_have_a_log_and_probes",
            "routes::operators::options_of_services_are_refused_elsewhere",
        ],
    ),
    (
        "`network` and settings of `tls` that are not supported are mistakes, and keep the server from starting.",
        &[
            "routes::protection::settings_that_would_protect_it_keep_a_server_from_starting",
            "lib::registry::tests::routes::settings_of_a_server_that_cannot_be_done_without_are_mistakes",
        ],
    ),
    // Which route
    (
        "A router belongs to the service that `meta.server` names, an endpoint to the router that `meta.router` names; where there is only one, it may be left out.",
        &[
            "lib::registry::tests::services::http_entries_imply_what_there_is_one_of",
            "lib::registry::tests::services::mistakes_of_http_entries",
            "routes::paths::each_service_answers_for_its_own_routers_alone",
        ],
    ),
    (
        "The path of an endpoint follows its router's `prefix`. `/` is the prefix itself, with a slash at its end and without.",
        &[
            "routes::paths::text_goes_before_parameters_and_these_before_the_rest",
            "lib::registry::tests::routes::a_prefix_and_its_root_are_two_paths_of_one_route",
        ],
    ),
    (
        "`{x}` and `:x` take one segment that is not empty, a final `{x...}` the rest, slashes included, which may be empty.",
        &[
            "lib::routes::tests::text_goes_before_a_parameter_and_that_before_the_rest",
            "lib::routes::tests::slashes_are_segments_of_their_own",
        ],
    ),
    (
        "Segment by segment text goes before a parameter, and a parameter before the rest.",
        &[
            "lib::routes::tests::text_goes_before_a_parameter_and_that_before_the_rest",
            "routes::paths::text_goes_before_parameters_and_these_before_the_rest",
        ],
    ),
    (
        "Paths are split at their slashes and decoded then: `%2F` separates nothing.",
        &[
            "lib::routes::tests::segments_are_decoded_once_and_after_they_were_split",
            "routes::transports::parameters_of_the_path_are_arguments_of_the_same_name",
        ],
    ),
    (
        "`/a`, `/a/` and `//a` are three paths; nothing is redirected.",
        &["lib::routes::tests::slashes_are_segments_of_their_own"],
    ),
    (
        "A path with a segment `.` or `..`, encoded or not, or with an escape that is no text, is 400.",
        &[
            "lib::routes::tests::dot_segments_are_malformed_wherever_they_stand",
            "routes::paths::what_no_route_answers_has_a_status_and_a_reason",
        ],
    ),
    (
        "An endpoint without `method`, or with `*`, takes any; `HEAD` is answered by `GET`.",
        &[
            "lib::routes::tests::methods_are_looked_for_over_all_routes_of_a_path",
            "lib::registry::tests::routes::what_means_nothing_is_served",
            "routes::transports::head_is_the_head_of_get",
        ],
    ),
    (
        "A path that no route has is 404; one whose routes have another method is 405 with `Allow`; `OPTIONS` is 204 with `Allow` where no route takes it.",
        &[
            "routes::paths::what_no_route_answers_has_a_status_and_a_reason",
            "lib::routes::tests::methods_are_looked_for_over_all_routes_of_a_path",
        ],
    ),
    (
        "Two endpoints with the same route are a mistake of both, which names the other and its place.",
        &[
            "lib::registry::tests::routes::the_same_route_twice_is_a_mistake_of_both_that_names_the_other",
            "routes::command::mistakes_of_routes_are_shown_before_it_serves_the_others",
        ],
    ),
    (
        "`wippy check`, `wippy registry routes` and `wippy inspect` of an HTTP entry show the routes, and what keeps one from answering.",
        &["routes::command::routes_are_listed_and_checked"],
    ),
    // What is not served
    (
        "Middleware that does not exist here makes the routes of its router answer 503.",
        &["routes::protection::middleware_that_is_not_there_makes_its_routes_answer_503"],
    ),
    (
        "`cors`, `compress`, `real_ip`, `metrics` and `otel` have no effect and protect nothing: they only warn.",
        &["routes::protection::harmless_middleware_only_warns"],
    ),
    (
        "A field of an HTTP entry that is not known (`middlewares`, `auth`, a `middleware` of an endpoint) may be meant to protect: the routes of its service, router or endpoint answer 503, and a warning names its place. So does one in `meta` that looks like protection, and an option of middleware that the router does not list. Anything else in `meta` and keys that begin with `x-` are free.",
        &[
            "routes::protection::a_field_that_is_not_known_makes_its_routes_answer_503",
            "lib::registry::tests::routes::an_unknown_field_of_an_http_entry_keeps_its_routes_from_being_served",
            "lib::registry::tests::routes::the_same_of_an_endpoint_and_of_a_service",
            "lib::registry::tests::routes::what_means_nothing_is_served",
        ],
    ),
    (
        "An endpoint over a function of a kind that is not run here answers 501.",
        &["routes::protection::a_function_that_is_not_run_here_is_501"],
    ),
    (
        "An endpoint that has mistakes, or needs an entry that has, answers 500 with an error ID, and the log has the same ID with the first mistake; no other route takes its requests.",
        &[
            "routes::protection::an_endpoint_with_mistakes_keeps_its_route",
            "lib::registry::tests::routes::an_endpoint_with_mistakes_keeps_its_place",
            "lib::registry::tests::routes::entries_with_one_id_keep_the_places_of_both",
        ],
    ),
    (
        "Where mistakes hide which requests are an endpoint's, or its router is mistaken, all below the router's prefix that may be meant answers 500 in the same way: all but routes whose path is text alone and that name the method. Where the prefix is hidden too, that is the whole service, and all services where nobody knows which.",
        &[
            "routes::protection::no_other_route_takes_what_a_mistake_hides",
            "routes::protection::no_other_route_takes_what_is_below_a_router_with_mistakes",
            "lib::registry::tests::routes::a_router_with_mistakes_keeps_all_that_is_below_its_prefix",
        ],
    ),
    // How a function answers
    (
        "An endpoint serves a function of either `transport` in the same way.",
        &["routes::transports::the_body_is_the_one_argument_and_the_result_the_answer"],
    ),
    (
        "The body of the request is the function's one argument, a string or a list of bytes; an empty body is an empty one.",
        &[
            "routes::transports::the_body_is_the_one_argument_and_the_result_the_answer",
            "routes::transports::bytes_that_are_no_text_come_back_as_they_were",
        ],
    ),
    (
        "A function without parameters is called with none.",
        &["routes::transports::the_body_is_the_one_argument_and_the_result_the_answer"],
    ),
    (
        "For other parameters the body is the JSON array of the arguments.",
        &["routes::transports::the_body_is_the_one_argument_and_the_result_the_answer"],
    ),
    (
        "A parameter of the function that has the name of one of the path takes its text instead, as a word of a command line; the body is for the others.",
        &["routes::transports::parameters_of_the_path_are_arguments_of_the_same_name"],
    ),
    (
        "What does not fit is 400 with a text that says where.",
        &["routes::transports::what_does_not_fit_is_the_clients_mistake_and_says_where"],
    ),
    (
        "No result is 204, a string `text/plain; charset=utf-8`, a list of bytes `application/octet-stream`, anything else JSON; a `result` that is `err` too.",
        &["routes::transports::the_body_is_the_one_argument_and_the_result_the_answer"],
    ),
    (
        "A failed call is 500 with an error ID, and the log has the same ID with the reason; so is one whose `limits.max_execution_ms` has passed, also of a component that answers requests itself.",
        &[
            "routes::transports::a_failed_call_is_500_with_an_id_and_no_details",
            "routes::command::it_says_where_it_listens_and_answers_there",
            "routes::deadlines::a_functions_own_limit_is_a_failed_call",
            "routes::deadlines::its_own_limit_is_a_failed_call_too",
        ],
    ),
    (
        "Outside of a request `wasi-http` is `payload`.",
        &["routes::transports::outside_of_a_request_both_transports_are_one"],
    ),
    (
        "A component that exports `wasi:http/incoming-handler` answers the requests of its routes itself: it reads their bodies while they come, and its answers are sent while it writes them.",
        &[
            "routes::transports::a_component_that_exports_the_handler_answers_itself",
            "routes::transports::a_component_at_a_route_streams_both_ways",
        ],
    ),
    (
        "Requests whose function or component has no place or no instance free wait in order: `waiting.requests` of them, `waiting.timeout` each. Any other is 503 with `Retry-After`, which is `waiting.timeout`; the log has a line a second at most about them. The time in which a module is read and compiled does not count.",
        &[
            "routes::waiting::requests_wait_for_their_turn",
            "routes::waiting::a_full_waiting_room_turns_away_at_once",
            "routes::waiting::who_waits_for_too_long_is_turned_away",
            "routes::waiting::a_waiting_room_of_no_places_is_a_refusal",
            "routes::waiting::a_full_pool_is_503_too",
            "routes::waiting::components_that_answer_themselves_wait_in_the_same_room",
        ],
    ),
];
