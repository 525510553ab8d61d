-- Which batches of a tracked model changed, and when: staged and batched models write here in their own transactions.
create table if not exists ops.batches (
    model text not null,
    batch timestamptz not null,
    changed bigint not null,
    whole bigint not null,
    rows bigint,
    digest numeric,
    primary key (model, batch)
);

-- The keys of which rows changed in batches that did not change as a whole.
create table if not exists ops.batch_keys (
    model text not null,
    key text not null,
    changed bigint not null,
    primary key (model, key)
);

-- What a batched model saw of its inputs when it was built: of those that keep no record, a digest per batch or key.
create table if not exists ops.batch_inputs (
    model text not null,
    input text not null,
    part text not null,
    digest numeric not null,
    primary key (model, input, part)
);

create table if not exists ops.batched_models (
    model text primary key,
    step bigint not null,
    code text not null,
    docs text,
    as_of timestamptz not null,
    seen jsonb not null,
    built_at timestamptz not null default clock_timestamp()
);

-- Batches that were not what a full refresh gives: found, and put right, by a build that proves.
create table if not exists ops.batch_faults (
    model text not null,
    batch timestamptz not null,
    step_id text not null,
    run_id text,
    rows_before bigint not null,
    rows_right bigint not null,
    found_at timestamptz not null default clock_timestamp(),
    primary key (model, batch, step_id)
);
