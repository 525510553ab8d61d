{#- Orders the versions of the keys that the step's loads hold more than once; only these keys need a sort. Within a load
    the last version in order of arrival counts, and the others are superseded. -#}
{% macro staged_versions(names, step) -%}
    {# By a sort of bytes: a third of the time that hashing millions of keys takes. -#}
    {%- call statement('repeated') -%}
        set local enable_hashagg = off;
        create temporary table _repeated on commit drop as
        select _key from _batch group by _key having count(*) > 1;
        set local enable_hashagg = on;
        analyze _repeated
    {%- endcall -%}
    {%- call statement('any_repeated', fetch_result=true) -%} select exists(select 1 from _repeated) {%- endcall -%}
    {%- set step.repeated = load_result('any_repeated').table.rows[0][0] -%}
    {%- if step.repeated -%}
        {%- call statement('versions') -%}
            create temporary table _versions on commit drop as
            with arrived as (
                select b._key, b._seq, b._class, l.position, l.as_of,
                    lead(l.position) over (partition by b._key order by l.position, b._seq)
                        is not distinct from l.position as is_superseded
                from _batch as b
                inner join _repeated as r on b._key = r._key
                inner join _loads as l on b._load_id = l.load_id
            ),

            runs as (
                select *,
                    count(*) filter (where _class <> 'a') over story as breaks
                from arrived
                where not is_superseded
                window story as (partition by _key order by position rows unbounded preceding)
            ),

            stories as (
                select *,
                    row_number() over story = 1 as is_first,
                    lead(as_of) over story as next_as_of,
                    lead(_class) over story as next_class,
                    min(position) filter (where _class in ('a', 'h')) over (partition by _key, breaks) as run_start
                from runs
                window story as (partition by _key order by position)
            )

            select _seq, is_first, next_class is null as is_final, breaks = 0 as unbroken, next_as_of, next_class, run_start
            from stories
            union all
            select _seq, null, null, null, null, null, null
            from arrived
            where is_superseded;
            analyze _versions (_seq)
        {%- endcall -%}
    {%- endif -%}
{%- endmacro %}
