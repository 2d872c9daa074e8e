"""Changes a SQLite database behind the program's back, one cell or one row at a time.

    tamper.py list DATABASE                       tables and columns, one pair a line; an empty table is left out
    tamper.py flip DATABASE TABLE COLUMN [which]  changes one byte, or one in a number, of the first or last row
    tamper.py delete DATABASE TABLE [which]       deletes the first or last row
    tamper.py copy DATABASE FILE                  a whole copy, as a backup program makes one
"""

import sqlite3
import sys


def changed(value):
    if value is None:
        return "0"
    if isinstance(value, int):
        return value + (1 << 24)  # one byte, and not a neighbour that exists
    if isinstance(value, bytes):
        middle = len(value) // 2
        return value[:middle] + bytes([value[middle] ^ 1]) + value[middle + 1 :] if value else b"0"
    middle = len(value) // 2
    letter = "1" if value[middle : middle + 1] == "0" else "0"
    return value[:middle] + letter + value[middle + 1 :]


def place(database, table, column, which):
    """Key columns and key of the row to change: one with a value in the column, where there is one."""
    key = [each[1] for each in database.execute(f'PRAGMA table_info("{table}")') if each[5]]
    order = ", ".join(f'"{name}" {"DESC" if which == "last" else "ASC"}' for name in key)
    names = ", ".join(f'"{name}"' for name in key)
    for condition in (f'"{column}" IS NOT NULL', "TRUE") if column else ("TRUE",):
        row = database.execute(f'SELECT {names} FROM "{table}" WHERE {condition} ORDER BY {order}').fetchone()
        if row:
            return " AND ".join(f'"{name}" = ?' for name in key), row
    sys.exit(f"{table} is empty")


def main():
    command, path, *rest = sys.argv[1:]
    database = sqlite3.connect(path)
    if command == "list":
        tables = database.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").fetchall()
        for (table,) in tables:
            if not table.startswith("sqlite_") and database.execute(f'SELECT 1 FROM "{table}"').fetchone():
                for column in database.execute(f'PRAGMA table_info("{table}")'):
                    print(table, column[1])
        return
    if command == "copy":
        database.execute("VACUUM INTO ?", (rest[0],))
        return
    table = rest[0]
    if command == "flip":
        column, which = rest[1], (rest[2:] or ["last"])[0]
        where, row = place(database, table, column, which)
        value = database.execute(f'SELECT "{column}" FROM "{table}" WHERE {where}', row).fetchone()[0]
        new = changed(value)
        kind = [each[2] for each in database.execute(f'PRAGMA table_info("{table}")') if each[1] == column][0]
        if value is None and kind == "INTEGER":
            new = 1
        if value is None and kind == "BLOB":
            new = b"0"
        database.execute(f'UPDATE "{table}" SET "{column}" = ? WHERE {where}', (new, *row))
    else:
        where, row = place(database, table, None, (rest[1:] or ["last"])[0])
        database.execute(f'DELETE FROM "{table}" WHERE {where}', row)
    database.commit()
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


main()
