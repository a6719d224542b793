//! Thousands of members in one set.

use super::*;

#[test]
fn five_thousand_members() {
    const MEMBERS: u32 = 5000;
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let handle = dispatcher.handle();
    let events: Vec<Event> = (0..MEMBERS)
        .map(|_| Event::new(&handle).expect("event"))
        .collect();
    let mut set = WaitSet::new(&handle).expect("set");
    for _ in 0..2 {
        let base = after(&handle, HOUR);
        for (tag, event) in (0..).zip(&events) {
            set.add_event(event, tag).expect("event");
            set.add_deadline(base + Duration::from_nanos(u64::from(tag)), MEMBERS + tag)
                .expect("deadline");
        }
        assert_eq!(dispatcher.next_deadline(), Some(base));
        let odd: Vec<u32> = (0..MEMBERS).filter(|tag| tag % 2 == 1).collect();
        for &tag in &odd {
            events[tag as usize].set();
        }
        assert_eq!(fired(&dispatcher, &mut set), odd);
        for event in &events {
            event.clear();
        }
        set.clear();
        assert_eq!(dispatcher.next_deadline(), None);
    }
}

#[test]
fn five_thousand_deadlines_fire_in_order() {
    let dispatcher = Dispatcher::simulated(9).expect("dispatcher");
    let handle = dispatcher.handle();
    let base = after(&handle, Duration::from_secs(1));
    let mut set = WaitSet::new(&handle).expect("set");
    // 7 and 5000 have no common divisor: each offset occurs once, in a scattered order.
    for tag in (0..5000).map(|index| index * 7 % 5000) {
        set.add_deadline(base + Duration::from_nanos(u64::from(tag)), tag)
            .expect("deadline");
    }
    let mut tags = Vec::new();
    while tags.len() < 5000 {
        tags.extend(fired(&dispatcher, &mut set));
    }
    assert_eq!(tags, (0..5000).collect::<Vec<_>>());
    assert_eq!(
        handle.now().expect("now"),
        base + Duration::from_nanos(4999)
    );
}
