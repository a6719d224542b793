//! Header and trailer fields: an ordered list that keeps the spelling of names.

/// The bounds of one list of fields.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FieldLimits {
    /// How many fields.
    pub count: usize,
    /// Names, values and their punctuation, in bytes.
    pub bytes: usize,
}

impl FieldLimits {
    /// What one list holds at most, sent or received.
    pub const DEFAULT: FieldLimits = FieldLimits {
        count: 256,
        bytes: 64 * 1024,
    };
}

/// Why a field cannot be in the list.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FieldError {
    /// The name is no token, or the value holds a control character.
    #[error("a field's name or value is malformed")]
    Syntax,
    /// A bound of [`FieldLimits`] is reached.
    #[error("too many fields: the bounds are {} fields and {} bytes", .0.count, .0.bytes)]
    Full(FieldLimits),
}

/// What a field takes on the wire beside its name and value: `: ` and the end of the line.
const PUNCTUATION: usize = 4;

#[derive(Clone, PartialEq, Eq, Debug)]
struct Field {
    name: Box<str>,
    value: Box<[u8]>,
}

impl Field {
    fn size(&self) -> usize {
        self.name.len() + self.value.len() + PUNCTUATION
    }
}

/// Fields in their order. Names are compared without regard to case.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Fields {
    list: Vec<Field>,
    bytes: usize,
}

impl Fields {
    /// No fields.
    pub fn new() -> Fields {
        Fields::default()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// What they take on the wire, in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.list.iter().map(|field| (&*field.name, &*field.value))
    }

    /// The values of a name, in order.
    pub fn get<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> + 'a {
        self.iter()
            .filter(move |(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// Whether a name is there.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).next().is_some()
    }

    /// Adds a field at the end.
    ///
    /// # Errors
    /// `Syntax` and `Full`.
    pub fn append(&mut self, name: &str, value: &[u8]) -> Result<(), FieldError> {
        self.append_within(name, value, FieldLimits::DEFAULT)
    }

    /// The same within other bounds.
    ///
    /// # Errors
    /// `Syntax` and `Full`.
    pub fn append_within(
        &mut self,
        name: &str,
        value: &[u8],
        limits: FieldLimits,
    ) -> Result<(), FieldError> {
        if !is_name(name) || !is_value(value) {
            return Err(FieldError::Syntax);
        }
        let size = name.len().saturating_add(value.len()) + PUNCTUATION;
        let bytes = self.bytes.saturating_add(size);
        if self.list.len() >= limits.count || bytes > limits.bytes {
            return Err(FieldError::Full(limits));
        }
        self.bytes = bytes;
        self.list.push(Field {
            name: name.into(),
            value: value.into(),
        });
        Ok(())
    }

    /// Replaces the values of a name. The first stands where the name first stood.
    ///
    /// # Errors
    /// `Syntax` and `Full`; the fields are unchanged then.
    pub fn set<V: AsRef<[u8]>>(&mut self, name: &str, values: &[V]) -> Result<(), FieldError> {
        let values = values.iter().map(AsRef::as_ref);
        let field = |value: &[u8]| Field {
            name: name.into(),
            value: value.into(),
        };
        if values.len() > 0 && !(is_name(name) && values.clone().all(is_value)) {
            return Err(FieldError::Syntax);
        }
        let is_it = |field: &Field| field.name.eq_ignore_ascii_case(name);
        let (mut replaced, mut bytes) = (0, self.bytes);
        for field in self.list.iter().filter(|field| is_it(field)) {
            replaced += 1;
            bytes -= field.size();
        }
        for value in values.clone() {
            let size = name.len().saturating_add(value.len());
            bytes = bytes.saturating_add(size.saturating_add(PUNCTUATION));
        }
        let limits = FieldLimits::DEFAULT;
        if self.list.len() - replaced + values.len() > limits.count || bytes > limits.bytes {
            return Err(FieldError::Full(limits));
        }
        if replaced == 0 {
            self.list.extend(values.map(field));
        } else {
            let place = self.list.iter().position(is_it).unwrap_or_default();
            self.list.retain(|field| !is_it(field));
            self.list.splice(place..place, values.map(field));
        }
        self.bytes = bytes;
        Ok(())
    }

    /// Takes out all fields of a name.
    pub fn delete(&mut self, name: &str) {
        self.retain(|other, _| !other.eq_ignore_ascii_case(name));
    }

    /// Keeps the fields that satisfy `keep`.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &[u8]) -> bool) {
        let before = self.list.len();
        self.list.retain(|field| keep(&field.name, &field.value));
        if self.list.len() < before {
            self.bytes = self.list.iter().map(Field::size).sum();
        }
    }

