-- The files of raw in the lake, by which a second engine reads it (docs/operations/spark.md).
create table if not exists ops.lake_files (
    source text not null,
    table_name text not null,
    load_id text not null,
    rows bigint not null,
    bytes bigint not null,
    columns jsonb not null,
    erased bigint not null,
    horizon bigint not null,
    written_at timestamptz not null default clock_timestamp(),
    primary key (source, table_name, load_id)
);
comment on table ops.lake_files is 'One row per load and table whose rows lie in the lake as a Parquet file.';
comment on column ops.lake_files.rows is 'Rows of the file, which are those of the receipts.';
comment on column ops.lake_files.bytes is 'Size of the file: one of another size was cut short or is a stranger''s.';
comment on column ops.lake_files.columns is 'Name, type in raw and type in the file of each column, in order.';
comment on column ops.lake_files.erased is 'Entries of ops.erased when the file was found right: with more of them now, its rows may have changed.';
comment on column ops.lake_files.horizon is 'The oldest transaction that could still change its rows then.';
-- Staging that lies on Spark: what is known of it here (docs/operations/spark.md).
create table if not exists ops.spark_staging (
    model text primary key,
    mark text not null,
    rows bigint not null,
    cleared_at timestamptz not null default clock_timestamp()
);
comment on table ops.spark_staging is
'One row per staging model that Spark has staged; it counts while the digest in ops.staged_code is `spark`.';
comment on column ops.spark_staging.mark is 'The commit of Spark''s table whose ledger and quarantine came back.';
comment on column ops.spark_staging.rows is 'Accepted rows of Spark''s table.';
comment on column ops.spark_staging.cleared_at is
'Nobody who was forgotten before then stands in Spark''s tables or in their old versions.';
