-- What Weir itself keeps in the warehouse, but for the ledger and the quarantine, which dbt makes (macros/).
-- Applied at every start: each statement must be safe to repeat.
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
