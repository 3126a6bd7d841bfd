//! Registries: what can be chosen, and the machines behind it, as two tables made from one list.
//!
//! Words, parameters and ranges are what menus, forms and checks read; builders are what a run needs. A program that
//! shows every menu and runs nothing, as the page does, links the first table alone.

/// `TABLE` of descriptors, and `WORDS` with what a constant function tells of each of them.
///
/// A new entry is one more line of the list.
macro_rules! registry {
    (
        $(#[$doc:meta])* $vis:vis static $table:ident: [$descriptor:ty];
        $(#[$words_doc:meta])* $words_vis:vis static $words:ident: [$told:ty] = $tell:path;
        $($entry:expr),+ $(,)?
    ) => {
        $(#[$doc])*
        $vis static $table: &[$descriptor] = &[$($entry),+];
        $(#[$words_doc])*
        $words_vis static $words: &[$told] = &[$($tell(&$entry)),+];
    };
}

/// `Debug` of a machine that can be chosen, as its name alone: what it is made of is told by each machine's own, which a
/// program then need not carry.
macro_rules! told_by_name {
    ($of:ident) => {
        impl std::fmt::Debug for dyn $of + '_ {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(stringify!($of))
            }
        }
    };
}

pub(crate) use registry;
pub(crate) use told_by_name;
