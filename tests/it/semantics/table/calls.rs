//! Calls and commands: `docs/calls.md`.

use super::Row;

pub const ROWS: &[Row] = &[
    // Calls
    (
        "Every call runs in a fresh instance: no memory, handle or descriptor of another call is \
         there.",
        &["calls::every_call_has_a_fresh_instance"],
    ),
    (
        "A trap fails its call, and no other.",
        &["calls::a_trap_fails_its_call_and_poisons_nothing"],
    ),
    (
        "The arguments are JSON values, and so is the result; `null` for a function without one.",
        &["calls::arguments_and_results_are_json"],
    ),
    (
        "A `result` that is `err` is a value and not a failed call.",
        &["calls::an_err_result_is_a_value_and_not_a_failed_call"],
    ),
    (
        "An argument that does not fit is an error that names the argument and the place within it.",
        &["calls::mistaken_arguments_name_their_place"],
    ),
    (
        "Too few and too many arguments are `parameter count mismatch: expected N, got M`, with the \
         function's signature.",
        &[
            "calls::mistaken_arguments_name_their_place",
            "cli::arguments_that_do_not_fit_are_usage_errors_that_say_which",
        ],
    ),
    (
        "Every WIT type has one form as JSON, at every depth and in both directions; see \
         [values](values.md).",
        &["arbitrary::values::json_of_a_functions_own_type_comes_back"],
    ),
    (
        "Of the same key twice in an object, and of a number that is not exactly the integer that is \
         meant, an error is made.",
        &[
            "lib::values::tests::errors::record_mistakes",
            "lib::values::tests::scalars::integral_floats_are_integers",
        ],
    ),
    (
        "WAVE text, as in `add(1, 2)`, has the strictness of JSON.",
        &[
            "wave::every_shape_of_value_is_read",
            "wave::records_and_flags_are_as_strict_as_in_json",
        ],
    ),
    (
        "`-` and `@FILE` read the JSON array of the arguments from standard input and from a file.",
        &["wave::json_arguments_come_from_standard_input_or_a_file"],
    ),
    // Pools
    (
        "`inline` is one call at a time.",
        &["pools::the_bound_is_the_pools"],
    ),
    (
        "`lazy` is up to `max_size` calls, 16 by default.",
        &["pools::the_bound_is_the_pools"],
    ),
    (
        "`static` is `workers` calls, else `size`, else 8.",
        &["pools::the_bound_is_the_pools"],
    ),
    (
        "`adaptive` begins with one call; each time that the oldest caller has waited for 10 ms \
         there may be one more, up to `max_size`.",
        &[
            "pools::the_bound_is_the_pools",
            "lib::program::admission::tests::a_pool_that_follows_the_load_has_one_place_more_each_ten_milliseconds",
        ],
    ),
    (
        "An adaptive pool that was not full for 30 s has one place less.",
        &[
            "pools::an_adaptive_pool_shrinks_when_it_is_idle",
            "lib::program::admission::tests::places_grow_for_whoever_is_the_oldest",
        ],
    ),
    (
        "Without a `type`, `workers` means `static`, `size` alone `inline`, and anything else `lazy` \
         with `max_size` 100 by default.",
        &["pools::the_bound_is_the_pools"],
    ),
    (
        "Beyond 65,536 waiting callers of an entry, or beyond `buffer` (64 for each worker) of a \
         `static` one, the error is `pool is full`.",
        &["pools::beyond_the_bound_and_the_queue_the_pool_is_full"],
    ),
    (
        "The bound of 65,536 is the setting `wasm.max_waiting`.",
        &[
            "pools::the_bound_on_waiting_callers_is_a_setting",
            "lib::registry::tests::settings::how_calls_run_is_read_with_its_mistakes",
        ],
    ),
    (
        "A pool is one for all threads of a program.",
        &["threads::a_pool_is_one_over_all_threads"],
    ),
    (
        "With a `worker_class` an entry has threads of its own: as many as `workers` says, else one \
         for each processor, four at most.",
        &[
            "threads::an_entry_with_a_worker_class_runs_on_threads_of_its_own",
            "lib::registry::kinds::pool::tests::a_worker_class_defaults_to_a_few_threads",
        ],
    ),
    (
        "Callers get their places in the order in which they came.",
        &["pools::callers_get_their_places_in_order"],
    ),
    // Several threads
    (
        "With more than one of `wasm.threads`, a call goes to the thread that has the fewest, and \
         each module is compiled once for all.",
        &["threads::calls_go_where_the_fewest_are_and_each_module_is_compiled_once"],
    ),
    (
        "A simulation has one thread.",
        &["threads::a_simulation_has_one_thread"],
    ),
    // Calls by guests
    (
        "A guest with `funcs` calls other functions of its project, and waits for them as for \
         everything else.",
        &[
            "funcs::a_guest_calls_a_function_and_gets_its_result",
            "funcs::bytes_go_in_and_out_as_they_are",
        ],
    ),
    (
        "What fails there is the `err` of the call, and names the entry.",
        &["funcs::what_fails_is_an_error_that_names_the_entry"],
    ),
    (
        "A chain of calls never waits for itself: it is an error.",
        &["funcs::a_call_never_waits_for_itself"],
    ),
    (
        "Calls are nested at most 32 deep.",
        &["funcs::calls_are_nested_so_deep_and_no_deeper"],
    ),
    (
        "A caller that is dropped takes its calls with it.",
        &["funcs::a_dropped_caller_takes_its_calls_with_it"],
    ),
    // When a call ends
    (
        "`limits.max_execution_ms` counts from the start of execution, and the call ends then with \
         `context deadline exceeded`, whether its guest computes, calls the host, waits or reads.",
        &[
            "deadlines::a_guest_that_only_computes_ends_at_its_deadline",
            "deadlines::a_guest_that_waits_or_calls_the_host_ends_at_its_deadline",
            "deadlines::a_command_that_reads_what_never_comes_ends_at_its_deadline",
        ],
    ),
    (
        "That counts for a guest that waits for another function, too, and for one that waits for \
         another function's pool.",
        &["funcs::a_caller_ends_at_its_deadline_whatever_it_waits_for"],
    ),
    (
        "A function that another calls ends at its own deadline, and its caller does not: the caller gets an \
         error.",
        &["funcs::a_called_function_ends_at_its_own_deadline"],
    ),
    (
        "A function that another calls ends at its caller's deadline, too.",
        &["funcs::a_caller_ends_at_its_deadline_whatever_it_waits_for"],
    ),
    (
        "A caller's own deadline counts while the call waits for compilation, for its pool and for an \
         instance; who has waited too long leaves the queue.",
        &["deadlines::a_callers_deadline_counts_while_it_waits"],
    ),
    (
        "A call that ends in time is not touched by its deadline.",
        &["deadlines::a_call_that_ends_in_time_is_not_touched"],
    ),
    (
        "While some guests only compute, the others' sleeps end.",
        &["deadlines::computing_guests_let_another_sleep"],
    ),
    (
        "A call that is dropped frees its place in the pool, its timers, its connections and its \
         listeners at the latest at the dispatcher's next turn, whatever it was doing.",
        &[
            "dropped_calls::a_sleeping_guest_leaves_no_timer_and_its_place",
            "dropped_calls::a_computing_guest_leaves_its_place",
            "dropped_calls::a_guest_that_reads_closes_its_connection",
            "dropped_calls::a_guest_that_accepts_closes_its_listener",
            "dropped_calls::a_guest_that_waits_for_an_answer_closes_its_connection",
            "files::waiting::readers_of_a_fifo_wait_for_a_writer_and_nobody_else_does",
            "pools::a_dropped_call_gives_its_room_back",
        ],
    ),
    (
        "A call that is dropped while it delivers gives up what is left.",
        &["dropped_calls::a_call_that_delivers_gives_up_what_is_left"],
    ),
    (
        "The end of a call waits for what its guest has handed over, for `limits.delivery_ms` at \
         most.",
        &[
            "sockets::ends::what_nobody_takes_is_given_up_in_time",
            "http::delivery::what_is_not_sent_in_time_is_given_up",
        ],
    ),
    (
        "`limits.max_memory_bytes` bounds the memories, the tables and the garbage collector's heap of an \
         instance together.",
        &["calls::memory_is_bounded_by_the_entry"],
    ),
    (
        "`limits.max_resources` bounds the resources that a call has open.",
        &["features::handles_are_bounded_by_what_max_resources_says"],
    ),
    // Commands
    (
        "The result of a command is its exit status where it is a number, true is 0 and false 1, a \
         string is printed with a newline, an `err` is 1, and anything else is 0 and printed as JSON.",
        &["cli::status::the_result_of_a_command_is_a_status_or_is_printed"],
    ),
    (
        "`wasi:cli/exit` decides if it was called.",
        &[
            "cli::status::the_exit_of_a_command_is_the_programs",
            "cli::status::the_exit_of_a_function_is_null_or_a_failed_call",
        ],
    ),
    (
        "A failed call is 1, a usage or configuration error 2.",
        &[
            "processes::a_trap_is_a_failed_command_and_an_unfitting_word_a_usage_error",
            "cli::usage_errors_are_2_and_help_is_0",
        ],
    ),
    (
        "The words of a command are parsed as the types of the export's parameters; where some are \
         missing its signature is printed.",
        &["cli::status::missing_arguments_of_a_command_print_its_signature"],
    ),
    (
        "Two commands of the same name are an error; the first keeps it.",
        &["processes::command_names_are_unique_and_the_first_keeps_its_own"],
    ),
    (
        "`command \"x\" not found` says how to list the commands, which `wippy run list` does, one a \
         line.",
        &[
            "cli::status::run_list_names_each_command_on_a_line",
            "cli::mistakes::a_name_that_is_none_leads_to_what_is_meant",
        ],
    ),
    (
        "`wippy run` alone starts the services, until a signal.",
        &["services::signals::services_run_until_a_signal"],
    ),
    (
        "`-x ID` runs one process by its ID.",
        &["cli::run_options::a_process_runs_by_its_id"],
    ),
    (
        "`--host` chooses one of several terminal hosts.",
        &["cli::run_options::one_of_several_terminal_hosts_has_to_be_chosen"],
    ),
    (
        "`wippy test` runs the command with `use_case: test`.",
        &["cli::run_options::the_projects_tests_are_the_command_with_that_use_case"],
    ),
    (
        "A file is run and called like an entry, with what `--dir`, `--env`, `--allow` and `--import` \
         give.",
        &[
            "bare_file::a_command_runs_with_its_words_and_the_files_name",
            "bare_file::a_functions_arguments_are_wave_or_json",
            "bare_file::options_grant_directories_and_variables",
            "bare_file::the_network_is_granted_by_rules",
        ],
    ),
    (
        "What a file's imports need and no option gives is a trap that names the option.",
        &["bare_file::what_is_not_granted_traps_and_names_the_option"],
    ),
    (
        "`--max-time` and `--max-memory` bound a file's call.",
        &["bare_file::options_that_cannot_be_read_are_usage_errors"],
    ),
    (
        "`wippy new` writes a project that runs, and `wippy add` an entry that runs.",
        &[
            "new_project::a_new_project_runs_at_once",
            "new_project::an_added_module_runs",
        ],
    ),
    (
        "`wippy hash --write` changes hashes and nothing else.",
        &["hash_write::only_the_hashes_change"],
    ),
    // Output
    (
        "Standard output that cannot be written ends every command with status 1 and the reason.",
        &["output::every_command_says_that_its_output_is_lost"],
    ),
    (
        "A reader that goes ends a command quietly.",
        &["output::a_reader_that_goes_ends_what_would_run_for_ever"],
    ),
    (
        "What guests print to a log holds no raw control characters.",
        &["output::log_lines_hold_no_control_characters"],
    ),
    (
        "On a terminal, a line says so while something is compiled for longer than 300 ms.",
        &["code_cache::progress::it_is_shown_while_something_compiles_and_then_taken_back"],
    ),
];
