//! A short list that is copied as a whole: worlds are kept by the hundred thousand.

/// At most `N` things, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Few<T, const N: usize> {
    len: u8,
    items: [T; N],
}

impl<T: Copy + Default + PartialEq, const N: usize> Few<T, N> {
    /// Adds one to the end.
    pub(crate) fn push(&mut self, item: T) {
        assert!(self.len() < N, "more than {N} in a list");
        self.items[self.len()] = item;
        self.len += 1;
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.len.into()
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// All of them.
    pub(crate) fn all(&self) -> &[T] {
        &self.items[..self.len()]
    }

    /// Whether this is one of them.
    pub(crate) fn has(&self, item: T) -> bool {
        self.all().contains(&item)
    }
}

impl<T: Copy + Default, const N: usize> Default for Few<T, N> {
    fn default() -> Self {
        Self {
            len: 0,
            items: [T::default(); N],
        }
    }
}

impl<T: Copy + Default + PartialEq, const N: usize> FromIterator<T> for Few<T, N> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut few = Self::default();
        for item in items {
            few.push(item);
        }
        few
    }
}
