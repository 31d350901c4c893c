#include <hearth/download/digest.hpp>

#include <filesystem>
#include <string>

#include "catch.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;
using download::DigestKind;
using hearth_test::TemporaryFolder;

namespace {

std::string sha256_of_file(const std::filesystem::path& path) {
  return download::digest_of_file(DigestKind::sha256, path);
}

}  // namespace

TEST_CASE("SHA-256 of NIST's examples", "[sha256]") {
  CHECK(download::sha256_of_text("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(download::sha256_of_text("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(download::sha256_of_text("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST_CASE("SHA-256 of files, shorter and longer than what is read at once", "[sha256]") {
  const TemporaryFolder folder;
  CHECK(sha256_of_file(folder.write("empty", "")) == download::sha256_of_text(""));
  CHECK(sha256_of_file(folder.write("million", std::string(1'000'000, 'a'))) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  const std::string large(2'500'000, 'b');
  CHECK(sha256_of_file(folder.write("large", large)) == download::sha256_of_text(large));
  CHECK_THROWS_WITH(sha256_of_file(folder / "none"), ContainsSubstring((folder / "none").string()));
  CHECK_THROWS_WITH(sha256_of_file(folder.path()), ContainsSubstring("cannot read " + folder.path().string()));
}

TEST_CASE("MD5 of RFC 1321's examples", "[md5]") {
  const TemporaryFolder folder;
  const auto md5 = [&](const std::string& text) {
    return download::digest_of_file(DigestKind::md5, folder.write("text", text));
  };
  CHECK(md5("") == "d41d8cd98f00b204e9800998ecf8427e");
  CHECK(md5("abc") == "900150983cd24fb0d6963f7d28e17f72");
  CHECK(md5("12345678901234567890123456789012345678901234567890123456789012345678901234567890") ==
        "57edf4a22be3c955ac49da2e2107b67a");
}
