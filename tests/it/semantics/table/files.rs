//! Files.

use super::Row;

pub const ROWS: &[Row] = &[
    (
        "A descriptor is a handle and no path: it stays with its file when the file is renamed or \
         removed.",
        &["files::descriptors::a_descriptor_is_a_handle_and_no_path"],
    ),
    (
        "All flags of opening do what they say.",
        &[
            "files::descriptors::open_flags_mean_what_they_say",
            "files::corners::flags_that_do_not_go_together",
        ],
    ),
    (
        "Files are read and written at offsets.",
        &["files::descriptors::files_are_read_and_written_at_offsets"],
    ),
    (
        "Timestamps are told and can be set.",
        &[
            "files::times::stat_tells_what_the_system_tells",
            "files::times::times_are_set_kept_and_taken_from_the_clock",
        ],
    ),
    (
        "Symbolic links can be made, read and followed within a mount.",
        &["files::names::links_are_files_of_their_own"],
    ),
    (
        "A hard link is the same object under another name.",
        &["files::names::hard_links_are_the_same_object"],
    ),
    (
        "Renaming or linking from one mount to another is `cross-device`.",
        &["files::mounts::mounts_come_in_the_order_of_the_list"],
    ),
    (
        "An absolute path, and one that leads out of its mount through `..` or a link, is \
         `not-permitted`.",
        &["files::escapes::no_path_leads_out"],
    ),
    (
        "A stream of a file begins at its offset.",
        &["files::streams::streams_read_and_write_from_their_offsets"],
    ),
    (
        "A stream that appends writes to the end that the file has at that time.",
        &["files::corners::what_is_appended_goes_to_the_end_that_there_is"],
    ),
    (
        "Metadata hashes tell objects apart and change with what they hold.",
        &["files::times::a_hash_follows_the_object_and_its_content"],
    ),
    (
        "A directory is read as a stream that gives each name once.",
        &[
            "files::directories::a_directory_lists_its_names_and_not_its_own",
            "files::directories::ten_thousand_names_are_listed_each_once",
        ],
    ),
    (
        "`sync` is an `fsync` of the system and `sync-data` an `fdatasync`; the guest gets their \
         errors.",
        &["files::stalled::sync_asks_the_filesystem_and_tells_its_answer"],
    ),
];
