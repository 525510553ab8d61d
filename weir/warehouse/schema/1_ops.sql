-- What Weir itself keeps in the warehouse. The files are applied in the order of their names,
-- whenever one of them changed: each statement must be safe to repeat.
-- The ledger and the quarantine of target dev are made by dbt (macros/project/make_ledger.sql), the same columns.
create table if not exists ops.runs (
    run_id text primary key,
    started_at timestamptz not null default clock_timestamp(),
    ended_at timestamptz,
    state text not null check (state in ('running', 'succeeded', 'failed', 'crashed')),
    message text,
    as_of timestamptz not null,
    parameters jsonb not null default '{}',
    host text,
    pid integer,
    flow_run_id text
);
-- 'run' for a pass of the flow; else the command that a person typed: 'land', 'build'.
alter table ops.runs add column if not exists command text not null default 'run';

create table if not exists ops.landings (
    load_id text not null,
    job text not null,
    run_id text,
    source text not null,
    table_name text not null,
    promise text not null,
    how text not null,
    extracted bigint not null,
    landed bigint not null,
    deleted bigint not null default 0,
    source_rows bigint,
    bytes bigint,
    seconds double precision,
    as_of timestamptz not null,
    landed_at timestamptz not null default clock_timestamp(),
    state jsonb,
    columns jsonb,
    primary key (load_id, job)
);
-- What a compare by digest knows of a table's key buckets; written together with the receipt.
create table if not exists ops.digests (
    source text not null,
    table_name text not null,
    bucket integer not null,
    digest text not null,
    primary key (source, table_name, bucket)
);
-- Which integer keys of a large table were live after the load, 64 to a word; written together with the receipt.
create table if not exists ops.key_bits (
    source text not null,
    table_name text not null,
    load_id text not null,
    words bigint[] not null,
    bits bigint[] not null,
    primary key (source, table_name)
);

alter table ops.landings add column if not exists drift text;
alter table ops.landings add column if not exists duplicates bigint;
-- `how` is for people; these two are for decisions.
do $$
begin
    if not exists (
        select from pg_attribute where attrelid = 'ops.landings'::regclass and attname = 'compared'
    ) then
        alter table ops.landings
            add column compared boolean not null default true,
            add column is_whole boolean not null default false;
        update ops.landings
        set compared = how not in ('first load', 'row versions'), is_whole = how in ('first load', 'compare');
        comment on column ops.landings.compared is
            'Whether the rows that were read were compared with raw; false: all of them were new.';
        comment on column ops.landings.is_whole is 'Whether the table was read whole.';
    end if;
end
$$;
create index if not exists landings_by_table on ops.landings (source, table_name, landed_at);
alter table ops.landings add column if not exists in_lake boolean not null default false;
comment on column ops.landings.in_lake is 'Whether the rows are in a file of the lake alone, and in no table of raw.';
