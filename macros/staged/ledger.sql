{#- Writes one row of the ledger per load, and the digests by which the next step knows whether the code has changed. -#}
{% macro staged_book(names, step) -%}
    {%- call statement('book') -%}
        insert into {{ names.ledger }} (
            step_id, run_id, model, source, table_name, load_id, as_of, full_refresh,
            landed, accepted, accepted_by_hand, rejected, superseded, deleted, erased
        )
        select
            '{{ invocation_id }}', {{ staged_run() }}, '{{ names.model }}',
            '{{ names.source }}', '{{ names.source_table }}', load_id, as_of, {{ step.full }},
            landed, accepted, accepted_by_hand, rejected, superseded, deleted, erased
        from _counts;

        insert into {{ names.code }} (model, digest, docs) values ('{{ names.model }}', '{{ step.code }}', '{{ step.docs }}')
        on conflict (model) do update set digest = excluded.digest, docs = excluded.docs, built_at = clock_timestamp();

        drop view _typed
    {%- endcall -%}
{%- endmacro %}

{#- The run's id as an SQL literal. -#}
{% macro staged_run() -%}
    {%- set run = run_id() -%}
    {{ staged_literal(run) if run else 'null' }}
{%- endmacro %}
