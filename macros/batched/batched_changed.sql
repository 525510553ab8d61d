{#- Finds the batches and keys whose inputs changed since the last step, into step.ranges and step.keys, and writes down
    what is seen of the inputs now. -#}
{% macro batched_changed(names, step) -%}
    {%- set seen = (step.known.seen if step.known else {}) -%}
    {%- set inputs = batched_inputs(names) -%}
    {%- call statement('touched') -%}
        create temporary table _touched (input text, part tstzrange, key text) on commit drop;
        create temporary table _seen (input text, part text, digest numeric) on commit drop
    {%- endcall -%}
    {%- set compared = [] -%}
    {%- for input in inputs if input.how not in ['log', 'time'] -%}
        {%- if [input.name, input.reader] not in compared -%}
            {%- do compared.append([input.name, input.reader]) -%}
            {%- do batched_compare(names, step, input) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for input in inputs if input.how == 'log' -%}
        {%- do batched_read_log(names, step, input, seen.get(input.name, 0)) -%}
    {%- endfor -%}
    {%- if not step.full -%}
        {%- if as_of() in sql or 'time' in inputs | map(attribute='how') -%}
            {%- do batched_time(names, step) -%}
        {%- endif -%}
        {%- do batched_ranges(names, step) -%}
    {%- endif -%}
{%- endmacro %}

{#- Reads which batches and keys of a staged or batched input changed since the model saw it. -#}
{% macro batched_read_log(names, step, input, seen) -%}
    {%- set leaf = input.name -%}
    {%- set by_key = names.by and input.by == names.by and batched_has_key(names, step, input.relation) -%}
    {%- call statement('newest', fetch_result=true) -%}
        select coalesce(max(changed), 0) from {{ names.batches }} where model = '{{ leaf }}'
    {%- endcall -%}
    {%- set newest = load_result('newest').table.rows[0][0] | int -%}
    {%- do step.seen.update({leaf: newest}) -%}
    {%- if newest < seen -%}
        {%- do step.reasons.append('the record of ' ~ leaf ~ ' begins anew') -%}
        {%- set step.full = true -%}
    {%- elif newest > seen and not step.full -%}
        {%- call statement('log') -%}
            insert into _touched (input, part)
            select '{{ leaf }}', {{ batched_reach('batch', names, input) }}
            from {{ names.batches }}
            where model = '{{ leaf }}' and {{ 'whole' if by_key else 'changed' }} > {{ seen }};
            {%- if by_key %}
            insert into _touched (input, key)
            select '{{ leaf }}', key from {{ names.key_log }} where model = '{{ leaf }}' and changed > {{ seen }}
            {%- endif %}
        {%- endcall -%}
    {%- endif -%}
{%- endmacro %}

{#- Compares an input that keeps no record with what the model saw of it last: by batch, by key, or as a whole. -#}
{% macro batched_compare(names, step, input) -%}
    {%- set columns = batched_columns(input.relation, input.reader or 'pg_temp._batched') -%}
    {%- set by_key = input.how == 'key' and batched_has_key(names, step, input.relation) -%}
    {%- set how = input.how if input.how != 'key' else 'key' if by_key else 'whole' -%}
    {%- set part = "'" ~ "'" -%}
    {%- if how == 'batch' -%}{%- set part = batched_start('i.' ~ adapter.quote(input.event_time), input.size) ~ '::text' -%}
    {%- elif how == 'key' -%}{%- set part = 'coalesce(cast(i.' ~ adapter.quote(names.by) ~ " as text), '')" -%}{%- endif -%}
    {#- Without batches or keys of its own, but with a reach: it tells how far something is known, so what it moves lies
        around the moment at which it moved last. -#}
    {%- set since = 'since ' ~ input.name -%}
    {%- set near = how == 'whole' and (input.back or input.forward) and not step.full -%}
    {%- set moved_at = (step.known.seen.get(since) or step.known.as_of) if near else '' -%}
    {%- set label = input.name ~ ' ' ~ how ~ (' ' ~ input.size if how == 'batch' else '') ~ (' of ' ~ input.reader if input.reader else '') -%}
    {%- call statement('compare') -%}
        insert into _seen (input, part, digest)
        select {{ staged_literal(label) }}, part, sum(hash) + count(*)
        from (
            select {{ part }} as part, {{ batched_hash(columns, 'i') }} as hash from {{ input.relation }} as i
        ) as hashed
        group by part;
        {%- if not step.full %}

        insert into _touched (input, {{ 'part' if how != 'key' else 'key' }})
        select '{{ input.name }}',
            {% if how == 'batch' -%} {{ batched_reach('cast(part as timestamptz)', names, input) }}
            {%- elif how == 'key' -%} part
            {%- elif near -%}
            tstzrange(
                date_trunc('{{ names.size }}', least('{{ moved_at }}'::timestamptz, {{ as_of() }}))
                    - interval '{{ input.back }} {{ names.size }}',
                null
            )
            {%- else -%} tstzrange(null, null) {%- endif %}
        from (select part, digest from _seen where input = {{ staged_literal(label) }}) as now
        full join (
            select part, digest from {{ names.inputs }}
            where model = '{{ names.model }}' and input = {{ staged_literal(label) }}
        ) as before using (part)
        where now.digest is distinct from before.digest
        {%- endif %}
    {%- endcall -%}
    {%- if near -%}
        {%- call statement('moved', fetch_result=true) -%}
            select exists (select from _touched where input = '{{ input.name }}'), {{ as_of() }}::text
        {%- endcall -%}
        {%- set row = load_result('moved').table.rows[0] -%}
        {%- do step.seen.update({since: row[1] if row[0] else moved_at}) -%}
    {%- endif -%}
{%- endmacro %}

{#- Whether a relation has the column of `by`, with values that look as the model's do. -#}
{% macro batched_has_key(names, step, relation) -%}
    {%- set own = step.columns | selectattr('plain', 'equalto', names.by) | first -%}
    {%- set found = batched_columns(relation) | selectattr('plain', 'equalto', names.by) | list -%}
    {{ return(found | length > 0 and batched_looks(found[0].type) == batched_looks(own.type)) }}
{%- endmacro %}

{#- The event times of the model that a batch of an input reaches. -#}
{% macro batched_reach(batch, names, input) -%}
    case
        when not isfinite({{ batch }}) and {{ 'false' if input.forward == 'all' else 'true' }} then tstzrange({{ batch }}, {{ batch }}, '[]')
        when not isfinite({{ batch }}) or {{ batch }} not between '4700-01-01 BC' and '200000-01-01' then tstzrange(null, null)
        else tstzrange(
            date_trunc('{{ names.size }}', {{ batch }}) - interval '{{ input.back }} {{ names.size }}',
            {% if input.forward == 'all' -%} null
            {%- else -%}
            date_trunc('{{ names.size }}', {{ batch }} + interval '1 {{ input.size }}' - interval '1 microsecond')
                + interval '{{ input.forward + 1 }} {{ names.size }}'
            {%- endif %}
        )
    end
{%- endmacro %}

{#- Time is an input: from the earlier of the two moments on, the answer may be another. -#}
{% macro batched_time(names, step) -%}
    {%- set back = names.reach.get('as_of', 0) -%}
    {%- call statement('time') -%}
        insert into _touched (input, part)
        select 'the time',
            {% if step.is_early or (step.known.seen and step.known.seen.get('landed after as_of')) -%} tstzrange(null, null)
            {%- else -%}
            tstzrange(
                date_trunc('{{ names.size }}', least('{{ step.known.as_of }}'::timestamptz, {{ as_of() }}))
                    - interval '{{ 0 - back }} {{ names.size }}',
                null
            )
            {%- endif %}
        where '{{ step.known.as_of }}'::timestamptz <> {{ as_of() }}
    {%- endcall -%}
    {%- if step.is_early -%}{%- do step.seen.update({'landed after as_of': true}) -%}{%- endif -%}
{%- endmacro %}

{#- What was touched, as few ranges that an index can serve, as the exact set, and as the list of keys. -#}
{% macro batched_ranges(names, step) -%}
    {%- call statement('ranges', fetch_result=true) -%}
        with exact as (
            select range_agg(part) as parts from _touched where part is not null
        ),

        pieces as (
            select piece, lower(piece) - lag(upper(piece)) over (order by piece) as gap
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
            (select string_agg(distinct input, ', ' order by input) from _touched),
            lower(piece)::text, upper(piece)::text, lower_inf(piece), upper_inf(piece), upper_inc(piece), (select count(*) from _touched where key is not null)
        from merged right join (values (1)) as one on true
    {%- endcall -%}
    {%- for row in load_result('ranges').table.rows -%}
        {%- set step.exact = row[0] or '{}' -%}
        {%- set step.keys = row[1] -%}
        {%- set step.why = row[2] or '' -%}
        {%- if row[0] -%}
            {%- do step.ranges.append({'lo': none if row[5] else row[3], 'hi': none if row[6] else row[4], 'closed': row[7]}) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}
