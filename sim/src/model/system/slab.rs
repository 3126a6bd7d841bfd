//! A slab: constant-time insert and remove, indices that tell when they are stale, no allocation once warm.

/// No index.
pub const NONE: u32 = u32::MAX;

/// Index and generation; stale once its slot was freed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub ix: u32,
    pub generation: u32,
}

#[derive(Clone, Debug)]
struct Slot<T> {
    /// Odd while in use.
    generation: u32,
    value: T,
}

/// Slots are overwritten on reuse, never dropped one by one: `T` is plain data.
#[derive(Clone, Debug)]
pub(super) struct Slab<T> {
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
}

impl<T> Slab<T> {
    pub(super) const fn new() -> Self {
        Self { slots: Vec::new(), free: Vec::new() }
    }

    #[inline]
    pub(super) fn insert(&mut self, value: T) -> Key {
        if let Some(ix) = self.free.pop() {
            let slot = &mut self.slots[ix as usize];
            slot.value = value;
            slot.generation = slot.generation.wrapping_add(1);
            return Key { ix, generation: slot.generation };
        }
        let ix = self.slots.len() as u32;
        self.slots.push(Slot { generation: 1, value });
        Key { ix, generation: 1 }
    }

    /// Frees the slot: every key to it is stale from now on.
    #[inline]
    pub(super) fn remove(&mut self, ix: u32) {
        self.slots[ix as usize].generation = self.slots[ix as usize].generation.wrapping_add(1);
        self.free.push(ix);
    }

    #[inline]
    pub(super) fn get(&self, key: Key) -> Option<&T> {
        let slot = &self.slots[key.ix as usize];
        (slot.generation == key.generation).then_some(&slot.value)
    }

    #[inline]
    pub(super) fn key(&self, ix: u32) -> Key {
        Key { ix, generation: self.slots[ix as usize].generation }
    }

    /// Indices in use, ascending.
    pub(super) fn indices(&self) -> impl Iterator<Item = u32> {
        self.slots.iter().enumerate().filter(|(_, slot)| slot.generation % 2 == 1).map(|(ix, _)| ix as u32)
    }

    /// Memory held [bytes].
    pub(super) fn capacity_bytes(&self) -> usize {
        self.slots.len() * std::mem::size_of::<Slot<T>>()
    }

    /// Number of slots in use.
    pub(super) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }
}

impl<T> std::ops::Index<u32> for Slab<T> {
    type Output = T;
    #[inline]
    fn index(&self, ix: u32) -> &T {
        &self.slots[ix as usize].value
    }
}

impl<T> std::ops::IndexMut<u32> for Slab<T> {
    #[inline]
    fn index_mut(&mut self, ix: u32) -> &mut T {
        &mut self.slots[ix as usize].value
    }
}
