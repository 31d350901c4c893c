/// Header-only or compiled once: where the functions that are no templates are defined.
///
/// A header `name.hpp` declares them. The file `name.ipp` beside it defines them, each with HEARTH_INLINE before it.
/// Header-only, which is the default, the header includes that file at its end:
///
///     #ifndef HEARTH_COMPILED
///     #include <hearth/weights/name.ipp>
///     #endif
///
/// Virtual functions have HEARTH_INLINE in their class, too: without it, every file that includes the header would hold
/// the class's table of virtual functions, and with it all of them.
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
// defines a variable whose name is the rule, thread-local (HEARTH_RULE_1) or not (HEARTH_RULE_0) according to its own
// setting, and ld and gold refuse a name that is both. lld does not, but refuses a section that is both, so a second
// variable with a name of its own stands in a section named after the rule. Other formats than ELF check nothing.
#if defined(__ELF__) && defined(__clang__)
#define HEARTH_USED gnu::used, gnu::retain  // --gc-sections keeps it
#else
#define HEARTH_USED gnu::used
#endif
// NOLINTBEGIN(bugprone-macro-parentheses): the arguments are declared names
#ifdef __ELF__
#define HEARTH_RULE(RULE, STORAGE, SETTING)                                              \
  extern "C" {                                                                           \
  [[HEARTH_USED]] inline STORAGE char RULE = 1;                                          \
  [[HEARTH_USED, gnu::section("rule_" #RULE)]] inline STORAGE char RULE##_##SETTING = 1; \
  }                                                                                      \
  static_assert(true)
#else
#define HEARTH_RULE(RULE, STORAGE, SETTING) static_assert(true)
#endif
#define HEARTH_RULE_1(RULE) HEARTH_RULE(RULE, thread_local, 1)
#define HEARTH_RULE_0(RULE) HEARTH_RULE(RULE, , 0)
// NOLINTEND(bugprone-macro-parentheses)

#ifdef HEARTH_COMPILED
HEARTH_RULE_1(hearth_all_parts_of_a_program_link_hearth_compiled_or_all_are_header_only);
#else
HEARTH_RULE_0(hearth_all_parts_of_a_program_link_hearth_compiled_or_all_are_header_only);
#endif
