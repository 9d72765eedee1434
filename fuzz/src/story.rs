//! Bytes read as a story: what happens to an engine, step by step.

/// What is left of the bytes. Behind their end there are zeros.
pub struct Story<'a>(pub &'a [u8]);

impl<'a> Story<'a> {
    /// The next step, until there is none.
    pub fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// A byte that a step needs.
    pub fn byte(&mut self) -> u8 {
        self.next().unwrap_or_default()
    }

    /// A length and so many bytes, or what is left of them.
    pub fn bytes(&mut self) -> &'a [u8] {
        let length = usize::from(self.byte());
        let (taken, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        taken
    }
}
