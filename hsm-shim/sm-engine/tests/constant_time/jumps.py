#!/usr/bin/env python3
"""Reads the machine code of the functions that handle secrets and counts what could tell one by its time: conditional
and indirect jumps, divisions, gathered and masked loads.

    jumps.py LIBRARY TABLE    fails where a function has more of them than TABLE allows
    jumps.py --list LIBRARY   prints a table of what is there

A table has one function a line: how many it may have, its path, and why. A function that is not in it may have none.
The compiler's loops and calls are its own affair, so the table changes with the compiler; what may not happen is that
a number grows and nobody looks. Calls are not followed: every function of SECRET's modules is looked at itself.
"""

import re
import subprocess
import sys

# Modules through which secrets go, and what in them is for public data by its name.
SECRET = re.compile(r"sm_engine::(arithmetic|sm2|sm3|sm4|leaks)::")
PUBLIC = re.compile(r"vartime|verify|double_multiply|affine_sums|wnaf|odd_multiples|prepared_key|::der::|signature|fmt|from_str|from_der"
                    r"|LazyLock|Lazy|OnceLock|drop_in_place|FixedBase::new|FixedBase>::new|Vec<")
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


def counted(library):
    """Function path -> list of (kind, instruction)."""
    listing = subprocess.run(["objdump", "-d", "-C", "--no-show-raw-insn", library],
                             check=True, capture_output=True, text=True).stdout
    found, current = {}, None
    for line in listing.splitlines():
        if function := FUNCTION.match(line):
            name = HASH.sub("", function[1])
            secret = SECRET.search(name) and not PUBLIC.search(name)
            current = found.setdefault(name, []) if secret else None
        elif current is not None and (instruction := INSTRUCTION.match(line)):
            if kind := suspicious(*instruction.groups()):
                current.append((kind, " ".join(instruction.groups())))
    return found


def allowed(table):
    """Function path -> how many."""
    with open(table, encoding="utf-8") as lines:
        rows = [line.split(None, 2) for line in lines if line.strip() and not line.startswith("#")]
    for row in rows:
        if len(row) < 3:
            sys.exit(f"{table}: a reason is missing: {' '.join(row)}")
    return {path: int(count) for count, path, _ in rows}


def main(arguments):
    if arguments[0] == "--list":
        for path, kinds in sorted(counted(arguments[1]).items()):
            if kinds:
                print(f"{len(kinds):3} {path.replace(' ', '')}  ?")
        return
    library, table = arguments
    found, limits = counted(library), allowed(table)
    if len(found) < 20:
        sys.exit(f"only {len(found)} functions found in {library}: nothing was checked")
    failed = False
    for path, kinds in sorted(found.items()):
        limit = limits.pop(path.replace(" ", ""), 0)
        if len(kinds) > limit:
            failed = True
            print(f"{path}: {len(kinds)} where {limit} are allowed")
            for kind, instruction in kinds:
                print(f"    {kind}: {instruction}")
        elif len(kinds) < limit:
            print(f"note: {path} has {len(kinds)}, fewer than the {limit} allowed")
    for path in limits:
        print(f"note: {path} is in the table only")
    total = sum(len(kinds) for kinds in found.values())
    print(f"{len(found)} functions that handle secrets, {total} jumps, all of them listed" if not failed else "FAILED")
    sys.exit(failed)


main(sys.argv[1:])
