{#- Writes down which batches a step touched: those of the event times that rows had before it, and of those that rows
    have now. Batched models ask for it. Only for a staged model that names its event time. -#}
{% macro staged_touched(names, rows) -%}
    {%- if config.get('event_time') -%}
        {%- set number = "(select coalesce(max(changed), 0) + 1 from " ~ names.batches ~ " where model = '" ~ names.model ~ "')" -%}
        {%- call statement('touched') -%}
            insert into {{ names.batches }} (model, batch, changed, whole)
            select '{{ names.model }}', batch, number, number
            from (select distinct {{ batched_start('event_time', staged_batch_size()) }} as batch from ({{ rows }}) as r) as t
            cross join {{ number }} as n (number)
            on conflict (model, batch) do update set changed = excluded.changed, whole = excluded.whole
        {%- endcall -%}
    {%- endif -%}
{%- endmacro %}

{#- hour, day, month or year; a day unless the model says another. -#}
{% macro staged_batch_size() -%}
    {{ return((config.get('batch_size') or 'day') | string | replace('BatchSize.', '')) }}
{%- endmacro %}
