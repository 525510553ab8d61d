{#- Counts what became of the rows of each load. Stops the step where the lake holds another number of rows than the
    receipts say. -#}
{% macro spark_staged_count(names, step) -%}
    {%- set kinds = ['accepted', 'accepted by hand', 'rejected', 'superseded', 'deleted', 'erased'] -%}
    {%- call statement('counts', fetch_result=true) -%}
        select
            _load_id,
            count(*) as landed,
            count_if(not _superseded and _class = 'a'),
            count_if(not _superseded and _class = 'h'),
            count_if(not _superseded and _class = 'r'),
            count_if(_superseded and _class <> 'e'),
            count_if(not _superseded and _class = 'd'),
            count_if(_class = 'e')
        from {{ names.step }}
        group by _load_id
    {%- endcall -%}
    {%- set found, sums = {}, [0, 0, 0, 0, 0, 0, 0] -%}
    {%- for row in load_result('counts').table.rows -%}
        {%- do found.update({row[0]: row.values() | list}) -%}
    {%- endfor -%}
    {%- for load in step.loads -%}
        {%- set counts = (found.get(load.load_id) or [none, 0, 0, 0, 0, 0, 0, 0])[1:] | map('int') | list -%}
        {%- if counts[0] != load.landed -%}
            {%- do exceptions.raise_compiler_error(
                names.source ~ '.' ~ names.source_table ~ ' does not balance: load ' ~ load.load_id ~ ' holds ' ~ counts[0]
                ~ ' rows in the lake, its receipts say ' ~ load.landed ~ '; nothing was staged. '
                ~ 'Delete the file of this load in the lake, and build again: Weir writes it anew'
            ) -%}
        {%- endif -%}
        {%- do step.ledger.append({'load': load, 'counts': counts}) -%}
        {%- for count in counts -%}
            {%- set place = loop.index0 -%}
            {%- do sums.insert(place, sums.pop(place) + count) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set step.landed = sums[0] -%}
    {%- do step.counts.append(sums[0] ~ ' landed') -%}
    {%- for word in kinds -%}
        {%- if sums[loop.index] -%}{%- do step.counts.append(sums[loop.index] ~ ' ' ~ word) -%}{%- endif -%}
    {%- endfor -%}
{%- endmacro %}
