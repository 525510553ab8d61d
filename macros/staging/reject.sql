{#- The last column of a staged model's final select: what is wrong with the row, or NULL, and the row's key.

    rules  {reason that a person understands: predicate over the typed columns}. A predicate that is NULL accepts:
           write 'quantity is null or quantity < 0' where a missing value is a fault. `_as_of` is the moment of the load.

    warn   the same for what is odd and yet no fault: such a row is accepted, and its reasons stand in `_warnings`, a
           column that only a model with such rules has.

    Added by themselves: "<column> is not a <type>" (parse), "<column> is missing" (key), the words of the reader of a
    line that can't be read. Several reasons stand in one text, parted by "; ". -#}
{% macro reject(rules={}, warn={}) -%}
    {%- set state = staged_state() -%}
    {%- set all = {} -%}
    {%- for name, column in state['parsed'].items() if not column['sure'] -%}
        {%- set article = 'an' if column['word'] == 'integer' else 'a' -%}
        {%- do all.update({name ~ ' is not ' ~ article ~ ' ' ~ column['word']: adapter.quote(name) ~ ' is null and ' ~ adapter.quote('_given_' ~ name)}) -%}
    {%- endfor -%}
    {%- for column in state['key'] -%}
        {%- do all.update({column | replace('"', '') ~ ' is missing': '_raw_key_' ~ loop.index ~ ' is null'}) -%}
    {%- endfor -%}
    {%- for each in [rules, warn] if each is not mapping or each.values() | reject('string') | list or each.keys() | reject('string') | list -%}
        {%- do exceptions.raise_compiler_error(
            'reject(' ~ each ~ ') in ' ~ model.name ~ ': rules are reasons, each with its condition: {\'amount is negative\': \'amount < 0\'}'
        ) -%}
    {%- endfor -%}
    {%- do all.update(rules) -%}
    {%- for reason in warn if reason in all -%}
        {%- do exceptions.raise_compiler_error('reject: "' ~ reason ~ '" in ' ~ model.name ~ ' both rejects and warns: keep one of them') -%}
    {%- endfor -%}
    {%- for reason in all.keys() | list + warn.keys() | list if ';' in reason -%}
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
    {%- if warn %},
    case
        when _op = 'delete' then null
        when {% for predicate in warn.values() %}({{ predicate }}){{ '\n            or ' if not loop.last }}{% endfor %}
        then concat_ws(
            '; '
            {%- for reason, predicate in warn.items() %},
            case when {{ predicate }} then '{{ reason | replace("'", "''") }}' end
            {%- endfor %}
        )
    end as _warnings
    {%- endif %}
{%- endmacro %}
