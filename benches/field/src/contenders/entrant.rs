//! One who takes part.

use wippy_report::{Contender, Round};

use crate::error::Fallible;
use crate::trial::Trial;

/// What a contender is compared as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// With default settings: it is ranked.
    Default,
    /// With other settings.
    Tuned,
    /// A loop of system calls: the limit.
    Bare,
    /// No contender: the machine itself.
    Machine,
}

/// One who takes part.
#[derive(Clone, Copy, Debug)]
pub struct Entrant {
    pub id: &'static str,
    label: &'static str,
    family: &'static str,
    /// The package whose version is shown.
    pub package: Option<&'static str>,
    about: &'static str,
    settings: &'static str,
    pub class: Class,
    /// Whether it runs with the least timer slack.
    pub without_slack: bool,
    /// Does a trial. It may be done once a process only.
    pub run: fn(Trial) -> Fallible<Round>,
}

impl Entrant {
    pub const fn new(
        id: &'static str,
        about: &'static str,
        run: fn(Trial) -> Fallible<Round>,
    ) -> Entrant {
        Entrant {
            id,
            label: id,
            family: id,
            package: Some(id),
            about,
            settings: "",
            class: Class::Default,
            without_slack: false,
            run,
        }
    }

    /// The same family with other settings.
    pub const fn tuned(
        self,
        id: &'static str,
        label: &'static str,
        settings: &'static str,
        run: fn(Trial) -> Fallible<Round>,
    ) -> Entrant {
        let class = match self.class {
            Class::Default => Class::Tuned,
            class => class,
        };
        Entrant {
            id,
            label,
            settings,
            run,
            class,
            ..self
        }
    }

    pub const fn without_slack(self) -> Entrant {
        Entrant {
            without_slack: true,
            ..self
        }
    }

    pub const fn called(
        self,
        label: &'static str,
        class: Class,
        package: Option<&'static str>,
    ) -> Entrant {
        Entrant {
            label,
            class,
            package,
            ..self
        }
    }

    /// Whether it is the first of its family.
    pub fn has_default_settings(&self) -> bool {
        self.settings.is_empty()
    }

    /// Its entry of the report.
    pub fn to_contender(self) -> Contender {
        let version = self.package.and_then(version_of);
        let about = match version {
            Some(version) => format!(
                "{} {version}: {}",
                self.package.unwrap_or_default(),
                self.about
            ),
            None => self.about.to_owned(),
        };
        let mut contender = Contender::new(self.id, self.label, &about);
        contender.family = self.family.to_owned();
        contender.settings = self.settings.to_owned();
        contender.ranked = self.class == Class::Default;
        contender
    }
}

/// A package's version in the lock file that this program was built with; the least where there are several.
pub fn version_of(package: &str) -> Option<String> {
    let lock = include_str!("../../Cargo.lock");
    let name = format!("name = \"{package}\"\nversion = \"");
    let (_, after) = lock.split_once(&name)?;
    Some(after.split_once('"')?.0.to_owned())
}
