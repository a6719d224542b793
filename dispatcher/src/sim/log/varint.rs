//! Numbers in as few bytes as they need: seven bits a byte, the lowest first, and the highest bit says
//! that another byte follows (LEB128). Each number has one form only.

/// Appends a number.
pub(super) fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Bytes that are read from the front, and how many were.
pub(super) struct Bytes<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Bytes<'a> {
    pub(super) fn is_empty(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// The next bytes.
    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], &'static str> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let taken = rest.get(..length).ok_or("it ends within a value")?;
        self.at += length;
        Ok(taken)
    }

    pub(super) fn byte(&mut self) -> Result<u8, &'static str> {
        Ok(self.take(1)?[0])
    }

    /// Eight bytes as a number.
    pub(super) fn fixed(&mut self) -> Result<u64, &'static str> {
        let mut number = [0; 8];
        number.copy_from_slice(self.take(8)?);
        Ok(u64::from_le_bytes(number))
    }

    pub(super) fn varint(&mut self) -> Result<u64, &'static str> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return match byte == 0 && shift > 0 {
                    true => Err("a number is longer than it need be"),
                    false => Ok(number),
                };
            }
        }
        Err("a number has more than 64 bits")
    }

    pub(super) fn varint32(&mut self) -> Result<u32, &'static str> {
        u32::try_from(self.varint()?).map_err(|_| "a number has more than 32 bits")
    }

    /// Bytes behind their length, `most` of them at most.
    pub(super) fn sized(&mut self, most: usize) -> Result<&'a [u8], &'static str> {
        match usize::try_from(self.varint()?) {
            Ok(length) if length <= most => self.take(length),
            _ => Err("a text is longer than it may be"),
        }
    }

    /// The same as text.
    pub(super) fn text(&mut self, most: usize) -> Result<String, &'static str> {
        let bytes = self.sized(most)?.to_vec();
        String::from_utf8(bytes).map_err(|_| "a text is not UTF-8")
    }
}

/// A difference of two numbers as one whose small values are those near zero, on either side.
pub(super) fn zigzag(difference: u64) -> u64 {
    (difference << 1) ^ ((difference as i64 >> 63) as u64)
}

/// The difference again.
pub(super) fn unzigzag(number: u64) -> u64 {
    (number >> 1) ^ (number & 1).wrapping_neg()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_come_back(number: u64, small in 0u64..300) {
            for number in [number, small, u64::MAX - small] {
                let mut out = Vec::new();
                put(&mut out, number);
                let mut bytes = Bytes { bytes: &out, at: 0 };
                prop_assert_eq!(bytes.varint(), Ok(number));
                prop_assert!(bytes.is_empty());
                prop_assert_eq!(unzigzag(zigzag(number)), number);
            }
            prop_assert!(zigzag(small) < 600 && zigzag(small.wrapping_neg()) < 600);
        }
    }

    #[test]
    fn a_number_has_one_form() {
        let read = |bytes: &[u8]| Bytes { bytes, at: 0 }.varint().is_ok();
        assert!(read(&[0]) && read(&[0x80, 1]));
        assert!(!read(&[0x80, 0]) && !read(&[0x81]) && !read(&[]));
        let most = [&[0xff; 9][..], &[1]].concat();
        let more = [&[0xff; 9][..], &[2]].concat();
        assert!(read(&most) && !read(&more));
        assert!(!read(&[0xff; 20]));
    }
}
