//! An unwinder that never unwinds, for the static binaries, in which a panic aborts.
//!
//! The standard library was compiled to unwind, and asks for an unwinder all the same. With this one, whose functions are
//! known when everything is compiled to one piece, the compiler sees that nobody is ever called for a frame of the stack.
//! So it leaves out all that would have made a backtrace of the frames: readers of DWARF, of compressed sections and of
//! mangled names, more than 150 kB, which could say nothing of a stripped binary without tables for unwinding.

#![cfg(all(target_env = "musl", panic = "abort"))]
#![expect(unsafe_code, reason = "names that are the unwinder's, of which a static binary has no other")]

use std::ffi::{c_int, c_void};
use std::process::abort;

/// What the unwinder says of a walk over the stack that has seen each frame: `_URC_END_OF_STACK`.
const END_OF_STACK: c_int = 5;

/// The walk over the stack for a backtrace, which calls `_frame` for each frame: it finds none.
///
/// A panic before `ansible_protocol` has set its hook gets here, where `RUST_BACKTRACE` is set.
#[unsafe(no_mangle)]
extern "C" fn _Unwind_Backtrace(
    _frame: extern "C" fn(*mut c_void, *mut c_void) -> c_int,
    _argument: *mut c_void,
) -> c_int {
    END_OF_STACK
}

/// Functions that only somebody who unwinds would call. What they are called with does not matter.
macro_rules! never_called {
    ($($name:ident)*) => { $(
        #[unsafe(no_mangle)]
        extern "C" fn $name() -> ! {
            abort()
        }
    )* };
}

// All that the standard library knows of: one that is missing would bring the real unwinder along, and be told by the linker.
never_called! {
    _Unwind_DeleteException _Unwind_FindEnclosingFunction _Unwind_GetCFA _Unwind_GetDataRelBase _Unwind_GetIP
    _Unwind_GetIPInfo _Unwind_GetLanguageSpecificData _Unwind_GetRegionStart _Unwind_GetTextRelBase
    _Unwind_RaiseException _Unwind_Resume _Unwind_SetGR _Unwind_SetIP
}
