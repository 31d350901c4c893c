#include <hearth/train/write_report.hpp>

#include <cstdlib>
#include <filesystem>
#include <hearth/core/error.hpp>
#include <hearth/image/encode.hpp>
#include <hearth/train/base64.hpp>
#include <hearth/train/html.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;
using hearth_test::read_text;

namespace {

std::string base64(std::string_view text) {
  return train::base64(std::as_bytes(std::span(text.data(), text.size())));
}

/// Three epochs, of which the second is the best by accuracy and the third by loss.
constexpr const char* metrics =
    "epoch,train_loss,train_accuracy,val_loss,val_accuracy,lr,seconds,images_per_second,data_wait_fraction\n"
    "0,1.5,0.25,1.25,0.5,0.001,10,100,0.125\n"
    "1,1,0.5,1,0.75,0.001,12,200,0\n"
    "2,0.5,,0.875,0.625,0.0001,8,300,0\n";

/// The page of a folder, well-formed where a Python is there to say so.
std::string page_of(const hearth_test::TemporaryFolder& folder, const WriteReportOptions& options = {}) {
  write_report(folder.path(), options);
  if (const char* const python = std::getenv("HEARTH_PYTHON"); python != nullptr) {
    const std::string command = std::string("'") + python + "' " HEARTH_TEST_DIR "/examples/html_check.py '" +
                                (folder / "report.html").string() + "'";
    CHECK(std::system(command.c_str()) == 0);
  }
  return read_text(folder / "report.html");
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t place = 0; (place = text.find(part, place)) != std::string_view::npos; ++place) {
    ++found;
  }
  return found;
}

}  // namespace

TEST_CASE("base64 gives the values of RFC 4648", "[write_report]") {
  CHECK(base64("").empty());
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foo") == "Zm9v");
  CHECK(base64("foob") == "Zm9vYg==");
  CHECK(base64("fooba") == "Zm9vYmE=");
  CHECK(base64("foobar") == "Zm9vYmFy");
  CHECK(base64("\xff\xfe\xfd") == "//79");
}

TEST_CASE("text in a page is escaped, and what is no text for a page becomes U+FFFD", "[write_report]") {
  using train::html_text;
  CHECK(html_text("<script>alert('&\"')</script>") == "&lt;script&gt;alert(&#39;&amp;&quot;&#39;)&lt;/script&gt;");
  CHECK(html_text("Crème brûlée 寿司 \U0001F363") == "Crème brûlée 寿司 \U0001F363");
  CHECK(html_text("a\xff\x62") == "a\uFFFDb");
  CHECK(html_text("\xe5\xaf") == "\uFFFD");                  // cut short
  CHECK(html_text("\xc0\xaf") == "\uFFFD\uFFFD");            // longer than needed: "/"
  CHECK(html_text("\xed\xa0\x80") == "\uFFFD\uFFFD\uFFFD");  // a surrogate
  CHECK(html_text(std::string_view("a\0\x1b[\x7f", 5)) == "a\uFFFD\uFFFD[\uFFFD");
  CHECK(html_text("\xc2\x85\xef\xbf\xbe") == "\uFFFD\uFFFD");  // U+0085, U+FFFE
  CHECK(html_text("a\r\nb\rc\n\td") == "a\nb\nc\n\td");
}

TEST_CASE("a report has what its folder has, and nothing of what is absent", "[write_report]") {
  const hearth_test::TemporaryFolder folder;
  CHECK_THAT(page_of(folder), !ContainsSubstring("class=\"state\"") && !ContainsSubstring("<section") &&
                                  !ContainsSubstring("<nav>") && !ContainsSubstring("refresh"));
  folder.write("metrics.csv", metrics);
  folder.write("command.txt", "./food11 train --data 'a b'\n");
  folder.write("config.json", "{\n  \"lr\": 0.001\n}\n");
  folder.write("summary.txt", "\n  DenseNet: 1-1\n");
  folder.write("environment.txt", "hearth  0.1.0\n");
  folder.write("report.txt", "  precision  recall\n");
  Image picture(30, 50, 3);
  for (const char* const name :
       {"curves.png", "confusion_matrix.png", "reliability.png", "predictions.png", "worst.png"}) {
    write_png(folder / name, picture.view());
  }
  const std::string page = page_of(folder);
  CHECK(count(page, "<section") == 11);
  CHECK(count(page, "<img src=\"data:image/png;base64,iVBORw0KGgo") == 5);
  CHECK(count(page, "width=\"50\" height=\"30\"") == 5);
  CHECK_THAT(page, ContainsSubstring("<pre class=\"wrap\">\n./food11 train --data &#39;a b&#39;</pre>") &&
                       ContainsSubstring("<pre>\n\n  DenseNet: 1-1</pre>") &&
                       ContainsSubstring("<pre>\n  precision  recall</pre>") &&
                       ContainsSubstring("&quot;lr&quot;: 0.001"));
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    CHECK(entry.path().extension() != ".part");
  }
}

