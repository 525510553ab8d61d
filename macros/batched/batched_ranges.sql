{#- Time is an input: from the earlier of the two moments on, the answer may be another. -#}
{% macro batched_time(names, step) -%}
    {%- set reach = names.reach.get('as_of', 0) -%}
    {%- set back = [0 - reach, 0] | max if reach != 'all' else 0 -%}
    {%- call statement('time') -%}
        insert into _touched (input, part)
        select 'the time',
            {% if step.is_early or (step.known.seen and step.known.seen.get('landed after as_of')) -%} tstzrange(null, null)
            {%- else -%}
            tstzrange(
                date_trunc('{{ names.size }}', least('{{ step.known.as_of }}'::timestamptz, {{ as_of() }}))
                    - interval '{{ back }} {{ names.size }}',
                null
            )
            {%- endif %}
        where '{{ step.known.as_of }}'::timestamptz <> {{ as_of() }}
    {%- endcall -%}
{%- endmacro %}

{#- What was touched, as few ranges that an index can serve, as the exact set, and as the list of keys. -#}
{% macro batched_ranges(names, step) -%}
    {%- call statement('ranges', fetch_result=true) -%}
        with exact as (
            select range_agg(part) as parts from _touched where part is not null
        ),

        pieces as (
            -- as numbers: before version 17 PostgreSQL can't subtract an infinite moment
            select piece,
                extract(epoch from lower(piece)) - extract(epoch from lag(upper(piece)) over (order by piece)) as gap
            from exact, unnest(parts) as piece
        ),

        -- the seven widest gaps part the ranges; what lies in the narrower ones is read in vain
        ranked as (
            select piece, gap, row_number() over (order by gap desc nulls last) as width from pieces
        ),

        islands as (
            select piece, count(*) filter (where gap is not null and width <= 7) over (order by piece) as island from ranked
        ),

        merged as (
            select range_merge(range_agg(piece)) as piece from islands group by island
        )

        select
            (select parts::text from exact),
            (select array_agg(key order by key)::text from (select distinct key from _touched where key is not null) as k),
            lower(piece)::text, upper(piece)::text, lower_inf(piece), upper_inf(piece), upper_inc(piece)
        from merged right join (values (1)) as one on true
    {%- endcall -%}
    {%- for row in load_result('ranges').table.rows -%}
        {%- set step.exact = row[0] or '{}' -%}
        {%- set step.keys = row[1] -%}
        {%- if row[0] -%}
            {%- do step.ranges.append({'lo': none if row[4] else row[2], 'hi': none if row[5] else row[3], 'closed': row[6]}) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}
