//! The cutter of the emulator's logs: any chunking of the same bytes gives the same lines. The input
//! is a limit, the number of chunks, their sizes, and the bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pai_emulator::LineCutter;

#[path = "../../emulator/src/runner/lines_property.rs"]
mod property;

fuzz_target!(|input: &[u8]| {
    let Some(([limit, chunks], rest)) = input.split_first_chunk() else {
        return;
    };
    let (sizes, bytes) = rest.split_at(usize::from(*chunks).min(rest.len()));
    let sizes = sizes.iter().map(|size| usize::from(*size));
    property::holds(bytes, sizes, usize::from(*limit));
});
