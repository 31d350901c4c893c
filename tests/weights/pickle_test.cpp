#include <hearth/weights/pickle/reader.hpp>
#include <hearth/weights/pickle/writer.hpp>

#include <limits>
#include <string>

#include "catch.hpp"

using hearth::pickle::Document;
using hearth::pickle::Value;

namespace {

hearth::pickle::Document read(const std::string& pickle) {
  return hearth::pickle::read_pickle(std::as_bytes(std::span(pickle)), [](std::string_view name) {
    return name == "collections.OrderedDict" || name == "collections.Counter" || name == "torch.device" ||
           name == "builtins.set";
  });
}

/// Protocol 2, these opcodes, stop.
hearth::pickle::Document run(const std::string& opcodes) {
  return read("\x80\x02" + opcodes + ".");
}

std::int64_t integer(const std::string& opcodes) {
  return *run(opcodes).root->as<std::int64_t>();
}

}  // namespace

// The bytes in these cases are what Python's pickle.dumps gives for the value, protocol 2 unless the case says so.

TEST_CASE("read_pickle reads integers of every width") {
  using namespace std::string_literals;
  CHECK(integer("K\xff") == 255);
  CHECK(integer("M\x01\x80") == 32769);
  CHECK(integer("J\xff\xff\xff\xff") == -1);
  CHECK(integer("\x8a\x00"s) == 0);
  CHECK(integer("\x8a\x05\x00\x00\x00\x00\x01"s) == 4294967296);
  CHECK(integer("\x8a\x01\x80") == -128);
  CHECK(integer("\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x80"s) == std::numeric_limits<std::int64_t>::min());
  const hearth::pickle::Document wide = run("\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\x01"s);
  CHECK(wide.root->as<hearth::pickle::Value::BigInteger>()->bytes == "\x00\x00\x00\x00\x00\x00\x00\x00\x01"s);
}

TEST_CASE("read_pickle reads numbers, texts, bytes, booleans and None") {
  using namespace std::string_literals;
  CHECK(*run("G\xbf\xf8\x00\x00\x00\x00\x00\x00"s).root->as<double>() == -1.5);
  CHECK(*run("X\x03\x00\x00\x00\xc3\xa4!"s).root->as<std::string>() == "ä!");
  CHECK(*run("\x8c\x02hi").root->as<std::string>() == "hi");
  CHECK(run("C\x02\x00\xff"s).root->as<hearth::pickle::Value::Bytes>()->bytes == "\x00\xff"s);
  CHECK(*run("\x88").root->as<bool>());
  CHECK_FALSE(*run("\x89").root->as<bool>());
  CHECK(run("N").root->as<hearth::pickle::Value::None>() != nullptr);
}

TEST_CASE("read_pickle reads lists, tuples, sets and dicts, and what is kept and recalled is the same value") {
  using namespace std::string_literals;
  CHECK(run("](K\x01K\x02"
            "e")
            .root->as<hearth::pickle::Value::List>()
            ->items.size() == 2);
  CHECK(run("]K\x01"
            "a")
            .root->as<hearth::pickle::Value::List>()
            ->items.size() == 1);
  CHECK(run("(K\x01K\x02t").root->as<hearth::pickle::Value::Tuple>()->items.size() == 2);
  CHECK(run("K\x01\x85").root->as<hearth::pickle::Value::Tuple>()->items.size() == 1);
  CHECK(run("K\x01K\x02K\x03\x87").root->as<hearth::pickle::Value::Tuple>()->items.size() == 3);
  CHECK(run("\x8f(K\x01K\x02\x90").root->as<hearth::pickle::Value::Set>()->items.size() == 2);
  const hearth::pickle::Document dict =
      run("}q\x00(X\x01\x00\x00\x00"
          "aq\x01K\x07X\x01\x00\x00\x00"
          "bh\x01u"s);
  const auto& items = *dict.root->as<hearth::pickle::Value::Dict>();
  CHECK(*items.find("a")->as<std::int64_t>() == 7);
  CHECK(items.find("b") == items.items[0].first);
  CHECK(items.find("c") == nullptr);
}

