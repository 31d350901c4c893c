#include <hearth/weights/pickle/tree.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <hearth/core/mapped_file.hpp>
#include <hearth/weights/pth/numpy_scalar.hpp>
#include <hearth/weights/pth/reader.hpp>

#include "catch.hpp"
#include "weights/reference.hpp"

using Catch::Matchers::ContainsSubstring;
using hearth::pickle::check_tree;
using hearth::pickle::Value;

namespace {

/// Values that keep their places, as those of a document do.
struct Values {
  std::deque<hearth::pickle::Value> all;

  template <class T>
  const hearth::pickle::Value* make(T value) {
    return &all.emplace_back(hearth::pickle::Value{std::move(value)});
  }
  const hearth::pickle::Value* make_list(std::size_t count, const hearth::pickle::Value* item) {
    return make(hearth::pickle::Value::List{std::vector(count, item)});
  }
  const hearth::pickle::Value* make_call(const std::string& function,
                                         std::vector<const hearth::pickle::Value*> arguments,
                                         const hearth::pickle::Value* state = nullptr) {
    return make(hearth::pickle::Value::Call{make(hearth::pickle::Value::Global{function}),
                                            make(hearth::pickle::Value::Tuple{std::move(arguments)}), state});
  }
};

}  // namespace

TEST_CASE("A pickle that is a tree may have many values, and share some") {
  Values values;
  const hearth::pickle::Value* const none = values.make(hearth::pickle::Value::None{});
  hearth::pickle::check_tree(*none, 1);
  hearth::pickle::check_tree(*values.make_list(100000, none), 100000);
  hearth::pickle::check_tree(*values.make_list(250, values.make_list(250, none)), 600);
  const hearth::pickle::Value* deep = values.make(hearth::pickle::Value::List{});
  for (std::size_t i = 0; i < hearth::pickle::max_nesting; ++i) {
    deep = values.make(hearth::pickle::Value::Tuple{{deep, none}});
  }
  hearth::pickle::check_tree(*deep, 600);
  CHECK_THROWS_WITH(hearth::pickle::check_tree(*values.make_list(1, deep), 600),
                    ContainsSubstring("inside each other more than 128 deep"));
}

TEST_CASE("A pickle that holds itself, or stands for far more than it says, is refused at once") {
  Values values;
  const hearth::pickle::Value* many = values.make(hearth::pickle::Value::None{});
  for (int i = 0; i < 4; ++i) {
    many = values.make_list(40, many);
  }
  CHECK_THROWS_WITH(hearth::pickle::check_tree(*many, 200),
                    "its pickle repeats the same values: its 200 bytes stand for more than 66336 values");

  hearth::pickle::Value self{hearth::pickle::Value::Dict{}};
  std::get<hearth::pickle::Value::Dict>(self.data).items = {{many, &self}, {many, &self}};
  CHECK_THROWS_WITH(hearth::pickle::check_tree(self, 200), ContainsSubstring("its pickle holds itself"));

  for (const std::string name : {"holds_itself", "deep", "repeated", "repeated_text"}) {
    hearth::core::MappedFile file(reference("refused_" + name + ".pth"));
    const hearth::pth::File pth = hearth::pth::open_pth(file.bytes());
    CHECK_THROWS_AS(hearth::pickle::check_tree(pth.root(), pth.document.size), hearth::Error);
  }
}

TEST_CASE("Texts count by their length, keys too, and tensors as sixteen values, wherever they are repeated") {
  Values values;
  const std::size_t size = 1000;
  const std::size_t most = hearth::pickle::max_tree(size);
  CHECK(most == 65536 + 4 * size);
  const auto refuses = [&](const hearth::pickle::Value* root) {
    try {
      hearth::pickle::check_tree(*root, size);
      return false;
    } catch (const hearth::Error&) {
      return true;
    }
  };
  const hearth::pickle::Value* const text = values.make(std::string(16 * 999, 'a'));  // 1000 values
  CHECK_FALSE(refuses(values.make_list(69, text)));
  CHECK(refuses(values.make_list(70, text)));
  const auto make_dicts = [&](std::size_t count) {
    hearth::pickle::Value::Dict dict;
    dict.items = {{text, values.make(hearth::pickle::Value::None{})}};
    return values.make_list(count, values.make(std::move(dict)));  // 1002 values each
  };
  CHECK_FALSE(refuses(make_dicts(69)));
  CHECK(refuses(make_dicts(70)));
  const hearth::pickle::Value* const call = values.make_call("torch.Size", {});
  CHECK_FALSE(refuses(values.make_list(most / 16 - 1, call)));
  CHECK(refuses(values.make_list(most / 16 + 1, call)));
  // A text that the pickle itself has is no repetition, however long.
  hearth::pickle::check_tree(*values.make(std::string(std::size_t{1} << 21, 'a')), std::size_t{1} << 21);
}

TEST_CASE("numpy's numbers are read from their bytes, and what is none of them is not") {
  Values values;
  const auto scalar = [&](const std::string& type, const std::string& order, const hearth::pickle::Value* bytes) {
    const hearth::pickle::Value* const state =
        values.make(hearth::pickle::Value::Tuple{{values.make(std::int64_t{3}), values.make(order)}});
    const hearth::pickle::Value* const dtype = values.make_call("numpy.dtype", {values.make(type)}, state);
    return hearth::pth::numpy_scalar(*values.make_call("numpy._core.multiarray.scalar", {dtype, bytes}));
  };
  const auto bytes = [&](const std::string& text) { return values.make(hearth::pickle::Value::Bytes{text}); };
  const auto encoded = [&](const std::string& utf8) {
    return values.make_call("_codecs.encode", {values.make(utf8), values.make(std::string("latin1"))});
  };
  CHECK(std::get<std::int64_t>(scalar("i4", "<", bytes("\xfe\xff\xff\xff"))) == -2);
  CHECK(std::get<std::int64_t>(scalar("u2", "<", bytes("\xfe\xff"))) == 65534);
  CHECK(std::get<double>(scalar("f4", "<", encoded(std::string("\0\0\u0080\u00bf", 6)))) == -1.0);
  CHECK(std::get<bool>(scalar("b1", "|", encoded("\x01"))));

  CHECK(scalar("i4", ">", bytes("\xfe\xff\xff\xff")).index() == 0);
  CHECK(scalar("i4", "<", bytes("\xfe\xff\xff")).index() == 0);
  CHECK(scalar("f2", "<", bytes("ab")).index() == 0);
  CHECK(scalar("", "<", bytes("")).index() == 0);
  CHECK(scalar("i2", "<", encoded("a\u0100")).index() == 0);
  CHECK(scalar("i8", "<", encoded(std::string(17, 'a'))).index() == 0);
  CHECK(scalar("i2", "<", encoded("a\xc3")).index() == 0);
  CHECK(hearth::pth::numpy_scalar(*values.make_call("numpy._core.multiarray.scalar", {})).index() == 0);
  CHECK(hearth::pth::numpy_scalar(*values.make(std::int64_t{1})).index() == 0);
}
