/// libcurl, or a sentence where it is not.
#pragma once

#if !__has_include(<curl/curl.h>)
#error \
    "hearth/download needs libcurl and OpenSSL: install them (Debian and Ubuntu: apt install libcurl4-openssl-dev libssl-dev) and link hearth::download"
#endif

#include <curl/curl.h>
