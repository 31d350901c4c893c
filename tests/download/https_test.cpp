/// Downloads over https, from a server with a certificate of the test's own.
#include <hearth/download/download.hpp>

#include <string_view>

#include "catch.hpp"
#include "download/tls_front.hpp"
#include "environment.hpp"
#include "loopback_server.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;
using hearth_test::Certificate;
using hearth_test::Environment;
using hearth_test::LoopbackServer;
using hearth_test::read_text;
using hearth_test::Reply;
using hearth_test::Request;
using hearth_test::TemporaryFolder;
using hearth_test::TlsFront;

namespace {

/// Redirects "/to/URL" to the URL.
Reply answer(const Request& request) {
  constexpr std::string_view to = "/to/";
  return request.target.starts_with(to)
             ? Reply{.status = 302, .headers = {"Location: " + request.target.substr(to.size())}}
             : Reply{.body = "safely"};
}

struct Https {
  Environment no_proxy{"no_proxy", "127.0.0.1"};
  TemporaryFolder folder;
  Certificate certificate;
  LoopbackServer server{answer};
  TlsFront front{certificate, server.port()};
};

}  // namespace

TEST_CASE_METHOD(Https, "A server with a certificate that SSL_CERT_FILE names is trusted", "[https]") {
  certificate.write(folder / "certificates.pem");
  const Environment trusted("SSL_CERT_FILE", (folder / "certificates.pem").string());
  download_file(front.url("/file"), folder / "file");
  CHECK(read_text(folder / "file") == "safely");

  download_file(server.url("/to/" + front.url("/file")), folder / "from http to https");
  CHECK(read_text(folder / "from http to https") == "safely");
}

TEST_CASE_METHOD(Https, "A server with a certificate of its own making is refused", "[https]") {
  const Environment trusted("SSL_CERT_FILE");
  CHECK_THROWS_WITH(download_file(front.url("/file"), folder / "file"),
                    ContainsSubstring("cannot download " + front.url("/file")) && ContainsSubstring("certificate") &&
                        ContainsSubstring("SSL_CERT_FILE"));
  CHECK(folder.names().empty());
  CHECK(server.requests().empty());
}

TEST_CASE_METHOD(Https, "A redirection from https to http is refused", "[https]") {
  certificate.write(folder / "certificates.pem");
  const Environment trusted("SSL_CERT_FILE", (folder / "certificates.pem").string());
  CHECK_THROWS_WITH(download_file(front.url("/to/" + server.url("/file")), folder / "file"),
                    ContainsSubstring("none leads from https to http"));
  CHECK(server.requests().size() == 1);
}