TEST_CASE("read_pickle takes a list that holds itself") {
  const hearth::pickle::Document document =
      run(std::string("]q\x00h\x00"
                      "a",
                      6));
  CHECK(document.root->as<hearth::pickle::Value::List>()->items.front() == document.root);
}

TEST_CASE("read_pickle makes an OrderedDict a dict with its state, and records other calls") {
  using namespace std::string_literals;
  const hearth::pickle::Document ordered =
      run("ccollections\nOrderedDict\n)RX\x01\x00\x00\x00"
          "aK\x01s}b"s);
  CHECK(ordered.root->as<hearth::pickle::Value::Dict>()->items.size() == 1);
  CHECK(ordered.root->as<hearth::pickle::Value::Dict>()->state != nullptr);
  const hearth::pickle::Document older =
      run("ccollections\nOrderedDict\n]](X\x01\x00\x00\x00"
          "aK\x01"
          "ea\x85R"s);
  CHECK(*older.root->as<hearth::pickle::Value::Dict>()->find("a")->as<std::int64_t>() == 1);
  const hearth::pickle::Document call =
      run("ctorch\ndevice\nX\x03\x00\x00\x00"
          "cpu\x85R"s);
  const auto& device = *call.root->as<hearth::pickle::Value::Call>();
  CHECK(device.function->as<hearth::pickle::Value::Global>()->name == "torch.device");
  CHECK(hearth::pickle::pickled_item<std::string>(device.arguments->as<hearth::pickle::Value::Tuple>()->items, 0) ==
        "cpu");
  CHECK(call.root->kind() == "a torch.device");
}

TEST_CASE("read_pickle records names that it does not know, however they are spelt, and what is called is no value") {
  using namespace std::string_literals;
  for (const std::string& opcodes : {"cos\nsystem\nX\x02\x00\x00\x00ls\x85R"s,        // REDUCE
                                     "cos\nsystem\nX\x02\x00\x00\x00ls\x85\x81"s,     // NEWOBJ
                                     "cos\nsystem\nX\x02\x00\x00\x00ls\x85}\x92"s,    // NEWOBJ_EX
                                     "\x8c\x02os\x8c\x06system\x93\x8c\x02ls\x85R"s,  // STACK_GLOBAL
                                     "(X\x02\x00\x00\x00lsios\nsystem\n"s,            // INST
                                     "(cos\nsystem\nX\x02\x00\x00\x00lso"s}) {        // OBJ
    CAPTURE(opcodes);
    const Document document = run(opcodes);
    const auto& call = *document.root->as<Value::Call>();
    CHECK(call.function->as<Value::Global>()->name == "os.system");
    CHECK_FALSE(call.function->as<Value::Global>()->is_known);
    CHECK(hearth::pickle::pickled_item<std::string>(call.arguments->as<Value::Tuple>()->items, 0) == "ls");
    CHECK(document.root->is_unknown_object());
    CHECK(document.root->kind() == "an os.system");
  }
  CHECK(run("cbuiltins\neval\n").root->as<Value::Global>()->name == "builtins.eval");
  CHECK(run("ctorch\ndevice\n").root->as<Value::Global>()->is_known);
  CHECK_FALSE(run("ctorch\ndevice\n)R").root->is_unknown_object());
}

TEST_CASE("read_pickle passes over what an unknown object is given: attributes, items, calls") {
  using Catch::Matchers::ContainsSubstring;
  using namespace std::string_literals;
  const std::string object = "c__main__\nThing\n)\x81"s;
  CHECK(run(object + "}X\x01\x00\x00\x00"s + "aK\x01sb"s).root->is_unknown_object());
  CHECK(run(object + "X\x01\x00\x00\x00"s + "aK\x01s"s).root->is_unknown_object());
  CHECK(run(object + "(K\x01K\x02K\x03K\x04u"s).root->is_unknown_object());
  CHECK(run(object + "K\x01" + "a").root->is_unknown_object());
  CHECK(run(object + "(K\x01K\x02" + "e").root->is_unknown_object());
  CHECK(run(object + "(K\x01K\x02\x90").root->is_unknown_object());
  CHECK(run(object + ")R").root->is_unknown_object());
  CHECK(run(object + ")R").root->kind() == "an object");
  CHECK_THROWS_WITH(run(object + "(K\x01u"), ContainsSubstring("sets items where there is no dict"));
  CHECK_THROWS_WITH(run("ctorch\ndevice\n)RK\x01" + "a"s), ContainsSubstring("adds items to something that has none"));
  CHECK_THROWS_WITH(run("ctorch\ndevice\n)R)R"), ContainsSubstring("calls what is no name"));
}

