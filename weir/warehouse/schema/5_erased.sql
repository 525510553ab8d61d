-- Who was forgotten, by keyed hashes alone: the secret lies in .env (WEIR_ERASURE_SECRET).
create table if not exists ops.erased (
    subject text not null,
    source text not null,
    table_name text not null,
    key_hash text not null,
    what text not null check (what in ('row', 'values')),
    erased_at timestamptz not null default clock_timestamp(),
    because text,
    mark text not null,
    primary key (source, table_name, key_hash, what, subject)
);
do $$
begin
    if exists (select from pg_attribute where attrelid = 'ops.erased'::regclass and attname = 'secret') then
        alter table ops.erased rename column secret to mark;
    end if;
end
$$;
comment on table ops.erased is 'Rows that landings blank: a person''s own, and values of that person within others.';
comment on column ops.erased.subject is 'Hash of the key that was forgotten; the row where key_hash is the same is that person''s.';
comment on column ops.erased.key_hash is 'Hash of the key of the row; empty for the lines of files that could not be read.';
comment on column ops.erased.what is 'row: all of it is blanked; values: the person''s values within it.';
comment on column ops.erased.mark is 'By what a landing knows that it has the same secret.';
create table if not exists ops.erased_values (
    subject text not null,
    kind text not null,
    length integer not null,
    hash text not null,
    whole boolean not null,
    primary key (subject, hash)
);
comment on table ops.erased_values is 'Hashes of the values that landings take out of rows of ops.erased.';
alter table ops.landings add column if not exists erased bigint not null default 0;
comment on column ops.landings.erased is 'Live rows at the source that are erased in raw, for their person was forgotten.';
