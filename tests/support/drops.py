"""A table of files in a drop folder: its declaration, a workbook with changed XML, and the words of a refusal."""

import zipfile

import openpyxl

CSV = "{key: [id], path: '*.csv*'}"


def declare(landing, meta, columns=""):
    landing.declare(f"""
        sources:
          - name: drops
            schema: raw_drops
            config: {{meta: {{connection: DROPS_URL}}}}
            tables:
              - name: t
                config: {{meta: {meta}}}
                {columns}
    """)


def refused(landing):
    (result,) = landing.land().values()
    assert result.state == "failed" and "\n" not in result.message, result
    return result.message.removeprefix("drops.t: ")


def rewritten(path, change):
    """A workbook of one row, its sheet's XML changed."""
    book = openpyxl.Workbook()
    for row in (["id", "v"], [1, "a"]):
        book.active.append(row)
    book.save(path)
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    parts["xl/worksheets/sheet1.xml"] = change(parts["xl/worksheets/sheet1.xml"])
    with zipfile.ZipFile(path, "w") as new:
        for name, part in parts.items():
            new.writestr(name, part)
