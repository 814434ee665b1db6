"""Checks a folder that `tiller export` wrote, with whatever independent readers this Python has.

    python3 scripts/check-export.py FOLDER

Every file must have the sha256 that provenance.json says. Python's `datasets` loads the folder as a person would
(or else `pyarrow` or `pandas` reads its Parquet files), `duckdb` reads the Parquet files too, and each must find the
rows, languages and labels that provenance.json counts. Exits with 1 if anything differs, and with 2 if there is no
reader.
"""

import collections
import hashlib
import json
import os
import sys
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_DATASETS_OFFLINE"] = "1"

problems = []


def expect(what, found, wanted):
    if found != wanted:
        problems.append(f"{what}: found {found!r}, and provenance.json says {wanted!r}")


def sums(folder, provenance):
    for name, facts in provenance["files"].items():
        with open(os.path.join(folder, name), "rb") as file:
            data = file.read()
        expect(f"{name}, sha256", hashlib.sha256(data).hexdigest(), facts["sha256"])
        expect(f"{name}, bytes", len(data), facts["bytes"])
    print(f"{len(provenance['files'])} files have their sha256")


def check(reader, place, rows, split):
    """rows: (language, label) of each row."""
    counts = collections.Counter(rows)
    expect(f"{reader}, {place}, rows", sum(counts.values()), split["rows"])
    wanted = {
        (language, label): count
        for language, labels in split["counts"].items()
        for label, count in labels.items()
        if count > 0
    }
    expect(f"{reader}, {place}, texts of each language and label", dict(counts), wanted)
    print(f"{reader}: {place}: {sum(counts.values())} rows")


def with_datasets(folder, provenance):
    import datasets

    with tempfile.TemporaryDirectory() as cache:
        for name, part in provenance["sets"].items():
            loaded = datasets.load_dataset(folder, name, cache_dir=cache)
            expect(f"datasets, {name}, splits", sorted(loaded), sorted(part["splits"]))
            for split, data in loaded.items():
                names = data.features["label"].names
                expect(f"datasets, {name}/{split}, label names", names, provenance["labels"])
                labels = [names[number] for number in data["label"]]
                expect(f"datasets, {name}/{split}, label_text", list(data["label_text"]), labels)
                check("datasets", f"{name}/{split}", zip(data["language"], labels), part["splits"][split])
            first = next(iter(loaded.values()))
            print(f"features: {first.features}")
            print(f"label names: {first.features['label'].names}")
            print(f"first row: {first[0]}")
    return f"datasets {datasets.__version__}"


def by_file(reader, read):
    def run(folder, provenance):
        shown = False
        for name, part in provenance["sets"].items():
            for split, facts in part["splits"].items():
                rows = []
                for file in facts["files"]:
                    rows += read(os.path.join(folder, file))
                names = [provenance["labels"][row["label"]] for row in rows]
                expect(f"{reader}, {name}/{split}, label_text", [row["label_text"] for row in rows], names)
                pairs = [(row["language"], row["label_text"]) for row in rows]
                check(reader, f"{name}/{split}", pairs, facts)
                if not shown:
                    print(f"columns: {list(rows[0])}")
                    print(f"first row: {rows[0]}")
                    shown = True
        return reader

    return run


def with_pyarrow(folder, provenance):
    import pyarrow
    import pyarrow.parquet

    def read(path):
        table = pyarrow.parquet.read_table(path)
        info = json.loads(table.schema.metadata[b"huggingface"])["info"]
        expect(f"pyarrow, {path}, label names", info["features"]["label"]["names"], provenance["labels"])
        return table.to_pylist()

    return by_file(f"pyarrow {pyarrow.__version__}", read)(folder, provenance)


def with_pandas(folder, provenance):
    import pandas

    return by_file(f"pandas {pandas.__version__}", lambda path: pandas.read_parquet(path).to_dict("records"))(
        folder, provenance
    )


def with_duckdb(folder, provenance):
    import duckdb

    def read(path):
        result = duckdb.execute("SELECT * FROM read_parquet(?)", [path])
        columns = [column[0] for column in result.description]
        return [dict(zip(columns, row)) for row in result.fetchall()]

    return by_file(f"duckdb {duckdb.__version__}", read)(folder, provenance)


def first_of(readers, folder, provenance):
    for reader in readers:
        try:
            return reader(folder, provenance)
        except ImportError:
            continue
    return None


def main():
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    folder = sys.argv[1]
    with open(os.path.join(folder, "provenance.json"), encoding="utf-8") as file:
        provenance = json.load(file)
    sums(folder, provenance)
    parquet = all(
        file.endswith(".parquet")
        for part in provenance["sets"].values()
        for split in part["splits"].values()
        for file in split["files"]
    )
    if not parquet:
        print("The rows are not in Parquet files, and are not read.")
    else:
        readers = [with_pyarrow, with_pandas]
        if provenance["exported"] == "dataset":
            readers.insert(0, with_datasets)
        used = [first_of(readers, folder, provenance), first_of([with_duckdb], folder, provenance)]
        if used == [None, None]:
            print("No reader: install one of datasets, pyarrow, pandas or duckdb.")
            return 2
        print(f"Read by {' and '.join(name for name in used if name)}.")
    for problem in problems:
        print(f"DIFFERS: {problem}")
    if not problems:
        print("Everything is as provenance.json says.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