TEST_CASE("the head of a report gives the best epoch, by the run's own watch", "[write_report]") {
  const hearth_test::TemporaryFolder folder;
  folder.write("metrics.csv", metrics);
  const auto card = [](const std::string& name, const std::string& value) {
    return ContainsSubstring("<dt>" + name + "</dt><dd>" + value);
  };
  CHECK_THAT(page_of(folder), card("Best epoch", "2 <small>of 3 done</small>") && card("Val loss", "1.0000</dd>") &&
                                  card("Val accuracy", "0.7500</dd>") && card("Duration", "0:30</dd>") &&
                                  card("Images per second", "200 <small>"));
  const std::string row =
      "<tr class=\"best\"><td>3</td><td>0.5000</td><td>–</td><td>0.8750</td><td>0.6250</td><td>0.0001</td>"
      "<td>0:08</td><td>300</td><td>0%</td></tr>";
  const std::string by_loss = page_of(folder, {.watch = Watch{"val_loss", Goal::lowest}});
  CHECK_THAT(by_loss, card("Best epoch", "3 <small>") && card("Val loss", "0.8750") && ContainsSubstring(row));
  CHECK(count(by_loss, "class=\"best\"") == 1);
}

TEST_CASE("a report says how far the run is, and loads itself anew only while it goes on", "[write_report]") {
  const hearth_test::TemporaryFolder folder;
  folder.write("metrics.csv", metrics);
  const auto state = [&](RunState now, int epochs, const std::string& remark = {}) {
    const std::string page = page_of(folder, {.title = "a & b", .state = now, .epochs = epochs, .remark = remark});
    CHECK((page.find("http-equiv=\"refresh\"") != std::string::npos) == (now == RunState::running));
    CHECK_THAT(page, ContainsSubstring("<title>a &amp; b</title>"));
    const std::size_t begin = page.find("<p class=\"state\">") + 17;
    return page.substr(begin, page.find("</p>", begin) - begin);
  };
  CHECK(state(RunState::running, 8) == "<strong>epoch 4 of 8, running</strong>");
  CHECK(state(RunState::running, 3) == "<strong>epoch 3 of 3, running</strong>");
  CHECK(state(RunState::complete, 3) == "<strong>complete</strong> after 3 epochs");
  CHECK(state(RunState::complete, 8, "val_loss < 1") ==
        "<strong>complete</strong> after 3 of 8 epochs · val_loss &lt; 1");
  CHECK(state(RunState::interrupted, 8) == "<strong class=\"warn\">interrupted</strong> in epoch 4 of 8");
  CHECK(state(RunState::failed, 0) == "<strong class=\"warn\">ended by an error</strong> in epoch 4");
  CHECK(state(RunState::unknown, 0) == "3 epochs");
  CHECK_THAT(page_of(folder, {.state = RunState::running, .epochs = 8}), ContainsSubstring("about 0:50 left"));
}

TEST_CASE("a report takes files of any content", "[write_report]") {
  const hearth_test::TemporaryFolder folder;
  folder.write("metrics.csv", "epoch,<b>x</b>,\"a,\xff\"\n0,nonsense,1e400\n1\n,,,,,\n");
  folder.write("report.txt", "</pre><script>alert(1)</script>\xff\n");
  folder.write("curves.png", "no picture");
  folder.write("summary.txt", std::string(3 << 20, 'x'));
  std::filesystem::create_directory(folder / "worst.png");
  const std::string page = page_of(folder);
  CHECK_THAT(page, !ContainsSubstring("<script") && !ContainsSubstring("<img") && !ContainsSubstring("\xff") &&
                       ContainsSubstring("&lt;/pre&gt;&lt;script&gt;alert(1)&lt;/script&gt;\uFFFD") &&
                       ContainsSubstring("&lt;b&gt;x&lt;/b&gt;") && ContainsSubstring("a,\uFFFD") &&
                       ContainsSubstring("all of it is in summary.txt") &&
                       ContainsSubstring("worst.png: it is a folder"));
  CHECK(page.size() < 2 << 20);
  CHECK_THROWS_WITH(write_report(folder / "absent"),
                    "write_report: there is no folder " + (folder / "absent").string());
}
