-- Gates, builds, publications, and the rows that a roll-back needs.
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
alter table ops.builds add column if not exists marked text;
comment on column ops.builds.passed is 'Whether all was built and every test held; false until the build has ended.';
comment on column ops.builds.whole is 'Whether it made a whole set; a part is never published.';
comment on column ops.builds.barred is 'Sources and tables that had not landed; what depends on them was left out.';
comment on column ops.builds.unit_tests is 'The digest of the code with which every unit test of the project passed.';
comment on column ops.builds.marked is
    'The digest of the code whose marts have every mark of personal data that their columns need.';
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
alter table ops.publications add column if not exists mask_key text;
comment on column ops.publications.mask_key is
    'The id of the key that personal data were masked with; NULL where nothing was masked.';
alter table ops.publication_tables add column if not exists masked jsonb;
comment on column ops.publication_tables.masked is 'The kind of personal data of each masked column.';
comment on column ops.publication_tables.mart is
    'The table of analytics; with its schema before it where it is one of analytics_private.';

-- What readers see of a batched mart, batch by batch: so the next publication compares those that differ.
create table if not exists ops.published_batches (
    mart text not null,
    batch timestamptz not null,
    publication_id bigint not null references ops.publications,
    rows bigint not null,
    digest numeric not null,
    primary key (mart, batch)
);
comment on column ops.published_batches.batch is
    'The start of the batch in UTC; -infinity holds the rows without an event time.';
comment on column ops.published_batches.publication_id is 'The publication that changed the batch last.';
comment on column ops.published_batches.digest is 'The sum of PostgreSQL''s hash of each row.';

-- What gate marts has measured of a batch, so that a batch which did not change is not read again.
create table if not exists ops.batch_measures (
    subject text not null,
    batch timestamptz not null,
    content text not null,
    measures jsonb not null,
    primary key (subject, batch, content)
);
comment on column ops.batch_measures.subject is 'The mart, or what a sum of it is held against.';
comment on column ops.batch_measures.content is 'What stood in the batch when it was measured: rows and digest.';
comment on column ops.batch_measures.measures is 'Counts and sums, which add up to those of the whole.';

create table if not exists undo.rows (
    publication_id bigint not null,
    mart text not null,
    op text not null,
    row jsonb not null
);
create index if not exists undo_rows_by_publication on undo.rows (publication_id, mart);
