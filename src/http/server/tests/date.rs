//! Times as `Date` has them.

use wippy_dispatcher::{Dispatcher, WallTime};

use super::*;

#[test]
fn days_of_all_kinds_of_years() {
    // Seconds and texts as `date -u -d @N` prints them.
    let cases = [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (951_868_799, "Tue, 29 Feb 2000 23:59:59 GMT"),
        (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"),
        (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 GMT"),
        (1_709_164_800, "Thu, 29 Feb 2024 00:00:00 GMT"),
        (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
        (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
        (u64::MAX, "Fri, 31 Dec 9999 23:59:59 GMT"),
    ];
    for (seconds, text) in cases {
        let time = WallTime {
            seconds,
            nanoseconds: 999_999_999,
        };
        assert_eq!(http_date(time), text);
    }
}

#[test]
fn the_clock_is_the_hosts() {
    let dispatcher = Dispatcher::simulated(1).expect("a simulation");
    let mut clock = DateClock::default();
    let handle = dispatcher.handle();
    assert_eq!(clock.now(&handle), "Sat, 01 Jan 2000 00:00:01 GMT");
    let time = std::time::Duration::from_secs(86_400);
    dispatcher
        .block_on(handle.sleep(time))
        .expect("time")
        .expect("time");
    assert_eq!(clock.now(&handle), "Sun, 02 Jan 2000 00:00:01 GMT");
    drop(dispatcher);
    assert_eq!(clock.now(&handle), "Sun, 02 Jan 2000 00:00:01 GMT");
}