TEST_CASE("read_pickle refuses opcodes that torch.save does not write") {
  using Catch::Matchers::ContainsSubstring;
  CHECK_THROWS_WITH(run("\x82\x01"), ContainsSubstring("opcode 0x82"));  // EXT1
  CHECK_THROWS_WITH(run("I1\n"), ContainsSubstring("opcode 0x49"));      // INT
}

TEST_CASE("read_pickle refuses what is no sound pickle") {
  using Catch::Matchers::ContainsSubstring;
  using namespace std::string_literals;
  CHECK_THROWS_WITH(read(""), ContainsSubstring("it ends at byte 0"));
  CHECK_THROWS_WITH(read("\x80\x02K"), ContainsSubstring("it ends at byte 3"));
  CHECK_THROWS_WITH(read("\x80\x02K\x01"), ContainsSubstring("it ends at byte 4"));
  CHECK_THROWS_WITH(run("X\xff\xff\xff\xff"), ContainsSubstring("before it is complete"));
  CHECK_THROWS_WITH(run("\x8d\xff\xff\xff\xff\xff\xff\xff\xff"), ContainsSubstring("before it is complete"));
  CHECK_THROWS_WITH(read("\x80\x02"
                         "cos"),
                    ContainsSubstring("inside a name"));
  CHECK_THROWS_WITH(read("\x80\x09N."), ContainsSubstring("protocol 9"));
  CHECK_THROWS_WITH(run(""), ContainsSubstring("takes a value that is not there"));
  CHECK_THROWS_WITH(run("K\x01\x86"), ContainsSubstring("takes a value that is not there"));
  CHECK_THROWS_WITH(run("K\x01(\x85t"), ContainsSubstring("takes a value that is not there"));
  CHECK_THROWS_WITH(run("K\x01(0Nt"), ContainsSubstring("takes a value that is not there"));
  CHECK_THROWS_WITH(run("t"), ContainsSubstring("a mark that is not there"));
  CHECK_THROWS_WITH(run("h\x05"), ContainsSubstring("recalls a value that it never kept"));
  CHECK_THROWS_WITH(run("}K\x01"
                        "a"),
                    ContainsSubstring("adds items to something that has none"));
  CHECK_THROWS_WITH(run("}(K\x01u"), ContainsSubstring("sets items where there is no dict"));
  CHECK_THROWS_WITH(run("]K\x01K\x02s"), ContainsSubstring("sets items where there is no dict"));
  CHECK_THROWS_WITH(run("K\x01)R"), ContainsSubstring("calls what is no name"));
  CHECK_THROWS_WITH(run("K\x01}b"), ContainsSubstring("an integer cannot have attributes"));
  CHECK_THROWS_WITH(run("ccollections\nOrderedDict\n]K\x01"
                        "a\x85R"),
                    ContainsSubstring("without pairs"));
}

TEST_CASE("A Counter is a dict, and what is made of one list or dict is made once") {
  using Catch::Matchers::ContainsSubstring;
  using namespace std::string_literals;
  const std::string counter = "ccollections\nCounter\n}q\x01K\x04K\x02s\x85R"s;
  const hearth::pickle::Document counts = run(counter);
  CHECK(counts.root->as<hearth::pickle::Value::Dict>()->items.size() == 1);
  CHECK_THROWS_WITH(run(counter + "ccollections\nCounter\nh\x01\x85R"s), ContainsSubstring("many dicts of one"));
  const std::string list =
      "]q\x01(]q\x02(K\x01K\x02"
      "eh\x02h\x02h\x02"
      "e0"s;
  const std::string dict = "ccollections\nOrderedDict\nh\x01\x85R"s;
  CHECK(run(list + dict).root->as<hearth::pickle::Value::Dict>()->items.size() == 4);
  CHECK_THROWS_WITH(run(list + dict + dict), ContainsSubstring("many dicts of one"));
}

