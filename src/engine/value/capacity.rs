//! How much room Go's `append` leaves behind the items of a slice. Only slicing past its end can see it.
//!
//! Mirrors `growslice` and `roundupsize` of Go's runtime.

use super::{Kind, Type};

/// The sizes in bytes that Go's allocator hands out for small objects.
const SIZES: [usize; 67] = [
    8, 16, 24, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 288, 320, 352, 384, 416, 448, 480,
    512, 576, 640, 704, 768, 896, 1024, 1152, 1280, 1408, 1536, 1792, 2048, 2304, 2688, 3072, 3200, 3456, 4096, 4864,
    5120, 5376, 6144, 6528, 6784, 6912, 8192, 9472, 9728, 10240, 10880, 12288, 13568, 14336, 16384, 18432, 19072,
    20480, 21760, 24576, 27264, 28672,
];
const LARGEST: usize = 32768;
const PAGE: usize = 8192;
/// Larger objects with pointers have a header of their own.
const HEADERLESS: usize = 512;
const HEADER: usize = 8;

/// The capacity once a slice of this type, with room for `capacity` items, was appended to up to `length`.
pub fn appended(list_type: Type, capacity: usize, length: usize) -> usize {
    if length <= capacity {
        return capacity;
    }
    let mut wanted = capacity;
    if length > 2 * capacity {
        wanted = length;
    } else if capacity < 256 {
        wanted = 2 * capacity;
    } else {
        while wanted < length {
            wanted += (wanted + 3 * 256) / 4;
        }
    }
    let (size, has_pointers) = match list_type.element().map(|it| it.kind()) {
        Some(Kind::Slice) => (24, true),
        Some(Kind::Interface | Kind::String) | None => (16, true),
        Some(Kind::Map | Kind::Ptr) => (8, true),
        Some(Kind::Uint8 | Kind::Bool) => (1, false),
        Some(_) => (8, false),
    };
    round_up(wanted * size, has_pointers) / size
}

/// The capacity of a slice of this type that had room for `capacity` items and was appended to one by one.
pub fn grown(list_type: Type, mut capacity: usize, length: usize) -> usize {
    while capacity < length {
        capacity = appended(list_type, capacity, capacity + 1);
    }
    capacity
}

fn round_up(bytes: usize, has_pointers: bool) -> usize {
    let header = if has_pointers && bytes > HEADERLESS { HEADER } else { 0 };
    if bytes > LARGEST - HEADER {
        return bytes.next_multiple_of(PAGE);
    }
    let class = SIZES.iter().find(|it| **it >= bytes + header).copied().unwrap_or(LARGEST);
    class - header
}
