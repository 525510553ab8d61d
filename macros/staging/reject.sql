{#- The last column of a staged model's final select: what is wrong with the row, or NULL, and the row's key.

    rules  {reason that a person understands: predicate over the typed columns}. A predicate that is NULL accepts:
           write 'quantity is null or quantity < 0' where a missing value is a fault. `_as_of` is the moment of the load.

    Added by themselves: "<column> is not a <type>" (parse), "<column> is missing" (key), the words of the reader of a
    line that can't be read. Several reasons stand in one text, parted by "; ". -#}
{% macro reject(rules={}) -%}
    {%- set state = staged_state() -%}
    {%- set all = {} -%}
    {%- for name, column in state['parsed'].items() if not column['sure'] -%}
        {%- set article = 'an' if column['word'] == 'integer' else 'a' -%}
        {%- do all.update({name ~ ' is not ' ~ article ~ ' ' ~ column['word']: adapter.quote(name) ~ ' is null and ' ~ adapter.quote('_given_' ~ name)}) -%}
    {%- endfor -%}
    {%- for column in state['key'] -%}
        {%- do all.update({column | replace('"', '') ~ ' is missing': '_raw_key_' ~ loop.index ~ ' is null'}) -%}
    {%- endfor -%}
    {%- if rules is not mapping or rules.values() | reject('string') | list or rules.keys() | reject('string') | list -%}
        {%- do exceptions.raise_compiler_error(
            'reject(' ~ rules ~ ') in ' ~ model.name ~ ': rules are reasons, each with its condition: {\'amount is negative\': \'amount < 0\'}'
        ) -%}
    {%- endif -%}
    {%- do all.update(rules) -%}
    {%- for reason in all if ';' in reason -%}
        {%- do exceptions.raise_compiler_error('reject: the reason "' ~ reason ~ '" holds a semicolon, which parts reasons') -%}
    {%- endfor -%}
    {%- if not state['key'] -%}
        {%- do exceptions.raise_compiler_error(
            'reject() in ' ~ model.name ~ ' finds no carry(): add ' ~ '{{ carry(key=[\'id\']) }}'
            ~ ' as the last column of the select that reads raw, with the columns of raw that make the key'
        ) -%}
    {%- endif -%}
    {{ staged_key(state) }} as _key,
    case
        when _op = 'delete' then null
        {%- if state['unreadable'] %}
        when _unreadable is not null then replace(_unreadable, ';', ',')
        {%- endif %}
        when {% for predicate in all.values() %}({{ predicate }}){{ '\n            or ' if not loop.last }}{% endfor %}
        then concat_ws(
            '; '
            {%- for reason, predicate in all.items() %},
            case when {{ predicate }} then '{{ reason | replace("'", "''") }}' end
            {%- endfor %}
        )
    end as _reasons
{%- endmacro %}
