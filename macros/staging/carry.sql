{#- The last column of a staged model's `typed` CTE: brings along what makes a row accountable (its load, operation and
    order of arrival), the key as received, and which values were given at all, so that reject() knows what didn't parse.

    Among what it brings is `_as_of`, the moment of the row's load, for rules such as "occurred in the future".

    key         columns of raw that make the key; `_key` for a table without one
    unreadable  true for files: a line that could not be read is rejected with the reader's own words -#}
{% macro carry(key, unreadable=false) -%}
    {%- set state = staged_state() -%}
    {%- if key is string or key is not iterable or not key -%}
        {%- do exceptions.raise_compiler_error(
            'carry(key=' ~ key ~ ') in ' ~ model.name ~ ': key is a list of columns of raw, such as [\'id\'], or [\'_key\'] for a table without one'
        ) -%}
    {%- endif -%}
    {%- do state.update({'key': key, 'unreadable': unreadable}) -%}
    _dlt_load_id as _load_id,
    _op,
    _seq,
    {{ as_of() }} as _as_of,
    {%- for column in key %}
    cast({{ quoted_column(column) }} as {{ sql_type('text') }}) as _raw_key_{{ loop.index }},
    {%- endfor %}
    {%- if unreadable %}
    _error as _unreadable,
    {{ place_in_file() }} as _place,
    {%- endif %}
    {%- for name, column in state['parsed'].items() if column['word'] != 'text' %}
    {{ quoted_column(column['value']) }} is not null as {{ adapter.quote('_given_' ~ name) }},
    {%- endfor %}
    true as _carried
{%- endmacro %}

{#- The place of a line: its file and its number, a colon alone for a row of no file. -#}
{% macro place_in_file() -%}{{ return(adapter.dispatch('place_in_file', 'weir')()) }}{%- endmacro %}
{% macro postgres__place_in_file() -%}concat(_file, ':', _line){%- endmacro %}
{% macro default__place_in_file() -%}
    concat(coalesce(_file, ''), ':', coalesce(cast(_line as {{ sql_type('text') }}), ''))
{%- endmacro %}
