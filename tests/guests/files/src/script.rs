//! The commands of a script. An answer is a value, `ok`, or the name of the error.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::wasi::clocks::wall_clock::Datetime;
use crate::wasi::filesystem::preopens::get_directories;
use crate::wasi::filesystem::types::{
    Advice, Descriptor, DescriptorFlags, DescriptorStat, DirectoryEntryStream, ErrorCode,
    NewTimestamp, OpenFlags, PathFlags, filesystem_error_code,
};
use crate::wasi::io::streams::{InputStream, OutputStream, StreamError};

/// What the commands have opened, under their names.
#[derive(Default)]
pub struct Script {
    descriptors: BTreeMap<String, Descriptor>,
    inputs: BTreeMap<String, InputStream>,
    outputs: BTreeMap<String, OutputStream>,
    lists: BTreeMap<String, DirectoryEntryStream>,
    kept: Kept,
}

/// What `keep` and `park` hold until the end of the call.
#[derive(Default)]
struct Kept {
    descriptors: Vec<Descriptor>,
    inputs: Vec<InputStream>,
    lists: Vec<DirectoryEntryStream>,
}

/// What keeps a command from having a value.
enum Stop {
    Code(ErrorCode),
    Stream(StreamError),
    Script(String),
}

impl From<ErrorCode> for Stop {
    fn from(code: ErrorCode) -> Stop {
        Stop::Code(code)
    }
}

impl From<StreamError> for Stop {
    fn from(error: StreamError) -> Stop {
        Stop::Stream(error)
    }
}

impl Stop {
    fn text(self) -> String {
        match self {
            Stop::Code(code) => code.name().to_string(),
            Stop::Stream(StreamError::Closed) => "closed".to_string(),
            Stop::Stream(StreamError::LastOperationFailed(error)) => {
                match filesystem_error_code(&error) {
                    Some(code) => format!("failed: {}", code.name()),
                    None => format!("failed: {}", error.to_debug_string()),
                }
            }
            Stop::Script(text) => format!("script: {text}"),
        }
    }
}

/// The words of a command.
struct Words<'a>(core::str::Split<'a, char>);

impl<'a> Words<'a> {
    fn text(&mut self) -> Result<&'a str, Stop> {
        self.0
            .next()
            .ok_or_else(|| Stop::Script("a word is missing".to_string()))
    }

    fn number(&mut self) -> Result<u64, Stop> {
        let text = self.text()?;
        text.parse()
            .map_err(|_| Stop::Script(format!("{text} is no number")))
    }

    fn time(&mut self) -> Result<NewTimestamp, Stop> {
        Ok(match self.text()? {
            "now" => NewTimestamp::Now,
            "same" => NewTimestamp::NoChange,
            text => {
                let (seconds, nanoseconds) = text.split_once('.').unwrap_or((text, "0"));
                match (seconds.parse(), nanoseconds.parse()) {
                    (Ok(seconds), Ok(nanoseconds)) => NewTimestamp::Timestamp(Datetime {
                        seconds,
                        nanoseconds,
                    }),
                    _ => return Err(Stop::Script(format!("{text} is no time"))),
                }
            }
        })
    }
}

fn path_flags(letters: &str) -> PathFlags {
    match letters.contains('f') {
        true => PathFlags::SYMLINK_FOLLOW,
        false => PathFlags::empty(),
    }
}

/// Letters as flags: f follow; c create, x exclusive, t truncate, d directory; r read, w write, m mutate, s sync,
/// y data sync, q sync of what is written.
fn open_flags(letters: &str) -> (OpenFlags, DescriptorFlags) {
    let (mut open, mut flags) = (OpenFlags::empty(), DescriptorFlags::empty());
    for letter in letters.chars() {
        match letter {
            'c' => open |= OpenFlags::CREATE,
            'x' => open |= OpenFlags::EXCLUSIVE,
            't' => open |= OpenFlags::TRUNCATE,
            'd' => open |= OpenFlags::DIRECTORY,
            'r' => flags |= DescriptorFlags::READ,
            'w' => flags |= DescriptorFlags::WRITE,
            'm' => flags |= DescriptorFlags::MUTATE_DIRECTORY,
            's' => flags |= DescriptorFlags::FILE_INTEGRITY_SYNC,
            'y' => flags |= DescriptorFlags::DATA_INTEGRITY_SYNC,
            'q' => flags |= DescriptorFlags::REQUESTED_WRITE_SYNC,
            _ => {}
        }
    }
    (open, flags)
}

