{#- The step of rows that a person has accepted, or taken back, without staging anything else anew: they enter the table or
    leave it, their entries of quarantine follow, and each of their loads gets a new row of the ledger. -#}
{% macro staged_by_hand(names, step) -%}
    {%- set coming = step.by_hand | selectattr('comes') | list -%}
    {%- set leaving = step.by_hand | rejectattr('comes') | list -%}
    {%- set event_time = 's.' ~ adapter.quote(config.get('event_time')) if config.get('event_time') else 'null::timestamptz' -%}
    {%- call statement('moved') -%}
        create temporary table _moved (load_id text, rows bigint) on commit drop;
        create temporary table _touched (event_time timestamptz) on commit drop
    {%- endcall -%}
    {%- if coming -%}
        {%- set part = namespace(
            full=false, marked=step.marked, hand=true, repeated=false, loads=coming | map(attribute='load') | unique(attribute='load_id') | list,
            seqs=coming | map(attribute='seq') | list, columns=[], names='', main=''
        ) -%}
        {%- do staged_batch(names, part) -%}
        {%- do staged_merge(names, part) -%}
        {%- call statement('pass') -%}
            update {{ names.quarantine }} as q
            set resolved_at = a.as_of, how = 'accepted'
            from _batch as b
            inner join quality.accepted as a on a.model = '{{ names.model }}' and b._seq = a.seq and a.undone_at is null
            where b._class = 'h' and q.model = '{{ names.model }}'
                and q.key = b._key and q.load_id = b._load_id and q.seq = b._seq;

            insert into _moved select _load_id, count(*) from _batch where _class = 'h' group by _load_id;
            drop view _typed;
            drop table _batch, _loads, _before
        {%- endcall -%}
    {%- endif -%}
    {%- if leaving -%}
        {%- call statement('take_back') -%}
            with back as (
                update {{ names.quarantine }}
                set resolved_at = null, how = null
                where model = '{{ names.model }}' and how = 'accepted'
                    and seq in ({{ leaving | map(attribute='seq') | join(', ') }})
                returning key, load_id
            ),

            gone as (
                delete from {{ names.table }} as s
                using back
                where s._key = back.key and s._load_id = back.load_id
                returning {{ event_time }}
            ),

            touched as (
                insert into _touched select * from gone
            )

            insert into _moved select load_id, -count(*) from back group by load_id
        {%- endcall -%}
        {%- do staged_touched(names, 'select event_time from _touched') -%}
    {%- endif -%}
    {%- call statement('book_by_hand') -%}
        insert into {{ names.ledger }} (
            step_id, run_id, model, source, table_name, load_id, as_of, full_refresh,
            landed, accepted, accepted_by_hand, rejected, superseded, deleted, erased
        )
        select distinct on (l.load_id)
            '{{ invocation_id }}', {{ staged_run() }}, l.model, l.source, l.table_name, l.load_id, l.as_of, false,
            l.landed, l.accepted, l.accepted_by_hand + m.rows, l.rejected - m.rows, l.superseded, l.deleted, l.erased
        from {{ names.ledger }} as l
        inner join (select load_id, sum(rows)::bigint as rows from _moved group by load_id) as m on l.load_id = m.load_id
        where l.model = '{{ names.model }}'
        order by l.load_id, l.built_at desc
    {%- endcall -%}
    {%- if coming -%}{%- do step.counts.append(coming | length ~ ' accepted by hand') -%}{%- endif -%}
    {%- if leaving -%}{%- do step.counts.append(leaving | length ~ ' taken back') -%}{%- endif -%}
{%- endmacro %}
