-- What the portal shows beside what the steps write down: the seconds of each step, and what grows.
create table if not exists ops.run_steps (
    run_id text not null,
    step text not null,
    seconds double precision not null,
    primary key (run_id, step)
);
comment on table ops.run_steps is 'Where the time of a run went: one row per run and step.';

-- The newest measure of a day takes the place of the one before: a row a day and table, however often runs come.
create table if not exists ops.sizes (
    day date not null,
    schema_name text not null,
    table_name text not null,
    bytes bigint not null,
    measured_at timestamptz not null default clock_timestamp(),
    primary key (day, schema_name, table_name)
);
comment on table ops.sizes is 'What each table took on a day, with indexes and what stands beside it.';

create table if not exists ops.disks (
    day date primary key,
    database_bytes bigint not null,
    free_bytes bigint,
    total_bytes bigint,
    measured_at timestamptz not null default clock_timestamp()
);
comment on column ops.disks.free_bytes is
    'Free bytes of the disk that the embedded warehouse is on; NULL where the warehouse is on another machine.';
