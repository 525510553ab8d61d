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
    {%- if as_of() in sql or 'time' in inputs | map(attribute='how') -%}
        {%- if step.is_early -%}{%- do step.seen.update({'landed after as_of': true}) -%}{%- endif -%}
        {%- if not step.full -%}{%- do batched_time(names, step) -%}{%- endif -%}
    {%- endif -%}
    {%- if not step.full -%}{%- do batched_ranges(names, step) -%}{%- endif -%}
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