    /// Whether the comma-separated values of a name hold a word, without regard to case.
    pub fn lists(&self, name: &str, word: &str) -> bool {
        self.get(name)
            .flat_map(|value| value.split(|&byte| byte == b','))
            .any(|item| item.trim_ascii().eq_ignore_ascii_case(word.as_bytes()))
    }

    /// Writes them as lines.
    pub fn write(&self, out: &mut Vec<u8>) {
        for (name, value) in self.iter() {
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b": ");
            out.extend_from_slice(value);
            out.extend_from_slice(b"\r\n");
        }
    }
}

/// Whether it is a token: what names and methods are made of.
pub fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(is_token_byte)
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Whether it may be a field's value: no control characters but the tab.
pub fn is_value(value: &[u8]) -> bool {
    value
        .iter()
        .all(|&byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(list: &[(&str, &str)]) -> Fields {
        let mut fields = Fields::new();
        for (name, value) in list {
            fields.append(name, value.as_bytes()).expect("valid");
        }
        fields
    }

    #[test]
    fn order_and_spelling_are_kept_and_case_is_not_compared() {
        let mut some = fields(&[("X-A", "1"), ("b", "2"), ("x-a", "3")]);
        assert_eq!(some.get("X-a").collect::<Vec<_>>(), [b"1", b"3"]);
        some.set("x-A", &[b"4".to_vec(), b"5".to_vec()])
            .expect("valid");
        assert_eq!(some, fields(&[("x-A", "4"), ("x-A", "5"), ("b", "2")]));
        some.delete("X-A");
        assert_eq!(some, fields(&[("b", "2")]));
        some.set("c", &[b"6".to_vec()]).expect("valid");
        some.set::<&[u8]>("b", &[]).expect("valid");
        assert_eq!(some, fields(&[("c", "6")]));
    }

    #[test]
    fn what_would_break_a_line_is_refused() {
        let mut some = Fields::new();
        for name in ["", "a b", "a:", "a\r", "ä", "a\0"] {
            assert_eq!(some.append(name, b""), Err(FieldError::Syntax), "{name:?}");
        }
        for value in [&b"a\r\nb: c"[..], b"\0", b"\x7f", b"a\nb"] {
            assert_eq!(some.append("a", value), Err(FieldError::Syntax));
        }
        assert!(some.append("a", b"\tword \xff").is_ok());
    }

    #[test]
    fn the_bounds_have_a_name() {
        let mut some = Fields::new();
        let big = vec![b'x'; FieldLimits::DEFAULT.bytes];
        assert!(matches!(some.append("a", &big), Err(FieldError::Full(_))));
        for _ in 0..FieldLimits::DEFAULT.count {
            some.append("a", b"").expect("room");
        }
        assert!(matches!(some.append("a", b""), Err(FieldError::Full(_))));
        assert_eq!(some.len(), FieldLimits::DEFAULT.count);
    }

    #[test]
    fn lists_are_searched_word_by_word() {
        let some = fields(&[("Connection", "keep-alive, Close")]);
        assert!(some.lists("connection", "close"));
        assert!(!some.lists("connection", "clo"));
    }
}
