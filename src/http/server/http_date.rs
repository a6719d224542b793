//! The time as the `Date` field and logs have it.

use wippy_dispatcher::{Handle, WallTime};

const SECONDS_OF_DAY: u64 = 86_400;
const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
/// The last second of the year 9999, behind which the form has no place for the year.
const LATEST: u64 = 253_402_300_799;

/// A time as `Sun, 06 Nov 1994 08:49:37 GMT`. A time behind the year 9999 is the last second of that year.
pub fn http_date(time: WallTime) -> String {
    let at = CivilTime::of(time);
    format!(
        "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
        at.weekday, at.day, at.month_name, at.year, at.hour, at.minute, at.second
    )
}

/// A time as people write it, of Greenwich.
#[derive(Debug)]
pub(super) struct CivilTime {
    year: u64,
    /// From 1.
    month: usize,
    month_name: &'static str,
    day: u64,
    weekday: &'static str,
    hour: u64,
    minute: u64,
    second: u64,
    milliseconds: u32,
}

impl CivilTime {
    pub(super) fn of(time: WallTime) -> CivilTime {
        let seconds = time.seconds.min(LATEST);
        let (days, rest) = (seconds / SECONDS_OF_DAY, seconds % SECONDS_OF_DAY);
        let weekday = usize::try_from(days % 7).unwrap_or(0);
        let (year, month, day) = civil(days);
        CivilTime {
            year,
            month: month + 1,
            month_name: MONTHS.get(month).unwrap_or(&""),
            day,
            weekday: DAYS.get(weekday).unwrap_or(&""),
            hour: rest / 3600,
            minute: rest / 60 % 60,
            second: rest % 60,
            milliseconds: time.nanoseconds / 1_000_000,
        }
    }

    /// As logs of web servers have it: `10/Oct/2000:13:55:36 +0000`.
    pub(super) fn common(&self) -> String {
        format!(
            "{:02}/{}/{:04}:{:02}:{:02}:{:02} +0000",
            self.day, self.month_name, self.year, self.hour, self.minute, self.second
        )
    }

    /// As RFC 3339 has it: `2000-10-10T13:55:36.000Z`.
    pub(super) fn rfc3339(&self) -> String {
        format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            self.year, self.month, self.day, self.hour, self.minute, self.second, self.milliseconds
        )
    }
}

/// Year, month from 0 and day from 1, of a number of days since 1970-01-01.
///
/// Years are counted from March, so that the day of a leap year is the last of its year: then the months'
/// lengths repeat every five, 153 days.
fn civil(days: u64) -> (u64, usize, u64) {
    const DAYS_OF_400_YEARS: u64 = 146_097;
    const FROM_MARCH_OF_YEAR_0: u64 = 719_468;
    let days = days + FROM_MARCH_OF_YEAR_0;
    let (era, day) = (days / DAYS_OF_400_YEARS, days % DAYS_OF_400_YEARS);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let from_march = (5 * day + 2) / 153;
    let day = day - (153 * from_march + 2) / 5 + 1;
    let month = (from_march + 2) % 12;
    let year = era * 400 + year + u64::from(month < 2);
    (year, usize::try_from(month).unwrap_or(0), day)
}

/// The host's wall clock as `Date` has it, formatted once a second.
#[derive(Default, Debug)]
pub struct DateClock {
    second: Option<u64>,
    text: String,
}

impl DateClock {
    /// The time now. Where the clock cannot be read it is what it was.
    pub fn now(&mut self, handle: &Handle) -> &str {
        if let Ok(time) = handle.wall_time()
            && self.second != Some(time.seconds)
        {
            self.second = Some(time.seconds);
            self.text = http_date(time);
        }
        &self.text
    }
}
