{#- The model's SQL over what its inputs hold for the batches and keys of the step alone: each input with an event time
    is read by way of a view of its name that bounds it. Inputs without one are read whole. `pass` numbers the views. -#}
{% macro batched_bounded(names, step, pass=1) -%}
    {%- set code = namespace(sql=sql, views=[]) -%}
    {%- for input in batched_direct(names) -%}
        {%- set columns = batched_columns(input.relation) -%}
        {%- set has_key = names.by and batched_has_key(names, step, input.relation) -%}
        {%- set bounds = [] -%}
        {%- if input.event_time -%}
            {%- for column in columns if column.plain == input.event_time -%}
                {%- do bounds.append(batched_within(step, column, names.size, input.forward, input.back, input.size)) -%}
            {%- endfor -%}
        {%- endif -%}
        {%- if has_key and step.keys -%}
            {%- for column in columns if column.plain == names.by -%}
                {%- do bounds.append(batched_of_keys(step, column)) -%}
            {%- endfor -%}
        {%- endif -%}
        {#- Bounded by time alone, an input without the key would lack rows of the keys; by key alone, rows of the batches. -#}
        {%- set enough = (not step.ranges or input.event_time) and (not step.keys or has_key) -%}
        {%- if bounds and enough and input.relation in code.sql -%}
            {%- set view = 'pg_temp.' ~ adapter.quote(('_' ~ pass ~ '_' ~ loop.index ~ '_' ~ input.identifier)[:63]) -%}
            {%- do code.views.append(view) -%}
            {%- call statement('bound') -%}
                create temporary view {{ view | replace('pg_temp.', '') }} as
                select * from {{ input.relation }} as i where {{ bounds | join(' or ') }}
            {%- endcall -%}
            {%- set code.sql = code.sql | replace(input.relation, view) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set step.views = code.views -%}
    {{ return(code.sql) }}
{%- endmacro %}

{#- Whether the column (of alias i) lies in a range of the step, widened by the reach, and to whole batches of the input where
    these are longer; in a form that an index can serve. -#}
{% macro batched_within(step, column, size, forward=0, back=0, input_size=none) -%}
    {%- set name, parts = 'i.' ~ column.name, [] -%}
    {%- set type = 'date' if column.type == 'date' and size != 'hour' else 'timestamptz' -%}
    {%- set input_size = input_size or size -%}
    {%- for range in step.ranges -%}
        {%- set both = [] -%}
        {%- if range.lo == '-infinity' and range.hi == '-infinity' -%}
            {%- do both.append(name ~ " is null or " ~ name ~ " = '-infinity'") -%}
        {%- else -%}
            {%- if range.lo and forward != 'all' -%}
                {%- do both.append(name ~ " >= cast(date_trunc('" ~ input_size ~ "', timestamptz '" ~ range.lo ~ "' - interval '" ~ forward ~ ' ' ~ size
                    ~ "') as " ~ type ~ ')') -%}
            {%- endif -%}
            {%- if range.hi -%}
                {%- do both.append(name ~ (' <= ' if range.closed else ' < ') ~ "cast(date_trunc('" ~ input_size ~ "', timestamptz '" ~ range.hi
                    ~ "' + interval '" ~ back ~ ' ' ~ size ~ "' - interval '1 microsecond') + interval '1 " ~ input_size ~ "' as " ~ type ~ ')') -%}
            {%- endif -%}
            {%- if not range.lo or forward == 'all' -%}
                {%- set upper = both | join(' and ') or 'true' -%}
                {%- set both = [upper ~ ' or ' ~ name ~ ' is null'] -%}
            {%- endif -%}
        {%- endif -%}
        {%- do parts.append('(' ~ both | join(' and ') ~ ')') -%}
    {%- endfor -%}
    {{ return('(' ~ parts | join(' or ') ~ ')' if parts else 'false') }}
{%- endmacro %}

{#- Whether the column (of alias i, unless said) is one of the step's keys, which are sorted. NULL and an empty text
    are one key. -#}
{% macro batched_of_keys(step, column, alias='i.') -%}
    {%- set typed = "array_remove(" ~ staged_literal(step.keys) ~ "::text[], '')::" ~ column.type ~ '[]' -%}
    {%- set name = alias ~ column.name -%}
    {%- set void = '' -%}
    {%- if step.keys.startswith('{""') -%}
        {%- set void = ' or ' ~ name ~ ' is null or cast(' ~ name ~ " as text) = ''" -%}
    {%- endif -%}
    {%- if column.type in ['text', 'character varying'] -%}
        {%- set typed = staged_literal(step.keys) ~ '::text[]' -%}
        {%- set void = ' or ' ~ name ~ ' is null' if void else '' -%}
    {%- endif -%}
    {{ return('(' ~ name ~ ' = any(' ~ typed ~ ')' ~ void ~ ')') }}
{%- endmacro %}

{#- Exactly the rows of the step's batches and keys, of alias i. -#}
{% macro batched_exact(step, time, key) -%}
    {%- set parts = [] -%}
    {%- if step.ranges -%}
        {%- do parts.append("coalesce(cast(i." ~ time.name ~ " as timestamptz), '-infinity') <@ '" ~ step.exact ~ "'::tstzmultirange") -%}
    {%- endif -%}
    {%- if step.keys and key -%}{%- do parts.append(batched_of_keys(step, key)) -%}{%- endif -%}
    {{ return('(' ~ parts | join(' or ') ~ ')' if parts else 'false') }}
{%- endmacro %}

{#- The same and some more, in a form that the table's indexes can serve. -#}
{% macro batched_scope(step, time, key) -%}
    {%- set parts = [batched_within(step, time, step.size)] if step.ranges else [] -%}
    {%- if step.keys and key -%}{%- do parts.append(batched_of_keys(step, key)) -%}{%- endif -%}
    {{ return('(' ~ parts | join(' or ') ~ ')' if parts else 'false') }}
{%- endmacro %}
