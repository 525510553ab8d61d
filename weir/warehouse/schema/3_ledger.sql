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
    erased bigint not null default 0,
    accepted_by_hand bigint not null default 0,
    primary key (step_id, model, load_id),
    check (landed = accepted + accepted_by_hand + rejected + superseded + deleted + erased)
);
do $$
begin
    if not exists (
        select from pg_attribute where attrelid = 'ops.ledger'::regclass and attname = 'accepted_by_hand'
    ) then
        alter table ops.ledger
            add column if not exists erased bigint not null default 0,
            add column accepted_by_hand bigint not null default 0,
            drop constraint if exists ledger_check,
            add constraint ledger_check check (
                landed = accepted + accepted_by_hand + rejected + superseded + deleted + erased
            );
    end if;
end
$$;
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
    how text check (how in ('mended', 'replaced', 'deleted', 'accepted')),
    primary key (model, key, load_id)
);
create index if not exists quarantine_open on quality.quarantine (model, key) where resolved_at is null;
do $$
begin
    if pg_get_constraintdef(
        (select oid from pg_constraint where conrelid = 'quality.quarantine'::regclass and conname = 'quarantine_how_check')
    ) not like '%accepted%' then
        alter table quality.quarantine
            drop constraint quarantine_how_check,
            add constraint quarantine_how_check check (how in ('mended', 'replaced', 'deleted', 'accepted'));
    end if;
end
$$;
create index if not exists quarantine_accepted on quality.quarantine (model) where how = 'accepted';

-- Rejected rows that a person lets through: one version of a row each, with the reasons that were known to that person.
create table if not exists quality.accepted (
    acceptance_id bigint generated always as identity primary key,
    model text not null,
    key text not null,
    load_id text not null,
    seq bigint not null,
    reasons text[] not null,
    as_of timestamptz not null,
    accepted_at timestamptz not null default clock_timestamp(),
    os_user text not null,
    role text not null default session_user,
    host text,
    because text not null,
    undone_at timestamptz,
    undone_by text
);
create unique index if not exists accepted_now on quality.accepted (model, seq) where undone_at is null;
comment on column quality.accepted.seq is 'Order of arrival of the version in raw: a later version is judged anew.';
comment on column quality.accepted.as_of is 'Weir''s clock: since when the row counts as accepted.';
comment on column quality.accepted.undone_at is 'When it was taken back; NULL while it holds.';
