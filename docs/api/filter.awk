# What Doxygen reads of a header: `awk -f docs/api/filter.awk FILE`. Lines keep their numbers.
#
# - The namespaces of which the layers are made (hearth::core, hearth::image, detail …) become empty lines: they are not
#   for users. The headers in `parts` are the exceptions: public functions take or give what they declare.
# - What stays belongs to the group of its folder, which docs/api/groups.dox describes, and the sentence at the head of
#   the file becomes that of the file.
# - What every type of a role has, and nobody wants to read forty times (`plan` of a transform, `read` of a dataset),
#   gets its sentence from docs/api/roles.txt, unless it has one of its own. `struct FooOptions` is the options of Foo.
# - A comment stands for all functions right below it that no role describes, until an empty line.
# - Deduction guides go: Doxygen takes them for functions.
BEGIN {
  parts = " hearth/image/image.hpp hearth/transforms/plan.hpp hearth/transforms/interval.hpp" \
          " hearth/datasets/in_memory_images.hpp "
  roles_file = "docs/api/roles.txt"
  while ((getline line < roles_file) > 0) {
    if (line ~ /^#/ || line == "") continue
    if (split(line, part, " +[|] +") != 3) {
      print roles_file ": cannot make sense of `" line "`" > "/dev/stderr"
      exit 1
    }
    ++roles
    role_path[roles] = part[1]
    role_line[roles] = part[2]
    role_text[roles] = part[3]
  }
}

function is_hidden(name) { return name !~ /^(hearth|hearth::(optim|models|dist)|imagenet)$/ }

# Whether the line declares a function, whole.
function declares_function(line) { return line ~ /^ +[a-zA-Z].*\(.*[;}]$/ && line !~ /^ +(return|for|if|while|using) / }

# Pages: what they link to in other folders is not among the reference's pages, so the link's words stay alone.
FILENAME ~ /\.(md|dox)$/ {
  while (match($0, /\[[^][]*\]\(\.\.\/[^)]*\)/)) {
    link = substr($0, RSTART + 1, RLENGTH - 1)
    sub(/\]\(.*/, "", link)
    $0 = substr($0, 1, RSTART - 1) link substr($0, RSTART + RLENGTH)
  }
  print
  next
}

FNR == 1 {
  path = FILENAME
  sub(/^.*include\//, "", path)
  group = path
  sub(/^hearth\//, "", group)
  if (group ~ /^models\/layers\//) group = "layers"
  else if (group ~ /\//) sub(/\/.*/, "", group)
  else group = "core"
  is_part = index(parts, " " path " ") > 0
  sub(/^\/\/\/ /, "/// @file " path " ")
}

/^ *namespace [a-zA-Z0-9_:]+ {$/ && hidden == "" {
  if (is_hidden($2) && !is_part) hidden = $2
  else {
    print $0 " /** @addtogroup " group " */ /** @{ */"
    next
  }
}
hidden != "" {
  if ($0 ~ /^ *}  \/\/ namespace / && $4 == hidden) hidden = ""
  print ""
  next
}
/^ *}  \/\/ namespace / { print "/** @} */ " $0; next }

# A deduction guide, with the line before it where that is its `template`.
held != "" {
  if ($0 ~ /^[A-Z][a-zA-Z]*\(/) in_guide = 1
  else print held
  if (in_guide) print ""
  held = ""
}
!in_guide && /^[A-Z][a-zA-Z]*\(/ { in_guide = 1 }
in_guide {
  print ""
  if (/;$/) in_guide = 0
  next
}
/^template <.*>$/ && !documented { held = $0; next }

/^extern template / { print ""; next }
/^ *\/\/\// {
  text = $0
  sub(/^ *\/\/\/ ?/, "", text)
  comment = documented ? comment " " text : text
  documented = 1
  stands = 0
  print
  next
}
/^ *$/ { documented = 0; stands = 0; comment = ""; print; next }
/^ *(template <|requires)/ { print; next }  # what follows has the comment

{
  if (!documented && $0 !~ /\/\/\/</) {
    added = ""
    for (i = 1; i <= roles && added == ""; ++i) {
      if (path ~ role_path[i] && $0 ~ role_line[i]) added = role_text[i]
    }
    if (added == "" && stands && declares_function($0)) added = comment
    if (added == "" && match($0, /^ *struct [A-Za-z0-9]+Options {/)) {
      name = $2
      sub(/Options$/, "", name)
      added = "The options of `" name "`."
    }
    # Several members of one type, such as `Chain layer1{nullptr}, layer2{nullptr};`: each has the sentence.
    if (added != "" && match($0, /^ +[a-zA-Z:0-9]+ [a-z_0-9]+({nullptr})?, [a-z_0-9]+/)) {
      type = $1
      gsub(/, /, "; /** " added " */ " type " ")
    }
    if (added != "") $0 = "/** " added " */ " $0
  }
  else stands = documented && declares_function($0)
  documented = 0
  print
}
END { if (held != "") print held }
