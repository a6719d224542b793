//! Bytes that arrive at one end and are taken from the other.

/// A buffer whose front moves as bytes are taken, and which is tidied rarely.
#[derive(Default, Debug)]
pub struct Buffer {
    bytes: Vec<u8>,
    start: usize,
}

impl Buffer {
    /// What is there.
    pub fn as_slice(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }

    /// How much is there.
    pub fn len(&self) -> usize {
        self.bytes.len() - self.start
    }

    /// Whether nothing is there.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds bytes at the end.
    pub fn extend(&mut self, bytes: &[u8]) {
        self.tidy();
        self.bytes.extend_from_slice(bytes);
    }

    /// The whole as a vector to write to, at its end only.
    pub fn end(&mut self) -> &mut Vec<u8> {
        self.tidy();
        &mut self.bytes
    }

    /// Takes `count` bytes from the front, all if there are fewer.
    pub fn consume(&mut self, count: usize) {
        self.start = self.start.saturating_add(count).min(self.bytes.len());
        if self.start == self.bytes.len() {
            self.bytes.clear();
            self.start = 0;
        }
    }

    fn tidy(&mut self) {
        if self.start > self.bytes.len() / 2 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_out_in_order() {
        let mut buffer = Buffer::default();
        let (mut expected, mut got) = (Vec::new(), Vec::new());
        for round in 0..200u8 {
            let piece = vec![round; usize::from(round % 7)];
            buffer.extend(&piece);
            expected.extend_from_slice(&piece);
            let taken = buffer.len().min(usize::from(round % 5));
            got.extend_from_slice(buffer.as_slice().get(..taken).expect("there"));
            buffer.consume(taken);
        }
        got.extend_from_slice(buffer.as_slice());
        assert_eq!(got, expected);
        buffer.consume(usize::MAX);
        assert!(buffer.is_empty());
    }
}
