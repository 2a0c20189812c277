//! Many texts, and many lists of numbers, in a few large allocations.

/// Texts, one behind the other.
#[derive(Default)]
pub(super) struct Texts {
    text: String,
    ends: Vec<u32>,
}

impl Texts {
    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(number(self.text.len()));
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn get(&self, at: usize) -> &str {
        let from = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[from as usize..self.ends[at] as usize]
    }

    /// As on slices: how many texts, from the first one on, are `before`.
    pub(super) fn partition_point(&self, before: impl Fn(&str) -> bool) -> usize {
        let (mut from, mut to) = (0, self.len());
        while from < to {
            let middle = usize::midpoint(from, to);
            if before(self.get(middle)) {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        from
    }

    /// About how many bytes they take.
    #[cfg(test)]
    pub(super) fn size(&self) -> usize {
        self.text.capacity() + 4 * self.ends.capacity()
    }
}

/// Lists of numbers, one behind the other.
#[derive(Default)]
pub(super) struct Lists {
    numbers: Vec<u32>,
    ends: Vec<u32>,
}

impl Lists {
    pub(super) fn push(&mut self, list: impl IntoIterator<Item = u32>) {
        self.numbers.extend(list);
        self.ends.push(number(self.numbers.len()));
    }

    pub(super) fn get(&self, at: usize) -> &[u32] {
        let from = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.numbers[from as usize..self.ends[at] as usize]
    }

    /// All numbers, whatever list they are in.
    pub(super) fn all_mut(&mut self) -> &mut [u32] {
        &mut self.numbers
    }

    /// About how many bytes they take.
    #[cfg(test)]
    pub(super) fn size(&self) -> usize {
        4 * (self.numbers.capacity() + self.ends.capacity())
    }
}

/// Places are kept in half the space of `usize`.
pub(super) fn number(place: usize) -> u32 {
    u32::try_from(place).expect("a release has at most 200,000 codes with titles of at most 500 characters")
}
