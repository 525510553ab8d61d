-- What Weir itself keeps in the warehouse. Applied at every start: each statement must be safe to repeat.
-- The ledger and the quarantine of target dev are made by dbt (macros/project/make_ledger.sql), the same columns.
create schema if not exists ops;
create schema if not exists quality;
create schema if not exists undo;
create schema if not exists analytics;

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

create table if not exists ops.gates (
    run_id text,
    gate text not null,
    scope text not null,
    checked_at timestamptz not null default clock_timestamp(),
    passed boolean not null,
    sentence text,
    results jsonb
);

-- One row per build of analytics_next: by which code, for which day, and how it ended.
create table if not exists ops.builds (
    run_id text primary key,
    recorded_at timestamptz not null default clock_timestamp(),
    passed boolean not null,
    whole boolean not null,
    sentence text not null,
    why text not null,
    code text not null,
    as_of_date date,
    barred text[] not null,
    unit_tests text
);
comment on column ops.builds.passed is 'Whether all was built and every test held; false until the build has ended.';
comment on column ops.builds.whole is 'Whether it made a whole set; a part is never published.';
comment on column ops.builds.barred is 'Sources and tables that had not landed; what depends on them was left out.';
comment on column ops.builds.unit_tests is 'The digest of the code with which every unit test of the project passed.';
-- Builds stood in ops.gates before.
with moved as (
    delete from ops.gates where gate = 'build' returning *
)

insert into ops.builds (run_id, recorded_at, passed, whole, sentence, why, code, as_of_date, barred)
select distinct on (moved.run_id)
    moved.run_id, moved.checked_at, moved.passed or moved.sentence ~ '^only a part was built',
    moved.sentence !~ '^only a part was built', moved.sentence,
    coalesce(runs.parameters ->> 'why', 'by hand'), coalesce(runs.parameters ->> 'code', ''),
    (runs.parameters ->> 'as_of_date')::date,
    array(select jsonb_array_elements_text(coalesce(runs.parameters -> 'barred', '[]')))
from moved left join ops.runs on runs.run_id = moved.run_id
where moved.run_id is not null and moved.sentence is not null
order by moved.run_id, moved.checked_at desc
on conflict do nothing;

create table if not exists ops.publications (
    publication_id bigint generated always as identity primary key,
    run_id text,
    published_at timestamptz not null default clock_timestamp(),
    rolled_back_at timestamptz,
    as_of timestamptz
);

create table if not exists ops.publication_tables (
    publication_id bigint not null references ops.publications,
    mart text not null,
    inserted bigint not null,
    updated bigint not null,
    deleted bigint not null,
    rows bigint not null,
    primary key (publication_id, mart)
);
alter table ops.publication_tables add column if not exists digest jsonb;

create table if not exists undo.rows (
    publication_id bigint not null,
    mart text not null,
    op text not null,
    row jsonb not null
);
create index if not exists undo_rows_by_publication on undo.rows (publication_id, mart);

-- What became of each landed row, by staging step.
create table if not exists ops.ledger (
    step_id text not null,
    run_id text,
    model text not null,
    source text not null,
    table_name text not null,
    load_id text not null,
    as_of timestamptz not null,
    built_at timestamptz not null default clock_timestamp(),
    full_refresh boolean not null,
    landed bigint not null,
    accepted bigint not null,
    rejected bigint not null,
    superseded bigint not null,
    deleted bigint not null,
    primary key (step_id, model, load_id),
    check (landed = accepted + rejected + superseded + deleted)
);
create index if not exists ledger_by_model on ops.ledger (model, load_id);

create table if not exists ops.staged_code (
    model text primary key,
    digest text not null,
    docs text,
    built_at timestamptz not null default clock_timestamp()
);

create table if not exists quality.quarantine (
    model text not null,
    key text not null,
    reasons text[] not null,
    row jsonb not null,
    load_id text not null,
    seq bigint not null,
    first_seen timestamptz not null,
    resolved_at timestamptz,
    how text check (how in ('mended', 'replaced', 'deleted')),
    primary key (model, key, load_id)
);
create index if not exists quarantine_open on quality.quarantine (model, key) where resolved_at is null;

-- dbt works as weir_dbt, which reads all and writes all but raw and analytics: these change by landing and by
-- publication alone. Where the account may not make roles, dbt works as the account itself.
do $$
declare
    mine record;
begin
    begin
        if to_regrole('weir_dbt') is null then
            create role weir_dbt nologin;
        end if;
        if not pg_has_role(current_user, 'weir_dbt', 'set') then
            execute format('grant weir_dbt to %I', current_user);
        end if;
    exception when insufficient_privilege then
        return;
    end;
    execute format('grant create, temporary on database %I to weir_dbt', current_database());
    alter default privileges grant select on tables to weir_dbt;
    alter default privileges grant usage on schemas to weir_dbt;
    grant create, usage on schema ops, quality to weir_dbt;
    for mine in
        select nspname from pg_namespace
        where pg_has_role(current_user, nspowner, 'usage') and nspname !~ '^(pg_|information_schema$)'
    loop
        execute format('grant usage on schema %I to weir_dbt', mine.nspname);
        execute format('grant select on all tables in schema %I to weir_dbt', mine.nspname);
    end loop;
    -- what dbt made here before it had a role of its own
    for mine in
        select format('alter schema %I owner to weir_dbt', nspname) as act
        from pg_namespace
        where nspname ~ '^(analytics_next|staging|intermediate|dev_\w+)$' and nspowner = current_user::regrole
        union all
        select format('alter table %I.%I owner to weir_dbt', nspname, relname)
        from pg_class
        inner join pg_namespace on pg_namespace.oid = relnamespace
        where relkind in ('r', 'v') and relowner = current_user::regrole
            and (
                nspname ~ '^(analytics_next|staging|intermediate|quality|dev_\w+)$'
                or nspname = 'ops' and (relkind = 'v' or relname in ('ledger', 'staged_code'))
            )
    loop
        execute mine.act;
    end loop;
end
$$;

-- weir_reader reads the published marts and writes nothing; `weir psql` works as this role.
do $$
begin
    begin
        if to_regrole('weir_reader') is null then
            create role weir_reader nologin;
        end if;
        if not pg_has_role(current_user, 'weir_reader', 'set') then
            execute format('grant weir_reader to %I', current_user);
        end if;
    exception when insufficient_privilege then
        return;
    end;
    grant usage on schema analytics to weir_reader;
    grant select on all tables in schema analytics to weir_reader;
    alter default privileges in schema analytics grant select on tables to weir_reader;
end
$$;
