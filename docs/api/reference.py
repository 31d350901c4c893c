"""reference.py OUTPUT [--html] [--root FOLDER]: reads the headers with Doxygen and fails unless every public name has a
sentence; with --html it also makes the pages, OUTPUT/html/index.html.

Everything that a user can name counts: namespaces, types, functions, members, enumerators, aliases and concepts. These
need no sentence of their own:
- what the compiler writes (`= default`, `= delete`), destructors, assignments, and the comparison with ==;
- overloads of what has one, and an override of a function of LibTorch's;
- a constructor that takes what its class's sentence is about: the options, the parts, or nothing;
- an enumerator or a member whose name stands in the sentence of its type.
What is internal, and which sentences docs/api/roles.txt has for members that every type of a role has, says
docs/api/filter.awk.
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree


def sentence(element):
    parts = [element.find("briefdescription"), element.find("detaileddescription")]
    return " ".join("".join(part.itertext()) for part in parts if part is not None).strip()


def names_in(text):
    return set(re.findall(r"[A-Za-z_0-9]+", text)) | set(re.findall(r"[a-z_0-9]+", text.lower().replace("-", "")))


def needs_nothing(member):
    name = member.findtext("name")
    signature = member.findtext("argsstring") or ""
    return (
        member.get("prot") == "private"
        or name.startswith("~")
        or name in ("operator==", "operator=")
        or re.search(r"=\s*(default|delete)\s*$", signature) is not None
        or re.search(r"\boverride\b", signature) is not None
        or member.get("kind") == "friend"
    )


def without_sentence(compound):
    """Gives the names of a compound, a type or a namespace, that nobody has described."""
    scope = compound.findtext("compoundname")
    kind = compound.get("kind")
    own = sentence(compound)
    if not own:
        yield compound, kind, scope
    mentioned = names_in(own)
    members = [member for member in compound.iter("memberdef") if not needs_nothing(member)]
    described = {member.findtext("name") for member in members if sentence(member)}
    for member in members:
        name = member.findtext("name")
        is_constructor = kind in ("class", "struct") and name == re.sub(r"<.*", "", scope).split("::")[-1]
        if name not in described and name not in mentioned and not (is_constructor and own):
            yield member, member.get("kind"), f"{scope}::{name}"
        if member.get("kind") == "enum":
            known = names_in(sentence(member))
            for value in member.findall("enumvalue"):
                if not sentence(value) and value.findtext("name") not in known:
                    yield member, "enumerator", f"{scope}::{name}::{value.findtext('name')}"


def place_of(element):
    location = element.find("location")
    return location.get("file").rsplit("include/")[-1], int(location.get("line") or 0)


def run_doxygen(root, output, html):
    """Writes OUTPUT/xml, and OUTPUT/html; gives Doxygen's complaints about references that lead nowhere."""
    if output.exists():
        shutil.rmtree(output)
    output.mkdir(parents=True)
    log = output / "warnings.txt"
    settings = (root / "docs/api/Doxyfile").read_text()
    settings += f"\nOUTPUT_DIRECTORY = {output}\nWARN_LOGFILE = {log}\nGENERATE_HTML = {'YES' if html else 'NO'}\n"
    done = subprocess.run(["doxygen", "-"], cwd=root, input=settings, text=True, stdout=subprocess.DEVNULL)
    if done.returncode != 0:
        sys.exit(f"doxygen failed; what it says is in {log}")
    warnings = log.read_text().splitlines() if log.exists() else []
    return [line for line in warnings if re.search(r"unable to resolve|unbalanced|unknown command|cannot make sense", line)]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("output", type=pathlib.Path)
    arguments.add_argument("--html", action="store_true")
    arguments.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    given = arguments.parse_args()
    output = given.output.resolve()
    wrong = run_doxygen(given.root.resolve(), output, given.html)
    missing = set()
    options = {}  # of what there is no type: for a sentence that docs/api/filter.awk made up
    names = set()
    compounds = 0
    for file in sorted((output / "xml").glob("*.xml")):
        for compound in ElementTree.parse(file).getroot().findall("compounddef"):
            if compound.get("kind") not in ("class", "struct", "union", "namespace", "concept"):
                continue
            if compound.get("prot") == "private" or not compound.findtext("compoundname").startswith("hearth"):
                continue
            compounds += 1
            names.add(re.sub(r"<.*", "", compound.findtext("compoundname")).split("::")[-1])
            if of := re.fullmatch(r"The options of (\w+)\.", sentence(compound)):
                options[of[1]] = compound
            for element, kind, name in without_sentence(compound):
                missing.add((*place_of(element), kind, name))
    for of in options.keys() - names:
        missing.add((*place_of(options[of]), "struct", options[of].findtext("compoundname")))
    for file_name, line, kind, name in sorted(missing):
        print(f"{file_name}:{line}: the {kind} {name} has no sentence")
    for line in wrong:
        print(line)
    if missing or wrong:
        sys.exit(f"{len(missing)} public names have no sentence, {len(wrong)} references lead nowhere")
    if compounds == 0:
        sys.exit("there are no public types: something else is wrong")
    print(f"every public name of {compounds} types and namespaces has its sentence")
    if given.html:
        print(f"the pages begin at {output / 'html/index.html'}")


if __name__ == "__main__":
    main()
