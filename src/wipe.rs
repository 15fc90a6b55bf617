//! An allocator that wipes memory before it gives it back: what a patient leaves on the heap does
//! not outlive its owner, whoever copied it (a parser, a renderer, the TLS library).
//!
//! `unsafe` stands alone here. The argument: every call is handed to the system's allocator with
//! the same layout; before a block is returned it is overwritten through the pointer and length that
//! the caller guarantees by `GlobalAlloc`'s own contract (allocated by this allocator with this
//! layout, and not yet freed). `realloc` keeps the default of the trait (allocate, copy, free), so
//! that the old block is wiped, too.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{Ordering, compiler_fence};

/// The system's allocator, wiping what is freed.
pub struct Wiping;

// SAFETY: see the module: each method forwards to `System` with unchanged arguments.
unsafe impl GlobalAlloc for Wiping {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's guarantees are `System`'s.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's guarantees are `System`'s.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller guarantees that `block` is ours, live, and `layout.size()` long.
        unsafe {
            block.write_bytes(0, layout.size());
        }
        // Keeps the compiler from dropping the writes as dead.
        compiler_fence(Ordering::SeqCst);
        std::hint::black_box(block);
        // SAFETY: the caller's guarantees are `System`'s.
        unsafe { System.dealloc(block, layout) }
    }
}

#[cfg(test)]
mod tests {
    use super::Wiping;
    use std::alloc::{GlobalAlloc, Layout};

    #[test]
    fn a_freed_block_does_not_keep_its_text() {
        let layout = Layout::from_size_align(4096, 8).expect("layout");
        let marker = b"LE THI KHONG CO THAT";
        // SAFETY: the block is allocated, written within its size, freed once; afterwards a block of
        // the same layout, which the system gives out again, is read within its size.
        let again = unsafe {
            let block = Wiping.alloc(layout);
            block.write_bytes(1, layout.size());
            block
                .add(1024)
                .copy_from_nonoverlapping(marker.as_ptr(), marker.len());
            Wiping.dealloc(block, layout);
            let second = Wiping.alloc(layout);
            let bytes = std::slice::from_raw_parts(second, layout.size()).to_vec();
            Wiping.dealloc(second, layout);
            bytes
        };
        assert!(!again.windows(marker.len()).any(|window| window == marker));
    }
}
