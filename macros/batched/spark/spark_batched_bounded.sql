{#- The rows of the step's batches and keys, as a condition on the model's own columns. Nothing but columns beside literals:
    of `replace where` Delta passes over what it can't read, without a word. -#}
{% macro spark_batched_scope(names, step) -%}
    {%- set parts, name, type = [], adapter.quote(names.event_time), step.columns[names.event_time] -%}
    {%- for range in step.ranges -%}
        {%- set lo, hi = spark_batched_literal(range.lo, type), spark_batched_literal(range.hi, type) -%}
        {%- if range.void -%}{%- do parts.append(name ~ ' is null') -%}
        {%- elif lo and hi -%}{%- do parts.append('(' ~ name ~ ' >= ' ~ lo ~ ' and ' ~ name ~ ' < ' ~ hi ~ ')') -%}
        {%- elif lo -%}{%- do parts.append(name ~ ' >= ' ~ lo) -%}
        {%- else -%}{%- do parts.extend([name ~ ' < ' ~ hi, name ~ ' is null']) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if step.keys -%}{%- do parts.append(spark_batched_of_keys(names, step)) -%}{%- endif -%}
    {{ return(parts | join(' or ')) }}
{%- endmacro %}

{#- The start of a batch as a literal of the column's type; none for none. -#}
{% macro spark_batched_literal(moment, type) -%}
    {{ return((type ~ " '" ~ (moment[:10] if type == 'date' else moment) ~ "'") if moment else none) }}
{%- endmacro %}

{#- Whether the column of `by` is one of the step's keys. NULL and an empty text are one key. -#}
{% macro spark_batched_of_keys(names, step) -%}
    {%- set name, is_text, listed = adapter.quote(names.by), step.columns[names.by] == 'string', [] -%}
    {%- for key in step.keys if key or is_text -%}{%- do listed.append(spark_literal(key) if is_text else key) -%}{%- endfor -%}
    {%- set parts = [name ~ ' in (' ~ listed | join(', ') ~ ')'] if listed else [] -%}
    {%- if '' in step.keys -%}{%- do parts.append(name ~ ' is null') -%}{%- endif -%}
    {{ return(parts | join(' or ')) }}
{%- endmacro %}

{#- The model's SQL over what its inputs hold for the batches and keys of the step alone. -#}
{% macro spark_batched_bounded(names, step) -%}
    {%- set code = namespace(sql=sql) -%}
    {%- for input in batched_direct(names) -%}
        {%- set columns = spark_batched_columns(input.relation) if step.keys else {} -%}
        {%- set has_key = spark_batched_has_key(names, step, columns) -%}
        {%- set bounds = [] -%}
        {%- if input.event_time and step.ranges -%}{%- do bounds.append(spark_batched_within(names, step, input)) -%}{%- endif -%}
        {%- if has_key and step.keys -%}{%- do bounds.append(spark_batched_of_keys(names, step)) -%}{%- endif -%}
        {#- Bounded by time alone, an input without the key would lack rows of the keys; by key alone, rows of the batches. -#}
        {%- if bounds and (not step.ranges or input.event_time) and (not step.keys or has_key) -%}
            {%- set bounded = '(select * from ' ~ input.relation ~ ' where ' ~ bounds | join(' or ') ~ ')' -%}
            {%- set code.sql = modules.re.sub('(?<![.`\\w])' ~ modules.re.escape(input.relation) ~ '(?![.`\\w])', bounded | replace('\\', '\\\\'), code.sql) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(code.sql) }}
{%- endmacro %}

{#- Whether the input's event time lies in a range of the step, widened by the reach, and to whole batches of the input. -#}
{% macro spark_batched_within(names, step, input) -%}
    {%- set name, parts = adapter.quote(input.event_time), [] -%}
    {%- for range in step.ranges -%}
        {%- set both = [] -%}
        {%- if range.lo and input.forward != 'all' -%}
            {%- do both.append(name ~ " >= date_trunc('" ~ input.size ~ "', timestamp '" ~ range.lo ~ "' - interval '" ~ input.forward ~ "' "
                ~ names.size ~ ')') -%}
        {%- endif -%}
        {%- if range.hi -%}
            {%- do both.append(name ~ " < date_trunc('" ~ input.size ~ "', timestamp '" ~ range.hi ~ "' + interval '" ~ input.back ~ "' "
                ~ names.size ~ " - interval '0.000001' second) + interval '1' " ~ input.size) -%}
        {%- endif -%}
        {%- if range.void -%}{%- do parts.append(name ~ ' is null') -%}
        {%- elif not range.lo or input.forward == 'all' -%}{%- do parts.append('(' ~ (both | join(' and ') or 'true') ~ ' or ' ~ name ~ ' is null)') -%}
        {%- else -%}{%- do parts.append('(' ~ both | join(' and ') ~ ')') -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(parts | join(' or ')) }}
{%- endmacro %}
