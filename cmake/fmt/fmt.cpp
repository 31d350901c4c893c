// The functions of fmt that are no templates, for hearth::compiled: a program that links it includes fmt's headers as
// they are when fmt is a library, in a tenth of the time. libfmt itself will not do, for Torch brings headers of
// another fmt.
#include <fmt/format-inl.h>

FMT_BEGIN_NAMESPACE
namespace detail {

// What fmt declares as instantiated elsewhere.
template FMT_API auto thousands_sep_impl<char>(locale_ref) -> thousands_sep_result<char>;
template FMT_API auto thousands_sep_impl<wchar_t>(locale_ref) -> thousands_sep_result<wchar_t>;
template FMT_API auto decimal_point_impl(locale_ref) -> char;
template FMT_API auto decimal_point_impl(locale_ref) -> wchar_t;

// What it defines as templates in a header that only a library includes.
template FMT_API auto dragonbox::to_decimal(float) noexcept -> dragonbox::decimal_fp<float>;
template FMT_API auto dragonbox::to_decimal(double) noexcept -> dragonbox::decimal_fp<double>;
#if FMT_VERSION < 120000
template FMT_API locale_ref::locale_ref(const std::locale&);
template FMT_API auto locale_ref::get<std::locale>() const -> std::locale;
template FMT_API void buffer<char>::append(const char*, const char*);
#if FMT_VERSION < 100000
template FMT_API void vformat_to(buffer<char>&, basic_string_view<char>, basic_format_args<buffer_context<char>>,
                                 locale_ref);
#else
template FMT_API void vformat_to(buffer<char>&, basic_string_view<char>, vformat_args<>::type, locale_ref);
#endif
#else
[[gnu::used]] static const auto locale_of_reference = &locale_ref::get<std::locale>;
#endif

}  // namespace detail
FMT_END_NAMESPACE
