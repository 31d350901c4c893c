"""Whether a page of HTML is well-formed, and shows texts and pictures without loading or running anything.

    html_check.py FILE    prints what is wrong and ends with 1
"""

import html.parser
import pathlib
import sys

VOID = {"meta", "img", "br", "hr", "link"}
KNOWN = VOID | {"html", "head", "title", "style", "body", "header", "nav", "main", "section", "footer", "h1", "h2", "p",
                "strong", "a", "dl", "div", "dt", "dd", "small", "table", "thead", "tbody", "tr", "th", "td", "pre"}
ONCE = ["html", "head", "title", "body", "main"]


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.problems = []
        self.open = []
        self.ids = []
        self.targets = []
        self.counts = {}
        self.pictures = []
        self.texts = {}  # of a tag, the texts in it

    def handle_decl(self, decl):
        if decl != "DOCTYPE html" or self.counts:
            self.problems.append(f"<!{decl}> is not the document type at the beginning")

    def handle_starttag(self, tag, attributes):
        self.counts[tag] = self.counts.get(tag, 0) + 1
        names = [name for name, _ in attributes]
        values = dict(attributes)
        if tag not in KNOWN:
            self.problems.append(f"<{tag}>: there should be no such element")
        if len(set(names)) < len(names) or any(name.startswith("on") for name in names):
            self.problems.append(f"<{tag}> has {names}")
        if tag == "img":
            if not values["src"].startswith("data:image/png;base64,") or not values.get("alt"):
                self.problems.append("a picture is not in the page, or has no description")
            self.pictures.append(values)
        elif "src" in values or tag == "link":
            self.problems.append(f"<{tag}> loads something")
        if "href" in values:
            self.targets.append(values["href"])
        if "id" in values:
            self.ids.append(values["id"])
        if tag not in VOID:
            self.open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> ends what is not the innermost element, line {self.getpos()[0]}")

    def handle_data(self, data):
        if self.open:
            self.texts[self.open[-1]][-1] += data
        elif data.strip():
            self.problems.append(f"text outside: {data[:40]!r}")

    def handle_comment(self, data):
        self.problems.append(f"a comment: {data[:40]!r}")


def read(text):
    """The page, with what is wrong in `problems`."""
    page = Page()
    page.feed(text)
    page.close()
    problems = page.problems
    problems += [f"<{tag}> is not closed" for tag in page.open]
    problems += [f"<{tag}> is there {page.counts.get(tag, 0)} times" for tag in ONCE if page.counts.get(tag) != 1]
    problems += [f"{target} leads nowhere" for target in page.targets if target.removeprefix("#") not in page.ids]
    if len(set(page.ids)) < len(page.ids):
        problems.append("an id is there twice")
    bad = [letter for letter in text if (ord(letter) < 32 and letter not in "\n\t") or 0x7F <= ord(letter) < 0xA0]
    problems += [f"the control character {bad[0]!r}"] if bad else []
    return page


if __name__ == "__main__":
    found = read(pathlib.Path(sys.argv[1]).read_bytes().decode("utf-8")).problems  # strictly
    print("\n".join(found))
    sys.exit(1 if found else 0)
