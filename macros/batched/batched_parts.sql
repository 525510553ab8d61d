{#- Makes the step's batches and keys anew beside the table, and puts those parts of them in place that came out different.
    A part is the rows of one key in one batch. With `prove` the whole is made anew: a part outside of what the step
    would have made is a fault of the declaration, and is written down. -#}
{% macro batched_parts(names, step) -%}
    {%- set time = step.columns | selectattr('plain', 'equalto', names.event_time) | first -%}
    {%- set key = step.columns | selectattr('plain', 'equalto', names.by) | first if names.by else none -%}
    {%- set listed = step.columns | map(attribute='name') | join(', ') -%}
    {%- set batch = batched_start('i.' ~ time.name, names.size) -%}
    {%- set key_text = "coalesce(cast(i." ~ key.name ~ " as text), '')" if key else "''" -%}
    {%- set touched = batched_exact(step, time, key) -%}
    {%- set scope = 'true' if step.prove else touched -%}
    {%- set shape = batched_columns(names.table) -%}
    {%- for each in batched_passes(names, step, time, key) -%}
        {%- call statement('made') -%}
            set local parallel_tuple_cost = 0.001;
            {{ 'create temporary table _made on commit drop as' if loop.first else 'insert into _made' }}
            select {{ batch }} as "_batch ", {{ key_text }} as "_key ", i.*
            from (
                select {% for column in shape %}cast(m.{{ column.name }} as {{ column.type }}) as {{ column.name }}{{ ', ' if not loop.last }}{% endfor %}
                from ({{ each.sql }}) as m
            ) as i
            where {{ each.scope }}
        {%- endcall -%}
    {%- endfor -%}
    {%- call statement('parts', fetch_result=true) -%}
        analyze _made ("_batch ", "_key ");
        create temporary table _parts on commit drop as
        with before as (
            select {{ batch }} as batch, {{ key_text }} as key, count(*) as rows, sum({{ batched_hash(shape, 'i') }}) as digest
            from {{ names.table }} as i
            where {{ 'true' if step.prove else batched_scope(step, time, key) }} and {{ scope }}
            group by 1, 2
        ),

        after as (
            select "_batch " as batch, "_key " as key, count(*) as rows, sum({{ batched_hash(shape, 'i') }}) as digest
            from _made as i
            group by 1, 2
        ),

        compared as (
            select batch, key,
                coalesce(before.rows, 0) as rows_before, coalesce(before.digest, 0) as digest_before,
                coalesce(after.rows, 0) as rows, coalesce(after.digest, 0) as digest,
                batch <@ '{{ step.exact }}'::tstzmultirange
                or key = any({{ staged_literal(step.keys or '{}') }}::text[]) as is_touched,
                before.rows is distinct from after.rows or before.digest is distinct from after.digest as is_different
            from before full join after using (batch, key)
        ),

        -- where few keys of a batch differ, or few in all, it is the keys that are passed on: they may reach fewer rows
        shares as (
            select *,
                8 * count(*) filter (where is_different) over story >= count(*) over story
                and 64 * count(*) filter (where is_different) over () > (
                    select coalesce(max(b.rows), 0) from {{ names.batches }} as b where b.model = '{{ names.model }}'
                ) as is_whole
            from compared
            window story as (partition by batch)
        )

        select batch, key, rows_before, digest_before, rows, digest, is_touched,
            batch <@ '{{ step.exact }}'::tstzmultirange and is_whole as is_whole
        from shares
        where is_different;
        analyze _parts;

        select count(*), count(distinct batch), coalesce(sum(rows), 0)::bigint, (select count(*) from _made),
            (select count(distinct "_batch ") from _made),
            bool_or(not exists (select from {{ names.batches }} as b where b.model = '{{ names.model }}' and b.batch = p.batch))
        from _parts as p
    {%- endcall -%}
    {%- set found = load_result('parts').table.rows[0] -%}
    {%- if found[0] -%}
        {%- call statement('replace') -%}
            delete from {{ names.table }} as i
            using _parts as p
            where p.rows_before > 0 and p.batch = {{ batch }} and p.key = {{ key_text }}
                and {{ 'true' if step.prove else batched_scope(step, time, key) }};

            insert into {{ names.table }} ({{ listed }})
            select {% for column in step.columns %}m.{{ column.name }}{{ ', ' if not loop.last }}{% endfor %}
            from _made as m
            inner join _parts as p on m."_batch " = p.batch and m."_key " = p.key
        {%- endcall -%}
        {%- if found[5] -%}
            {#- PostgreSQL takes a batch that it has never seen for empty, and plans what reads it accordingly. -#}
            {%- call statement('statistics') -%}
                {#- a tenth of the usual sample tells up to when batches reach; a full refresh and autovacuum take the whole one -#}
                set local default_statistics_target = 10;
                analyze {{ names.table }} ({{ time.name }});
                set local default_statistics_target to default
            {%- endcall -%}
        {%- endif -%}
        {%- do batched_log(names, step) -%}
    {%- endif -%}
    {%- if step.prove -%}
        {%- do batched_faults(names, step) -%}
        {%- do batched_renew(names, shape) -%}
    {%- endif -%}
    {%- call statement('leave') -%} {% for view in step.views or [] %}drop view {{ view }}; {% endfor %}drop table _made {%- endcall -%}
    {%- set message = found[3] ~ ' rows of ' ~ found[4] ~ ' batches made anew, ' ~ found[2] ~ ' rows of ' ~ found[1] ~ ' batches different' -%}
    {%- call noop_statement('main', message, 'BATCHED', found[3]) -%} select 1 {%- endcall -%}
{%- endmacro %}

{#- What is asked of the model's SQL to make the step's parts, each an SQL and the rows that are taken of it: once for the
    batches, once for the keys elsewhere. Together they would bound no input that has either an event time or the key. -#}
{% macro batched_passes(names, step, time, key) -%}
    {%- if step.prove -%}{{ return([{'sql': sql, 'scope': 'true'}]) }}{%- endif -%}
    {%- set found = [] -%}
    {%- set batches = namespace(ranges=step.ranges, keys=none, exact=step.exact, size=step.size, columns=step.columns) -%}
    {%- set keys = namespace(ranges=[], keys=step.keys, exact='{}', size=step.size, columns=step.columns) -%}
    {%- set step.views = [] -%}
    {%- for part in [batches, keys] if part.ranges or part.keys -%}
        {%- set made_of = batched_bounded(names, part, loop.index) -%}
        {%- do step.views.extend(part.views) -%}
        {%- set scope = batched_exact(part, time, key) -%}
        {%- if part.keys and step.ranges -%}
            {%- set scope = scope ~ ' and not ' ~ batched_exact(batches, time, key) -%}
        {%- endif -%}
        {%- do found.append({'sql': made_of, 'scope': scope}) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
