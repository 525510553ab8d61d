{#- The ledger, the quarantine and the digests of the staged models' code in target dev; those of prod are made by
    weir/warehouse/schema/3_ledger.sql, with the same columns. Safe to repeat. -#}
{% macro make_ledger() -%}
    {%- set ops, quality = dev_prefix() ~ 'ops', dev_prefix() ~ 'quality' -%}
    {%- call statement('ledger_exists', fetch_result=true) -%}
        select
            to_regclass('{{ ops }}.ledger') is not null
            and to_regclass('{{ ops }}.staged_code') is not null
            and to_regclass('{{ quality }}.quarantine') is not null
            and exists (
                select from pg_attribute where attrelid = to_regclass('{{ ops }}.ledger') and attname = 'accepted_by_hand'
            )
            and to_regclass('{{ quality }}.quarantine_accepted') is not null
            and to_regclass('{{ ops }}.batch_faults') is not null
    {%- endcall -%}
    {%- if not load_result('ledger_exists').table.rows[0][0] -%}
        {%- call statement('make_ledger') -%}
            select pg_advisory_xact_lock(hashtext('weir ledger'));
            create schema if not exists {{ ops }};
            create schema if not exists {{ quality }};

            create table if not exists {{ ops }}.ledger (
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
            alter table {{ ops }}.ledger
                add column if not exists erased bigint not null default 0,
                add column if not exists accepted_by_hand bigint not null default 0,
                drop constraint if exists ledger_check,
                add constraint ledger_check check (
                    landed = accepted + accepted_by_hand + rejected + superseded + deleted + erased
                );
            create index if not exists ledger_by_model on {{ ops }}.ledger (model, load_id);

            create table if not exists {{ ops }}.staged_code (
                model text primary key,
                digest text not null,
                docs text,
                built_at timestamptz not null default clock_timestamp()
            );

            {% for table in ['batches', 'batch_keys', 'batch_inputs', 'batched_models', 'batch_faults'] -%}
            create table if not exists {{ ops }}.{{ table }} (like ops.{{ table }} including all);
            {% endfor %}
            create table if not exists {{ quality }}.quarantine (
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
            create index if not exists quarantine_open on {{ quality }}.quarantine (model, key)
                where resolved_at is null;
            alter table {{ quality }}.quarantine
                drop constraint if exists quarantine_how_check,
                add constraint quarantine_how_check check (how in ('mended', 'replaced', 'deleted', 'accepted'));
            create index if not exists quarantine_accepted on {{ quality }}.quarantine (model) where how = 'accepted';
        {%- endcall -%}
    {%- endif -%}
    {%- do adapter.commit() -%}
{%- endmacro %}
