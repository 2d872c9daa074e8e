#!/usr/bin/env python3
"""Reads the machine code of the functions that handle secrets and counts what could tell one by its time: conditional
and indirect jumps, divisions, gathered and masked loads.

    jumps.py LIBRARY TABLE [MODULES]    fails where a function has more of them than TABLE allows
    jumps.py LIBRARY --list             prints what is there, as lines of a table

A line of a table is a number and the path of a function, without blanks; it stands under a `# reason`. A function that
is not in the table may have none. Most of the numbers are loops over public lengths, which move when the source or the
compiler does; what may not happen is that one grows and nobody looks. Calls are not followed: every function of the
modules is looked at itself. The modules are those that differ from path to path; what is around them is the same on
every path, and valgrind follows secrets through it. The wide paths, which valgrind cannot execute, are instances of the
same generic source as the narrow ones, and have the same numbers.
"""

import re
import subprocess
import sys

# Modules through which secrets go, and what in them is for public data by its name.
SECRET = r"sm_engine::(arithmetic|sm3::(compress|lanes|x86_64)|sm4::(ghash|portable|round_keys|sbox|vector|x86_64))::"
PUBLIC = re.compile(r"vartime|verif|double_multiply|affine_sums|wnaf|odd_multiples|prepared_key|::der::|[Ss]ignature::"
                    r"|fmt|from_str|from_der|digest_serde|Lazy|Once|drop_in_place|FixedBase::new|::detect|has_x"
                    r"|Check::|Ifma::ask|PublicKey::from_sec1|Point::from_coordinates|Affine::from_coordinates")
# Instances of one source: in each row, functions that differ by these names only have as many.
EQUAL = [("::aes::", "::vaes::", "::gfni::"), ("::clmul::", "::clmul_256::", "::clmul_512::"),
         ("::avx2::Cpu::compress_many", "::avx512::Cpu::compress_many")]
FUNCTION = re.compile(r"^[0-9a-f]+ <(.*)>:$")
INSTRUCTION = re.compile(r"^\s+[0-9a-f]+:\t(\S+)\s*(.*)$")
HASH = re.compile(r"::h[0-9a-f]{16}$")


def suspicious(mnemonic, operands):
    """What kind of instruction that could tell a secret this is, or None."""
    if mnemonic.startswith(("j", "loop")) and mnemonic != "jmp":
        return "conditional jump"
    if mnemonic == "jmp" and operands.startswith("*"):
        return "indirect jump"
    if re.fullmatch(r"i?div[bwlq]?", mnemonic):
        return "division"
    if "gather" in mnemonic:
        return "gather"
    # A masked load need not touch what is masked off. A broadcast or an arithmetic operation from memory counts too;
    # a masked store (destination last) does not.
    if "{%k" in operands and re.search(r"\(.*\).*,.*\{%k", operands):
        return "masked load"
    return None


def counted(library, modules=SECRET):
    """Function path -> list of (kind, instruction)."""
    listing = subprocess.run(["objdump", "-d", "-C", "--no-show-raw-insn", library],
                             check=True, capture_output=True, text=True).stdout
    found, current = {}, None
    for line in listing.splitlines():
        if function := FUNCTION.match(line):
            name = HASH.sub("", function[1]).replace(" ", "")
            secret = re.search(modules, name) and not PUBLIC.search(name)
            current = found.setdefault(name, []) if secret else None
        elif current is not None and (instruction := INSTRUCTION.match(line)):
            if kind := suspicious(*instruction.groups()):
                current.append((kind, " ".join(instruction.groups())))
    return found


def allowed(table):
    """Function path -> how many."""
    limits, reason = {}, False
    with open(table, encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("#"):
                reason = True
            elif not line.strip():
                reason = False
            elif reason:
                count, path = line.split()
                limits[path] = int(count)
            else:
                sys.exit(f"{table}: no reason above: {line}")
    return limits


def unequal(found):
    """Pairs of paths that should have as many and have not."""
    for first, *others in EQUAL:
        for path in (path for path in found if first in path):
            for sibling in (path.replace(first, other) for other in others):
                if sibling in found and len(found[sibling]) != len(found[path]):
                    yield path, sibling


def main(library, table, *modules):
    found = counted(library, *modules)
    if not found:
        sys.exit(f"no function found in {library}: nothing was checked")
    if table == "--list":
        for path, kinds in sorted(found.items()):
            if kinds:
                print(f"{len(kinds):3} {path}")
        return
    limits, failed = allowed(table), False
    for path, kinds in sorted(found.items()):
        limit = limits.pop(path, 0)
        if len(kinds) > limit:
            failed = True
            print(f"{path}: {len(kinds)} where {limit} are allowed")
            for kind, instruction in kinds:
                print(f"    {kind}: {instruction}")
        elif len(kinds) < limit:
            print(f"note: {path} has {len(kinds)}, fewer than the {limit} allowed")
    for path, sibling in unequal(found):
        failed = True
        print(f"{path} has {len(found[path])} and {sibling} {len(found[sibling])}")
    for path in limits:
        print(f"note: {path} is in the table only")
    total = sum(len(kinds) for kinds in found.values())
    print("FAILED" if failed else f"{len(found)} functions that handle secrets, {total} jumps, all accounted for")
    sys.exit(failed)


main(*sys.argv[1:])
