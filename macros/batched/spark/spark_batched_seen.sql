{#- Writes down what the step sees of its inputs, before it reads them: per input and part of it (batch, key, or the whole)
    a digest. Until the commit of the rows names the step it counts for nothing, and the older look stays beside it. -#}
{% macro spark_batched_look(names, step) -%}
    {%- set look = names.seen ~ step.made_of.look -%}
    {%- call statement('drop_look') -%} drop table if exists {{ look }} {%- endcall -%}
    {%- call statement('look') -%}
        create table {{ look }} using parquet as
        select
            {{ spark_literal(invocation_id) }} as step, 'landed after as_of' as input, '' as part, cast(0 as bigint) as rows,
            cast(case when max(as_of) > {{ as_of() }} then 1 else 0 end as decimal(38, 0)) as digest, '' as shape
        from {{ names.landings }}
        {%- for input in step.inputs | unique(attribute='label') %}
        union all
        select
            {{ spark_literal(invocation_id) }}, {{ spark_literal(input.label) }}, part, count(*),
            cast(sum(cast(hash as decimal(20, 0))) as decimal(38, 0)), any_value(shape)
        from (
            select
                {% if input.how == 'batch' -%}
                coalesce(cast(date_trunc('{{ input.size }}', cast(i.{{ adapter.quote(input.event_time) }} as timestamp)) as string), '')
                {%- elif input.how == 'key' -%} coalesce(cast(i.{{ adapter.quote(names.by) }} as string), '')
                {%- else -%} '' {%- endif %} as part,
                -- the text as well: the hash passes over NULL, so a value that changes its column would leave it as it is
                xxhash64(i.*, cast(struct(i.*) as string)) as hash,
                typeof(struct(i.*)) as shape
            from {{ input.relation }} as i
        ) as h
        group by part
        {%- endfor %}
    {%- endcall -%}
{%- endmacro %}

{#- Finds what the step must make anew, into step.ranges and step.keys; returns why it must be the whole, or none. -#}
{% macro spark_batched_changed(names, step) -%}
    {%- set most = 5000 -%}
    {%- call statement('changed', fetch_result=true) -%}
        with looks as (
            select * from {{ names.seen }}{{ step.made_of.look }} where step = {{ spark_literal(invocation_id) }}
            union all
            select * from {{ names.seen }}{{ step.known.look }} where step = {{ spark_literal(step.known.step) }}
        ),

        changed as (
            select input, part, max(rows) as rows, count(distinct shape) > 1 as is_other_shape
            from looks
            group by input, part
            having count(*) = 1 or min(digest) <> max(digest) or min(rows) <> max(rows)
        )

        select 'look' as what, step as name, cast(digest as string) as lo, '' as hi from looks where input = 'landed after as_of'
        {%- if as_of() in sql and step.known.as_of != as_of_text() %}
        union all
        select 'time', '', cast({{ spark_batched_since(names, step.known.as_of, names.reach.get('as_of', 0)) }} as string), ''
        {%- endif %}
        {%- for input in step.inputs %}
        union all
        select
            case when is_other_shape then 'shape' else {{ spark_batched_what(names, input) }} end, {{ spark_literal(input.name) }},
            {{ spark_batched_touched(names, step, input) }}
        from changed where input = {{ spark_literal(input.label) }}
        {%- endfor %}
        limit {{ most + 1 }}
    {%- endcall -%}
    {%- set rows, whole, ranges, early = load_result('changed').table.rows, [], [], [] -%}
    {%- set looks = [] -%}
    {%- for row in rows -%}
        {%- set what, name, lo, hi = row[0], row[1], row[2], row[3] -%}
        {%- if what == 'look' -%}{%- do looks.append(name) -%}{%- if lo == '1' -%}{%- do early.append(name) -%}{%- endif -%}
        {%- elif what == 'shape' -%}{%- do whole.append('the columns of ' ~ name ~ ' changed') -%}
        {%- elif what == 'whole' -%}{%- do whole.append(name ~ ' changed, which has neither an event time nor the column of `by`') -%}
        {%- elif what == 'key' -%}{%- if lo not in step.keys -%}{%- do step.keys.append(lo) -%}{%- endif -%}
        {%- elif what == 'void' -%}{%- do ranges.append(['', '']) -%}
        {%- elif not lo and not hi -%}{%- do whole.append('what changed in ' ~ name ~ ' reaches all batches') -%}
        {%- else -%}{%- do ranges.append([lo or '0', hi or '~']) -%}
        {%- endif -%}
        {%- if what == 'moved' -%}{%- do step.made_of.since.update({name: as_of_text()}) -%}{%- endif -%}
    {%- endfor -%}
    {%- if rows | length > most or step.keys | length > 1000 -%}{%- do whole.insert(0, 'more changed than a condition can name') -%}
    {%- elif looks | length < 2 -%}{%- do whole.insert(0, 'it is not known what it was made of, or others than its builds changed it') -%}
    {%- elif early and rows | selectattr(0, 'equalto', 'time') | list -%}
        {%- do whole.append('rows had landed after the moment that was taken for the present') -%}
    {%- endif -%}
    {%- do spark_batched_merge(step, ranges | sort) -%}
    {{ return(whole[0] if whole else none) }}
{%- endmacro %}

{#- What a changed part of an input touches: a range of the model's event time (`moved`: and the input tells how far something
    is known), the rows without one (`void`), a key, or the whole. -#}
{% macro spark_batched_what(names, input) -%}
    {%- if input.how == 'key' -%} 'key'
    {%- elif input.near -%} case when rows > 1 then 'whole' else 'moved' end
    {%- elif input.how == 'whole' -%} 'whole'
    {%- elif input.forward == 'all' -%} 'range'
    {%- else -%} case when part = '' then 'void' else 'range' end
    {%- endif -%}
{%- endmacro %}

{#- The key, or the beginning and the end of the range, as text; '' for no bound. -#}
{% macro spark_batched_touched(names, step, input) -%}
    {%- if input.how == 'key' -%} part, ''
    {%- elif input.near -%} cast({{ spark_batched_since(names, step.made_of.since[input.name], 0 - input.back) }} as string), ''
    {%- elif input.how == 'whole' -%} '', ''
    {%- else -%}
    {%- set batch = "cast(nullif(part, '') as timestamp)" -%}
    {%- set known = 'year(' ~ batch ~ ') between 10 and 9990' -%}
    coalesce(cast(case when {{ known }} then date_trunc('{{ names.size }}', {{ batch }}) - interval '{{ input.back }}' {{ names.size }} end as string), ''),
        {% if input.forward == 'all' -%} ''
        {%- else -%}
        coalesce(cast(case when {{ known }} then
            date_trunc('{{ names.size }}', {{ batch }} + interval '1' {{ input.size }} - interval '0.000001' second)
                + interval '{{ input.forward + 1 }}' {{ names.size }}
        end as string), '')
        {%- endif %}
    {%- endif -%}
{%- endmacro %}

{#- The start of the batch of a moment, or of the present if that is earlier; a negative reach goes so many batches back. -#}
{% macro spark_batched_since(names, moment, reach) -%}
    date_trunc('{{ names.size }}', least(cast({{ spark_literal(moment) }} as timestamp), {{ as_of() }}))
        - interval '{{ [0 - reach, 0] | max if reach != 'all' else 0 }}' {{ names.size }}
{%- endmacro %}

{#- Sorted pairs of beginning and end as few ranges, into step.ranges: what overlaps becomes one. Above a hundred it is one
    from the first to the last. '0' is before, '~' behind all moments; ['', ''] is the rows that have none. -#}
{% macro spark_batched_merge(step, pairs) -%}
    {%- set merged = [] -%}
    {%- for lo, hi in pairs if lo -%}
        {%- if merged and lo <= merged[-1][1] -%}
            {%- set last = merged.pop() -%}
            {%- do merged.append([last[0], [last[1], hi] | max]) -%}
        {%- else -%}{%- do merged.append([lo, hi]) -%}{%- endif -%}
    {%- endfor -%}
    {%- if merged | length > 100 -%}{%- set merged = [[merged[0][0], merged | map(attribute=1) | max]] -%}{%- endif -%}
    {%- if ['', ''] in pairs -%}{%- do step.ranges.append({'void': true}) -%}{%- endif -%}
    {%- for lo, hi in merged -%}
        {%- do step.ranges.append({'lo': lo if lo != '0' else none, 'hi': hi if hi != '~' else none}) -%}
    {%- endfor -%}
{%- endmacro %}
