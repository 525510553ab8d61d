"""Words of the generated pages: what each key of a declared source means, and what the code can't say of itself."""

SOURCE = {
    "connection": "The variable that holds the address of the source. Its scheme picks the connector. "
    "A source without it is not landed.",
    "token": "The variable that holds the token of a REST API, sent as `Authorization: Bearer …`. Unless said, it is "
    "`<SOURCE>_TOKEN`, where that is set.",
    "compare": "How MySQL and MariaDB tables are compared: all rows read, digests by key bucket, or what is cheaper.",
    "client": "Of a REST API, in dlt's words: `headers` and `paginator`; and `largest_answer_mb` (256 unless said).",
    "only_columns": "As for a table, for all tables of the source.",
    "tables": "`{include: [sales.*], exclude: [tmp_*]}`: of a database, the tables that land without being declared, "
    "by patterns of their names; one with a dot is held against `schema.table`.",
    "custom": "Keys of your own that stand in `meta` (a list of names), of the source and its tables; or anything.",
}
TABLE = {
    "key": "The columns that make a row unique. Without it, rows are told apart by their content.",
    "cursor": "The column that grows when a row changes; of documents a path such as `meta.updated_at`.",
    "overlap": "How far behind the newest cursor a window begins, as `1 day` or `90 minutes`.",
    "exclude": "Columns (of documents: paths such as `card.number`) that do not land; patterns such as `*_hash` too, "
    "which hold for fields of documents at any depth.",
    "only_columns": "Only the columns under `columns:` land, with key and cursor; of documents, the fields named there "
    "as `document.path`. Otherwise all columns land, whether they stand there or not.",
    "from": "The table's name at the source, where it is another: `legacy.user_table`.",
    "path": "Of files: which ones, as `nps/*.csv`, inside the source's folder.",
    "format": "Of files: `csv`, `jsonl`, `json`, `parquet` or `xlsx`, or a mapping of `type` and its settings (below).",
    "endpoint": "Of a REST API, in dlt's words: `path`, `params`, `data_selector`, `paginator`, `incremental`.",
    "compare": "As for the source, for this table.",
    "append_only": "Of PostgreSQL: rows are added and never changed. Needs `key` and `cursor`; see `sweep`.",
    "sweep": "How often an `append_only` table is read by row version, so that changes and deletes are found: `1 day`.",
    "land": "Where the rows go: into PostgreSQL, or into [the lake](../operations/spark.md#tables-in-the-lake-alone) "
    "alone, for tables that PostgreSQL should not hold. Only Spark reads those.",
    "repeats": "What two rows of one file or listing with one key are: in conflict, or the last one counts.",
    "max_rejected": "The share of the table's live rows that may wait in quarantine, as `5%` or `0.05`. More fails "
    "gate marts, so that nothing is published.",
    "custom": "Keys of your own that stand in `meta` (a list of names); or anything.",
}

# Which formats take which setting is read from the code.
FORMAT = {
    "delimiter": "The sign between fields: `,` unless said, a tab for `.tsv`. A first line `sep=;` tells it too.",
    "encoding": "`utf-8` unless said.",
    "empty_is_null": 'Which empty cells are NULL: `unquoted` (the default: `1,,` is NULL, `1,"",` is empty text), '
    "`always` (for programs that quote every field), `never`.",
    "skip": "So many lines before the header are no data.",
    "footer": "So many records after the data (totals, say) are no data.",
    "sheet": "The sheet's name; the first that is shown unless said.",
    "largest_line_mb": "The most that one line, record or row may take: 256 unless said, up to 500. A longer one is "
    "rejected with its place.",
}
COMMANDS = """\
## dbt

The installed command `dbt` is dbt itself. It starts the warehouse and fills in the address. Target `dev`, the default,
writes to schemas of your own (`dev_staging`, `dev_analytics` …). `dbt run --target prod` is refused: readers' tables
change by publication only.

```
dbt build
dbt build --select stg_app__users
dbt test --select churn_features
dbt docs generate
```

## prefect

The installed command `prefect` is Prefect itself, at Weir's server. It starts the server where it is down, and knows
the login from any folder. A deployment runs only while a worker is up: `make serve` in another terminal.

```
prefect deploy --all
prefect deployment ls
prefect deployment run elt/incremental --watch
prefect deployment schedule ls elt/incremental
prefect flow-run ls
prefect flow-run logs <id>
```

## python -m demo

```
python -m demo make
python -m demo tick --days 7
python -m demo leave
```

`make` makes the sources of the demo where there are none. `tick` moves its time on: new, changed and deleted rows in
every source. `leave` puts the demo aside ([how to leave the demo](../how-to/leave-the-demo.md)).

## python -m benchmarks

Each figure of [the benchmarks](benchmarks.md) is one of its commands: `python -m benchmarks --help`.
"""
KEYS = """\
## Settings of `format`

`format` is the name of a format, or a mapping: `format: {type: csv, skip: 2, footer: 1}`.
"""
