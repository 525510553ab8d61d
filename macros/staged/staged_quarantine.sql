{#- Puts rejected rows into quarantine, whole and with their reasons: one entry per key and load. The next load that holds
    the key resolves the entry. -#}
{% macro staged_quarantine(names, step) -%}
    {%- set entries = names.quarantine -%}
    {%- if step.full -%}
        {%- call statement('forget') -%} delete from {{ entries }} where model = '{{ names.model }}' {%- endcall -%}
    {%- else -%}
        {%- call statement('resolve') -%}
            update {{ entries }} as q
            set resolved_at = l.as_of, how = {{ staged_how('b._class') }}
            {{ staged_join(step) }}
            inner join _loads as l on b._load_id = l.load_id
            where q.model = '{{ names.model }}' and q.resolved_at is null and q.key = b._key
                and {{ staged_version(step, 'is_first', 'true') }}
        {%- endcall -%}
    {%- endif -%}
    {%- if step.rejected or step.given -%}
        {%- call statement('reject') -%}
            create temporary table _rejected on commit drop as
            select
                b._seq, b._key, b._load_id, b._reasons, b._class,
                {{ staged_version(step, 'next_as_of', 'null::timestamptz') }} as next_as_of,
                {{ staged_version(step, 'next_class', 'null::"char"') }} as next_class
            {{ staged_join(step) }}
            where b._class in ('r', 'h') and {{ staged_version(step, 'is_first is not null', 'true') }};
            analyze _rejected;

            insert into {{ entries }} (
                model, key, reasons, row, load_id, seq, first_seen, resolved_at, how
            )
            select
                '{{ names.model }}', b._key, string_to_array(b._reasons, '; '),
                (
                    -- NULLs left out: a column that raw gained later must not show in a row that came before it
                    select coalesce(jsonb_object_agg(c.key, c.value), '{}')
                    from jsonb_each(to_jsonb(r.*) - array['_dlt_load_id', '_op', '_seq']) as c
                    where c.value <> 'null'
                ),
                b._load_id, b._seq, l.as_of,
                {% if step.given -%}
                case when b._class = 'h' then a.as_of else b.next_as_of end,
                case when b._class = 'h' then 'accepted' else {{ staged_how('b.next_class') }} end
                {%- else -%}
                b.next_as_of, {{ staged_how('b.next_class') }}
                {%- endif %}
            from {{ names.raw }} as r
            inner join _rejected as b on r._seq = b._seq
            inner join _loads as l on b._load_id = l.load_id
            {%- if step.given %}
            left join quality.accepted as a on a.model = '{{ names.model }}' and b._seq = a.seq and a.undone_at is null
            {%- endif %}
            where {{ staged_bound(step, 'r') }};
            analyze {{ entries }}
        {%- endcall -%}
    {%- endif -%}
{%- endmacro %}

{#- How an entry of quarantine ends: by what became of the key's next version. -#}
{% macro staged_how(class) -%}
    case {{ class }} when 'a' then 'mended' when 'r' then 'replaced' when 'h' then 'replaced' when 'd' then 'deleted' when 'e' then 'deleted' end
{%- endmacro %}
