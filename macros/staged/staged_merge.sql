{#- Merges the accepted rows into the table: deletes the keys that the step brings, then inserts the rows accepted last. -#}
{% macro staged_merge(names, step) -%}
    {%- set event_time = adapter.quote(config.get('event_time')) if config.get('event_time') else 'null' -%}
    {%- if step.full -%}
        {%- do staged_make(names, step) -%}
    {%- else -%}
        {%- call statement('take_out') -%}
            create temporary table _before (
                _key text collate "C", _known_from timestamptz, event_time timestamptz
            ) on commit drop;
            with gone as (
                delete from {{ names.table }} where _key in (select b._key from _batch as b)
                returning _key, _known_from, cast({{ event_time }} as timestamptz)
            )

            insert into _before select * from gone;
            analyze _before
        {%- endcall -%}
        {%- do staged_touched(names, 'select event_time from _before union all select cast(' ~ event_time
            ~ " as timestamptz) from _batch where _class in ('a', 'h')") -%}
    {%- endif -%}
    {%- set start = staged_version(step, 'run_start', 'own.position') -%}
    {%- set step.main -%}
        insert into {{ names.table }} ({{ step.names }}{{ ', ' if step.columns }}_load_id, _key, _known_from)
        select
            {% for column in step.columns %}b.{{ column.name }}, {% endfor %}b._load_id, b._key,
            {% if step.full -%}
                began.known_from
            {%- else -%}
                case
                    when p._key is not null and {{ staged_version(step, 'unbroken', "b._class = 'a'" if step.hand else 'true') }} then p._known_from
                    else began.known_from
                end
            {%- endif %}
        {{ staged_join(step) }}
        inner join _loads as own on b._load_id = own.load_id
        inner join _loads as began on began.position = {{ start }}
        {%- if not step.full %}
        left join _before as p on b._key = p._key
        {%- endif %}
        where b._class in ('a', 'h') and {{ staged_version(step, 'is_final', 'true') }}
    {%- endset -%}
    {%- call statement('merge') -%} {{ step.main }} {%- endcall -%}
    {%- if step.full -%}
        {%- call statement('index') -%}
            create unique index on {{ names.table }} (_key);
            analyze {{ names.table }}
        {%- endcall -%}
        {%- if not step.kept -%}{%- do create_indexes(this) -%}{%- endif -%}
        {%- do staged_touched(names, 'select cast(' ~ event_time ~ ' as timestamptz) as event_time from ' ~ names.table
            ~ ' union all select batch from ' ~ names.batches ~ " where model = '" ~ names.model ~ "'") -%}
    {%- endif -%}
{%- endmacro %}
