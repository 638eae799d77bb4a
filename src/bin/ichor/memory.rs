//! The allocator: what is given back is wiped while secrets may be in it.

use std::alloc::{GlobalAlloc, Layout};

use ichor::base::memory;
use zeroizing_alloc::ZeroAlloc;

/// Wipes what it gives back to another allocator, unless there is no secret in memory.
pub struct Wiping<A: GlobalAlloc>(ZeroAlloc<A>);

impl<A: GlobalAlloc> Wiping<A> {
    pub const fn new(beneath: A) -> Self {
        Wiping(ZeroAlloc(beneath))
    }
}

#[expect(unsafe_code, reason = "an allocator cannot be written without")]
// SAFETY: every call is passed on as it is, to one allocator or to that beneath it, which share all their memory.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Wiping<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        unsafe { self.0.alloc(layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        unsafe { self.0.alloc_zeroed(layout) }
    }

    #[inline]
    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        if memory::is_wiped() {
            unsafe { self.0.dealloc(place, layout) }
        } else {
            unsafe { self.0.0.dealloc(place, layout) }
        }
    }

    /// Where it wipes, this is never done in place: the old memory has to be wiped as a whole.
    #[inline]
    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if memory::is_wiped() {
            unsafe { self.0.realloc(place, layout, size) }
        } else {
            unsafe { self.0.0.realloc(place, layout, size) }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::alloc::System;

    use super::*;

    /// Keeps what it is given back, so that it can be looked at.
    struct Keeping;

    #[expect(unsafe_code, reason = "an allocator cannot be written without")]
    // SAFETY: memory comes from the system and is never given back.
    unsafe impl GlobalAlloc for Keeping {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            unsafe { System.alloc(layout) }
        }

        unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
    }

    /// What stands in memory that held `text`, once it was given back or has grown.
    #[expect(unsafe_code, reason = "the memory is looked at after it was given back")]
    fn left_of(text: &[u8; 6], grow: bool) -> [u8; 6] {
        let allocator = Wiping::new(Keeping);
        let layout = Layout::new::<[u8; 6]>();
        // SAFETY: the memory is as large as what is written and read, and stays, since it is kept.
        unsafe {
            let place = allocator.alloc(layout);
            place.cast::<[u8; 6]>().write(*text);
            if grow {
                allocator.realloc(place, layout, 4096);
            } else {
                allocator.dealloc(place, layout);
            }
            place.cast::<[u8; 6]>().read()
        }
    }

    #[test]
    fn what_is_given_back_is_wiped_while_secrets_may_be_in_it() {
        for grow in [false, true] {
            assert_eq!(left_of(b"secret", grow), [0; 6]);
        }
        memory::holds_no_secret();
        for grow in [false, true] {
            assert_eq!(&left_of(b"public", grow), b"public");
        }
        // The first number that is drawn may become a key.
        rand::Rng::next_u32(&mut ichor::edge::random::system());
        assert_eq!(left_of(b"secret", false), [0; 6]);
    }
}
