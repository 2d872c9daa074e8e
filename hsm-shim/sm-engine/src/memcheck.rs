//! Requests to valgrind's memcheck, for the check of constant time alone (feature `memcheck`; `tests/constant_time`).
//!
//! A secret is marked as memory without a value: memcheck follows it through every instruction and reports a jump
//! or an address that depends on it (Langley's ctgrind). Outside valgrind the requests do nothing.
//! The request is the instruction sequence of `valgrind.h`, which no processor notices.
#![allow(unsafe_code)]

use std::ptr::null_mut;

/// `VG_USERREQ__RUNNING_ON_VALGRIND`.
const RUNNING: usize = 0x1001;
/// `VG_USERREQ__COUNT_ERRORS`.
const ERRORS: usize = 0x1201;
/// `VG_USERREQ__MAKE_MEM_UNDEFINED`: the tool's base `MC`, 1.
const SECRET: usize = 0x4D43_0001;
/// `VG_USERREQ__MAKE_MEM_DEFINED`.
const PUBLIC: usize = 0x4D43_0002;

/// Marks the bytes as secret.
pub fn secret(bytes: &mut [u8]) {
    request(SECRET, bytes.as_mut_ptr(), bytes.len());
}

/// Marks the value itself, not what it points to, as public.
// Exclusive: of a shared reference the compiler knows that the request cannot change what is behind it, and works
// on with a copy in a register.
pub fn public<T: ?Sized>(value: &mut T) {
    let length = size_of_val(value);
    request(PUBLIC, std::ptr::from_mut(value).cast(), length);
}

/// Whether this program runs under valgrind.
#[must_use]
pub fn running() -> bool {
    request(RUNNING, null_mut(), 0) != 0
}

/// Errors that memcheck has found so far.
#[must_use]
pub fn errors() -> usize {
    request(ERRORS, null_mut(), 0)
}

/// `_zzq_args` of `valgrind.h`.
#[repr(C)]
struct Arguments {
    code: usize,
    address: *mut u8,
    length: usize,
    unused: [usize; 3],
}

/// The answer to a request, 0 outside valgrind.
#[cfg(target_arch = "x86_64")]
fn request(code: usize, address: *mut u8, length: usize) -> usize {
    let arguments = Arguments {
        code,
        address,
        length,
        unused: [0; 3],
    };
    let mut answer = 0_usize;
    // SAFETY: the rotations of RDI add up to 128 bits and RBX is exchanged with itself, so a processor changes
    // nothing but the flags; valgrind reads `arguments`, writes RDX and changes its own record of memory.
    // Assumed to read and write all memory, so that no value is kept in a register across it.
    unsafe {
        std::arch::asm!(
            "rol rdi, 3",
            "rol rdi, 13",
            "rol rdi, 61",
            "rol rdi, 51",
            "xchg rbx, rbx",
            in("rax") &raw const arguments,
            inout("rdx") answer,
            options(nostack),
        );
    }
    answer
}

#[cfg(not(target_arch = "x86_64"))]
compile_error!("the check of constant time with valgrind is for x86-64");