// Expected of Python 3.11: `bytes.decode("utf-8", "surrogatepass")`, as its unpickler has it.
TEST_CASE("pickle::Writer takes the texts that Python decodes, and no others") {
  using Catch::Matchers::ContainsSubstring;
  using namespace std::string_literals;
  for (const std::string& text :
       {""s, "a\0\x7f"s, "\xc2\x80"s, "\xdf\xbf"s, "\xe0\xa0\x80"s, "\xed\xa0\x80"s, "\xed\xbf\xbf"s, "\xef\xbf\xbf"s,
        "\xf0\x90\x80\x80"s, "\xf4\x8f\xbf\xbf"s, "a\xe2\x86\x94z"s}) {
    CAPTURE(text);
    hearth::pickle::Writer writer;
    writer.text(text);
    CHECK(*read(writer.finish()).root->as<std::string>() == text);
  }
  for (const std::string& text :
       {"\x80"s, "\xbf"s, "\xc0\x80"s, "\xc1\xbf"s, "\xc2"s, "a\xc3"s, "\xc3z"s, "\xc3\xc3"s, "\xe0\x80\x80"s,
        "\xe0\x9f\xbf"s, "\xe2\x86"s, "\xe2\x86z"s, "\xf0\x80\x80\x80"s, "\xf0\x8f\xbf\xbf"s, "\xf0\x90\x80"s,
        "\xf4\x90\x80\x80"s, "\xf5\x80\x80\x80"s, "\xf8\x88\x80\x80\x80"s, "\xff"s}) {
    CAPTURE(text);
    hearth::pickle::Writer writer;
    CHECK_THROWS_WITH(writer.text(text), ContainsSubstring("is not UTF-8"));
  }
}

TEST_CASE("What pickle::Writer writes, read_pickle reads") {
  hearth::pickle::Writer writer;
  writer.begin();
  writer.none();
  writer.boolean(true);
  writer.integer(-3);
  writer.integer(std::int64_t{1} << 40);
  writer.integer(std::numeric_limits<std::int64_t>::min());
  writer.number(-0.1);
  writer.text("naïve");
  writer.empty_list();
  writer.begin();
  writer.integer(1);
  writer.end_list();
  writer.ordered_dict();
  writer.begin();
  writer.text("key");
  writer.empty_dict();
  writer.end_dict();
  writer.global("torch", "device");
  writer.empty_tuple();
  writer.call();
  writer.text("id");
  writer.persistent();
  writer.end_tuple();
  const std::string bytes = writer.finish();
  const hearth::pickle::Document document = read(bytes + "rest");
  CHECK(document.size == bytes.size());
  const auto& items = document.root->as<hearth::pickle::Value::Tuple>()->items;
  REQUIRE(items.size() == 11);
  CHECK(items[0]->as<hearth::pickle::Value::None>() != nullptr);
  CHECK(*items[1]->as<bool>());
  CHECK(*items[2]->as<std::int64_t>() == -3);
  CHECK(*items[3]->as<std::int64_t>() == std::int64_t{1} << 40);
  CHECK(*items[4]->as<std::int64_t>() == std::numeric_limits<std::int64_t>::min());
  CHECK(*items[5]->as<double>() == -0.1);
  CHECK(*items[6]->as<std::string>() == "naïve");
  CHECK(items[7]->as<hearth::pickle::Value::List>()->items.size() == 1);
  CHECK(items[8]->as<hearth::pickle::Value::Dict>()->find("key")->as<hearth::pickle::Value::Dict>() != nullptr);
  CHECK(items[9]->as<hearth::pickle::Value::Call>() != nullptr);
  CHECK(*items[10]->as<hearth::pickle::Value::Persistent>()->id->as<std::string>() == "id");
}
