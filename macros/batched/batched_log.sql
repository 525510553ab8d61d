{#- Writes down which batches changed, with their rows and digest as they are now, and which keys did elsewhere. -#}
{% macro batched_log(names, step) -%}
    {%- call statement('log') -%}
        insert into {{ names.batches }} as b (model, batch, changed, whole, rows, digest)
        select
            '{{ names.model }}', batch, {{ step.number }},
            {% if names.by -%} case when bool_or(is_whole) then {{ step.number }} else 0 end {%- else -%} {{ step.number }} {%- endif %},
            sum(rows - rows_before), sum(digest - digest_before)
        from _parts
        group by batch
        on conflict (model, batch) do update set
            changed = excluded.changed, whole = greatest(b.whole, excluded.whole),
            rows = b.rows + excluded.rows, digest = b.digest + excluded.digest;
        {%- if names.by %}

        insert into {{ names.key_log }} (model, key, changed)
        select distinct '{{ names.model }}', key, {{ step.number }} from _parts where not is_whole
        on conflict (model, key) do update set changed = excluded.changed
        {%- endif %}
    {%- endcall -%}
{%- endmacro %}

{#- Names the batches that were not what a full refresh gives although nothing that the model declares had touched them. -#}
{% macro batched_faults(names, step) -%}
    {%- call statement('faults', fetch_result=true) -%}
        insert into {{ names.faults }} (model, batch, step_id, run_id, rows_before, rows_right)
        select '{{ names.model }}', batch, '{{ invocation_id }}', {{ staged_run() }}, sum(rows_before), sum(rows)
        from _parts
        where not is_touched
        group by batch;

        select count(*), string_agg(batch::text, ', ' order by batch) from (
            select batch from {{ names.faults }}
            where model = '{{ names.model }}' and step_id = '{{ invocation_id }}' order by batch limit 5
        ) as f
    {%- endcall -%}
    {%- set row = load_result('faults').table.rows[0] -%}
    {%- if row[0] -%}
        {%- do log(names.model ~ ': batches were not what a full refresh gives: ' ~ row[1] ~ '; put right', info=true) -%}
    {%- endif -%}
{%- endmacro %}