/// Type, links, size, and the seconds and nanoseconds of access and modification.
fn stat_text(stat: &DescriptorStat) -> String {
    let time = |time: &Option<Datetime>| match time {
        Some(time) => format!("{}.{:09}", time.seconds, time.nanoseconds),
        None => "none".to_string(),
    };
    format!(
        "{} {} {} {} {}",
        kind(stat.type_),
        stat.link_count,
        stat.size,
        time(&stat.data_access_timestamp),
        time(&stat.data_modification_timestamp)
    )
}

fn kind(kind: crate::wasi::filesystem::types::DescriptorType) -> String {
    // `DescriptorType::RegularFile` in Rust's notation.
    let text = format!("{kind:?}");
    text.rsplit("::").next().unwrap_or_default().to_string()
}

/// Bytes as text; anything long by its length and a sum.
fn bytes_text(bytes: &[u8]) -> String {
    match core::str::from_utf8(bytes) {
        Ok(text) if bytes.len() <= 200 => text.to_string(),
        _ => {
            let sum = bytes
                .iter()
                .fold(0u32, |sum, &byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
            format!("{} bytes, {sum}", bytes.len())
        }
    }
}

impl Script {
    /// Runs one command.
    pub fn run(&mut self, line: &str) -> String {
        let mut words = Words(line.split('\t'));
        match self.command(&mut words) {
            Ok(text) if text.is_empty() => "ok".to_string(),
            Ok(text) => text,
            Err(stop) => stop.text(),
        }
    }

    fn descriptor(&self, name: &str) -> Result<&Descriptor, Stop> {
        self.descriptors
            .get(name)
            .ok_or_else(|| Stop::Script(format!("nothing is named {name}")))
    }

    fn command(&mut self, words: &mut Words<'_>) -> Result<String, Stop> {
        let done = String::new();
        match words.text()? {
            "mounts" => {
                let mut names = Vec::new();
                for (descriptor, name) in get_directories() {
                    names.push(name.clone());
                    self.descriptors.insert(name, descriptor);
                }
                Ok(names.join(" "))
            }
            // open NAME BASE PATH LETTERS
            "open" => {
                let name = words.text()?;
                let base = self.descriptor(words.text()?)?;
                let (path, letters) = (words.text()?, words.text()?);
                let (open, flags) = open_flags(letters);
                let opened = base.open_at(path_flags(letters), path, open, flags)?;
                self.descriptors.insert(name.to_string(), opened);
                Ok(done)
            }
            "drop" => {
                let name = words.text()?;
                self.descriptors.remove(name);
                self.inputs.remove(name);
                self.outputs.remove(name);
                self.lists.remove(name);
                Ok(done)
            }
            // repeat COUNT BASE PATH LETTERS: opens and drops.
            "repeat" => {
                let count = words.number()?;
                let base = self.descriptor(words.text()?)?;
                let (path, letters) = (words.text()?, words.text()?);
                let (open, flags) = open_flags(letters);
                for _ in 0..count {
                    base.open_at(path_flags(letters), path, open, flags)?;
                }
                Ok(done)
            }
            // hoard COUNT BASE PATH: opens until an error, and says how often it could.
            "hoard" => {
                let count = words.number()?;
                let base = self.descriptor(words.text()?)?;
                let path = words.text()?;
                let mut kept = Vec::new();
                for _ in 0..count {
                    let flags = DescriptorFlags::READ;
                    match base.open_at(PathFlags::empty(), path, OpenFlags::empty(), flags) {
                        Ok(descriptor) => kept.push(descriptor),
                        Err(code) => return Ok(format!("{} then {}", kept.len(), code.name())),
                    }
                }
                Ok(format!("{}", kept.len()))
            }
            // keep COUNT BASE PATH WHAT: the same, and holds on to the files, or to streams or lists of them
            // alone.
            "keep" => {
                let count = words.number()?;
                let base = words.text()?;
                let (path, what) = (words.text()?, words.text()?);
                for index in 0..count {
                    if let Err(code) = self.keep(base, path, what)? {
                        return Ok(format!("{index} then {}", code.name()));
                    }
                }
                Ok(format!("{count}"))
            }
            // race COUNT BASE PATH: reads a path over and over and says what came of it, each once.
            "race" => {
                let count = words.number()?;
                let base = self.descriptor(words.text()?)?;
                let path = words.text()?;
                let mut seen = Vec::new();
                for _ in 0..count {
                    let said = base
                        .open_at(
                            PathFlags::SYMLINK_FOLLOW,
                            path,
                            OpenFlags::empty(),
                            DescriptorFlags::READ,
                        )
                        .and_then(|file| file.read(100, 0))
                        .map_or_else(
                            |code| code.name().to_string(),
                            |(bytes, _)| bytes_text(&bytes),
                        );
                    if !seen.contains(&said) {
                        seen.push(said);
                    }
                }
                seen.sort();
                Ok(seen.join(", "))
            }
            "read" => {
                let file = self.descriptor(words.text()?)?;
                let (length, offset) = (words.number()?, words.number()?);
                let (bytes, end) = file.read(length, offset)?;
                let end = if end { ", end" } else { "" };
                Ok(format!("{}{end}", bytes_text(&bytes)))
            }
            "write" => {
                let file = self.descriptor(words.text()?)?;
                let (offset, text) = (words.number()?, words.text()?);
                Ok(file.write(text.as_bytes(), offset)?.to_string())
            }
            // fill NAME COUNT OFFSET: so many bytes of a pattern.
            "fill" => {
                let file = self.descriptor(words.text()?)?;
                let (count, offset) = (words.number()?, words.number()?);
                let bytes: Vec<u8> = (0..count).map(|at| (at % 251) as u8).collect();
                Ok(file.write(&bytes, offset)?.to_string())
            }
            "stat" => Ok(stat_text(&self.descriptor(words.text()?)?.stat()?)),
            "stat-at" => {
                let base = self.descriptor(words.text()?)?;
                let (path, letters) = (words.text()?, words.text()?);
                Ok(stat_text(&base.stat_at(path_flags(letters), path)?))
            }
            "flags" => {
                let flags = self.descriptor(words.text()?)?.get_flags()?;
                let mut names = Vec::new();
                for (flag, name) in [
                    (DescriptorFlags::READ, "read"),
                    (DescriptorFlags::WRITE, "write"),
                    (DescriptorFlags::FILE_INTEGRITY_SYNC, "file-sync"),
                    (DescriptorFlags::DATA_INTEGRITY_SYNC, "data-sync"),
                    (DescriptorFlags::REQUESTED_WRITE_SYNC, "write-sync"),
                    (DescriptorFlags::MUTATE_DIRECTORY, "mutate"),
                ] {
                    if flags.contains(flag) {
                        names.push(name);
                    }
                }
                Ok(names.join(" "))
            }
            "type" => Ok(kind(self.descriptor(words.text()?)?.get_type()?)),
            "size" => {
                let file = self.descriptor(words.text()?)?;
                file.set_size(words.number()?)?;
                Ok(done)
            }
            "times" => {
                let file = self.descriptor(words.text()?)?;
                file.set_times(words.time()?, words.time()?)?;
                Ok(done)
            }
            "times-at" => {
                let base = self.descriptor(words.text()?)?;
                let (path, letters) = (words.text()?, words.text()?);
                base.set_times_at(path_flags(letters), path, words.time()?, words.time()?)?;
                Ok(done)
            }
            "advise" => {
                let file = self.descriptor(words.text()?)?;
                for advice in [
                    Advice::Normal,
                    Advice::Sequential,
                    Advice::Random,
                    Advice::WillNeed,
                    Advice::DontNeed,
                    Advice::NoReuse,
                ] {
                    file.advise(0, 4096, advice)?;
                }
                Ok(done)
            }
            // advise-from NAME OFFSET LENGTH: that it will be needed.
            "advise-from" => {
                let file = self.descriptor(words.text()?)?;
                file.advise(words.number()?, words.number()?, Advice::WillNeed)?;
                Ok(done)
            }
            "sync" => {
                let file = self.descriptor(words.text()?)?;
                file.sync_data()?;
                file.sync()?;
                Ok(done)
            }
            "mkdir" => {
                let base = self.descriptor(words.text()?)?;
                base.create_directory_at(words.text()?)?;
                Ok(done)
            }
            "rmdir" => {
                let base = self.descriptor(words.text()?)?;
                base.remove_directory_at(words.text()?)?;
                Ok(done)
            }
            "unlink" => {
                let base = self.descriptor(words.text()?)?;
                base.unlink_file_at(words.text()?)?;
                Ok(done)
            }
            "symlink" => {
                let base = self.descriptor(words.text()?)?;
                let (target, path) = (words.text()?, words.text()?);
                base.symlink_at(target, path)?;
                Ok(done)
            }
            "readlink" => {
                let base = self.descriptor(words.text()?)?;
                Ok(base.readlink_at(words.text()?)?)
            }
            // rename BASE PATH BASE PATH, link the same and letters
            "rename" => {
                let base = self.descriptor(words.text()?)?;
                let path = words.text()?;
                let other = self.descriptor(words.text()?)?;
                base.rename_at(path, other, words.text()?)?;
                Ok(done)
            }
            "link" => {
                let base = self.descriptor(words.text()?)?;
                let path = words.text()?;
                let other = self.descriptor(words.text()?)?;
                let (new, letters) = (words.text()?, words.text()?);
                base.link_at(path_flags(letters), path, other, new)?;
                Ok(done)
            }
            "same" => {
                let one = self.descriptor(words.text()?)?;
                let other = self.descriptor(words.text()?)?;
                Ok(one.is_same_object(other).to_string())
            }
            "hash" => {
                let hash = self.descriptor(words.text()?)?.metadata_hash()?;
                Ok(format!("{:x} {:x}", hash.lower, hash.upper))
            }
            "hash-at" => {
                let base = self.descriptor(words.text()?)?;
                let (path, letters) = (words.text()?, words.text()?);
                let hash = base.metadata_hash_at(path_flags(letters), path)?;
                Ok(format!("{:x} {:x}", hash.lower, hash.upper))
            }
            // The names in a directory, sorted; more than 20 by their number.
            "list" => {
                let stream = self.descriptor(words.text()?)?.read_directory()?;
                let mut names = Vec::new();
                loop {
                    match stream.read_directory_entry() {
                        Ok(Some(entry)) => {
                            names.push(format!("{}={}", entry.name, kind(entry.type_)))
                        }
                        Ok(None) => break,
                        Err(code) => names.push(code.name().to_string()),
                    }
                }
                names.sort();
                Ok(match names.len() {
                    0 => "nothing".to_string(),
                    1..=20 => names.join(" "),
                    count => format!("{count} names"),
                })
            }
            // listing NAME BASE, then next NAME
            "listing" => {
                let name = words.text()?;
                let stream = self.descriptor(words.text()?)?.read_directory()?;
                self.lists.insert(name.to_string(), stream);
                Ok(done)
            }
            "next" => {
                let name = words.text()?;
                let stream = self
                    .lists
                    .get(name)
                    .ok_or_else(|| Stop::Script(format!("nothing is named {name}")))?;
                Ok(stream
                    .read_directory_entry()?
                    .map_or("none".to_string(), |entry| entry.name))
            }
            word => self.streams(word, words),
        }
    }

    fn keep(&mut self, base: &str, path: &str, what: &str) -> Result<Result<(), ErrorCode>, Stop> {
        let base = self.descriptor(base)?;
        let flags = DescriptorFlags::READ;
        let file = match base.open_at(PathFlags::empty(), path, OpenFlags::empty(), flags) {
            Ok(file) => file,
            Err(code) => return Ok(Err(code)),
        };
        Ok(match what {
            "streams" => file
                .read_via_stream(0)
                .map(|stream| self.kept.inputs.push(stream)),
            "lists" => file
                .read_directory()
                .map(|list| self.kept.lists.push(list)),
            _ => {
                self.kept.descriptors.push(file);
                Ok(())
            }
        })
    }

    fn streams(&mut self, word: &str, words: &mut Words<'_>) -> Result<String, Stop> {
        let done = String::new();
        match word {
            // input NAME DESCRIPTOR OFFSET; output the same; append without an offset
            "input" => {
                let name = words.text()?;
                let file = self.descriptor(words.text()?)?;
                let stream = file.read_via_stream(words.number()?)?;
                self.inputs.insert(name.to_string(), stream);
                Ok(done)
            }
            "output" => {
                let name = words.text()?;
                let file = self.descriptor(words.text()?)?;
                let stream = file.write_via_stream(words.number()?)?;
                self.outputs.insert(name.to_string(), stream);
                Ok(done)
            }
            "append" => {
                let name = words.text()?;
                let stream = self.descriptor(words.text()?)?.append_via_stream()?;
                self.outputs.insert(name.to_string(), stream);
                Ok(done)
            }
            // park COUNT NAME LENGTH: so many streams of a file, each asked once for so much. When the last one has an answer, how
            // many have failed, and with what.
            "park" => {
                let (count, name, length) = (words.number()?, words.text()?, words.number()?);
                let file = self
                    .descriptors
                    .get(name)
                    .ok_or_else(|| Stop::Script(format!("nothing is named {name}")))?;
                for _ in 0..count {
                    let stream = file.read_via_stream(0)?;
                    if let Err(error) = stream.read(length) {
                        let kept = self.kept.inputs.len();
                        return Ok(format!("{kept} then {}", Stop::from(error).text()));
                    }
                    self.kept.inputs.push(stream);
                }
                if let Some(last) = self.kept.inputs.last() {
                    last.subscribe().block();
                }
                let (mut failed, mut said) = (0, String::new());
                for stream in &self.kept.inputs {
                    if let Err(error) = stream.read(1) {
                        failed += 1;
                        said = Stop::from(error).text();
                    }
                }
                Ok(format!("{failed} {said}"))
            }
            // What one blocking read gives, and what all until the end give.
            "take" => {
                let stream = self.input(words.text()?)?;
                Ok(bytes_text(&stream.blocking_read(words.number()?)?))
            }
            "drain" => {
                let stream = self.input(words.text()?)?;
                let mut bytes = Vec::new();
                loop {
                    // Waits by a poll each time, which has to be there before it can be read.
                    stream.subscribe().block();
                    match stream.read(64 * 1024) {
                        Ok(more) => bytes.extend(more),
                        Err(StreamError::Closed) => break Ok(bytes_text(&bytes)),
                        Err(error) => break Err(error.into()),
                    }
                }
            }
            "skip" => {
                let stream = self.input(words.text()?)?;
                Ok(stream.blocking_skip(words.number()?)?.to_string())
            }
            "put" => {
                let stream = self.output_named(words.text()?)?;
                stream.blocking_write_and_flush(words.text()?.as_bytes())?;
                Ok(done)
            }
            // put-many NAME COUNT TEXT: by permits, and no flush.
            "put-many" => {
                let stream = self.output_named(words.text()?)?;
                let (count, text) = (words.number()?, words.text()?);
                for _ in 0..count {
                    loop {
                        let permit = stream.check_write()?;
                        if permit >= text.len() as u64 {
                            break;
                        }
                        stream.subscribe().block();
                    }
                    stream.write(text.as_bytes())?;
                }
                Ok(done)
            }
            // copy OUTPUT INPUT: splices to the end.
            "copy" => {
                let to = self.output_named(words.text()?)?;
                let from = self.input(words.text()?)?;
                let mut total = 0;
                loop {
                    match to.blocking_splice(from, 64 * 1024) {
                        Ok(moved) => total += moved,
                        Err(StreamError::Closed) => break,
                        Err(error) => return Err(error.into()),
                    }
                }
                to.blocking_flush()?;
                Ok(total.to_string())
            }
            "flush" => {
                self.output_named(words.text()?)?.blocking_flush()?;
                Ok(done)
            }
            _ => Err(Stop::Script(format!("{word} is no command"))),
        }
    }

    fn input(&self, name: &str) -> Result<&InputStream, Stop> {
        self.inputs
            .get(name)
            .ok_or_else(|| Stop::Script(format!("nothing is named {name}")))
    }

    fn output_named(&self, name: &str) -> Result<&OutputStream, Stop> {
        self.outputs
            .get(name)
            .ok_or_else(|| Stop::Script(format!("nothing is named {name}")))
    }
}
