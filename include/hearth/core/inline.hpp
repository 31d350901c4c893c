/// Header-only or compiled once: where the functions that are no templates are defined.
///
/// A header `name.hpp` declares them. The file `name.ipp` beside it defines them, each with HEARTH_INLINE before it.
/// Header-only, which is the default, the header includes that file at its end:
///
///     #ifndef HEARTH_COMPILED
///     #include <hearth/weights/name.ipp>
///     #endif
///
/// A target that links hearth::compiled has HEARTH_COMPILED defined and sees the declarations alone; the library's own
/// sources include every `name.ipp`.
#pragma once

#ifdef HEARTH_COMPILED
#define HEARTH_INLINE
#else
#define HEARTH_INLINE inline
#endif

// Object files of one program that disagree must not link: they would define the same functions in two ways. Each
// object file defines the variable whose name says the rule, thread-local or not according to its own setting, and no
// linker accepts both for one name.
extern "C" {
#ifdef HEARTH_COMPILED
[[gnu::used]] inline thread_local char hearth_all_parts_of_a_program_link_hearth_compiled_or_all_are_header_only = 0;
#else
[[gnu::used]] inline char hearth_all_parts_of_a_program_link_hearth_compiled_or_all_are_header_only = 0;
#endif
}
