//! The kernel's lists: a ring of items with an end marker in the list itself.

use super::source::SymbolSource;
use crate::unwind::{ReadMemory, Words};
use esplens_soc::map;

/// Most items of one list that are read.
const MAX_ITEMS: usize = 1024;

/// Offsets in `List_t` and `ListItem_t`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lists {
    /// Bytes of a list.
    pub size: u32,
    /// `uxNumberOfItems`.
    pub count: u32,
    /// `xListEnd`.
    pub end: u32,
    /// `xItemValue` of an item.
    pub value: u32,
    /// `pxNext`.
    pub next: u32,
    /// `pxPrevious`.
    pub previous: u32,
    /// `pvOwner`.
    pub owner: u32,
    /// `pxContainer`, `pvContainer` before V10.3.
    pub container: u32,
    /// Bytes of an item.
    pub item: u32,
}

impl Lists {
    /// Returns the layout from the types, or the layout without integrity words, which every known build has.
    pub fn find(s: &dyn SymbolSource) -> Self {
        let plain = Self {
            size: 20,
            count: 0,
            end: 8,
            value: 0,
            next: 4,
            previous: 8,
            owner: 12,
            container: 16,
            item: 20,
        };
        Self::typed(s).unwrap_or(plain)
    }

    fn typed(s: &dyn SymbolSource) -> Option<Self> {
        let (list, item) = ("xLIST", "xLIST_ITEM");
        Some(Self {
            size: s.size(list)?,
            count: s.offset(list, "uxNumberOfItems")?,
            end: s.offset(list, "xListEnd")?,
            value: s.offset(item, "xItemValue")?,
            next: s.offset(item, "pxNext")?,
            previous: s.offset(item, "pxPrevious")?,
            owner: s.offset(item, "pvOwner")?,
            container: s.offset(item, "pxContainer").or_else(|| s.offset(item, "pvContainer"))?,
            item: s.size(item)?,
        })
    }

    /// Returns true if an initialised list is at `at`: its end marker has the largest value and valid links.
    pub fn is_list(&self, mem: &dyn ReadMemory, at: u32) -> bool {
        let end = at.wrapping_add(self.end);
        let links = [self.next, self.previous].map(|o| mem.u32(end.wrapping_add(o)));
        mem.u32(end.wrapping_add(self.value)) == Some(u32::MAX)
            && mem.u32(at.wrapping_add(self.count)).is_some_and(|n| n as usize <= MAX_ITEMS)
            && links.iter().all(|l| l.is_some_and(is_object))
    }

    /// Reads all items of the list at `at`.
    pub fn walk(&self, mem: &dyn ReadMemory, at: u32) -> Walk {
        let end = at.wrapping_add(self.end);
        let mut walk = Walk { at, ..Walk::default() };
        let Some(count) = mem.u32(at.wrapping_add(self.count)) else {
            walk.inconsistency = Some(format!("the list at {at:#010x} is not in memory"));
            return walk;
        };
        walk.count = count;
        let mut previous = end;
        let mut item = mem.u32(end.wrapping_add(self.next)).unwrap_or(0);
        while item != end {
            if walk.items.len() == MAX_ITEMS || !is_object(item) {
                walk.inconsistency = Some(format!("the list at {at:#010x} leads to {item:#010x}"));
                return walk;
            }
            let word = |o: u32| mem.u32(item.wrapping_add(o)).unwrap_or(0);
            if word(self.previous) != previous || word(self.container) != at {
                walk.inconsistency.get_or_insert_with(|| format!("the list at {at:#010x} is being changed"));
            }
            if walk.items.iter().any(|i| i.at == item) {
                walk.inconsistency = Some(format!("the list at {at:#010x} runs in a circle"));
                return walk;
            }
            walk.items.push(ListItem { at: item, value: word(self.value), owner: word(self.owner) });
            previous = item;
            item = word(self.next);
        }
        if walk.items.len() != count as usize {
            let found = walk.items.len();
            walk.inconsistency
                .get_or_insert_with(|| format!("the list at {at:#010x} counts {count} and holds {found}"));
        }
        walk
    }
}

/// Returns true for an address that a kernel object may have.
pub fn is_object(addr: u32) -> bool {
    addr.is_multiple_of(4) && map::is_data(addr)
}

/// An item of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListItem {
    /// Its address.
    pub at: u32,
    /// Sort key.
    pub value: u32,
    /// The task or timer that it belongs to.
    pub owner: u32,
}

/// Contents of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Walk {
    /// The list's address.
    pub at: u32,
    /// Its own count of items.
    pub count: u32,
    /// The items, in order.
    pub items: Vec<ListItem>,
    /// Description of an inconsistency, if any: the kernel is changing the list, or it is corrupt.
    pub inconsistency: Option<String>,
}
