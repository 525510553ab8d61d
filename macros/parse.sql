{#- A value as received, as a type: parse('amount', 'numeric(12, 2)') as amount. What does not parse becomes NULL here
    and a reason in reject(): "amount is not a numeric". NULL stays NULL and is no fault.

    value   a column of raw, or an expression over one (then say name)
    type    integer, bigint, numeric(p, s), date, timestamp (with zone), boolean, double, text
    format  for dates and times written otherwise: 'MM/DD/YYYY', 'YYYY-MM-DD HH24:MI:SS' (a time without zone is UTC)
    name    the alias that stands behind it; the column's name in snake_case unless said -#}
{% macro parse(value, type, format=none, name=none) -%}
    {%- set name = name or snake_case(value) -%}
    {%- set word = type.split('(')[0] | trim | lower -%}
    {%- set state = staged_state() -%}
    {%- if word not in parse_types() -%}
        {%- do exceptions.raise_compiler_error(
            'parse(' ~ value ~ '): unknown type ' ~ type ~ '; take one of ' ~ parse_types() | join(', ')
        ) -%}
    {%- endif -%}
    {%- do state['parsed'].update({name: {'value': value, 'word': word}}) -%}
    {%- set text = 'cast(' ~ quoted_column(value) ~ ' as text)' -%}
    {{ parsed_value(text, word, type | lower, format) }}
{%- endmacro %}

{% macro parse_types() -%}
    {{ return(['integer', 'bigint', 'numeric', 'date', 'timestamp', 'boolean', 'double', 'text']) }}
{%- endmacro %}

{#- The SQL that turns text into the type, or into NULL where is_valid() says no. -#}
{% macro parsed_value(text, word, type, format=none) -%}
    {%- if word == 'text' -%}
        {{ text }}
    {%- elif word == 'boolean' -%}
        case
            when lower({{ text }}) in ('true', 't', 'yes', 'y', '1') then true
            when lower({{ text }}) in ('false', 'f', 'no', 'n', '0') then false
        end
    {%- else -%}
        {%- set text = iso_text(text, format) if format else text -%}
        {%- set type = {'timestamp': 'timestamp with time zone', 'double': 'double precision'}.get(word, type) -%}
        cast(case when {{ is_valid(text, word, type) }} then {{ text }} end as {{ type }})
    {%- endif -%}
{%- endmacro %}

{% macro snake_case(value) -%}
    {%- set plain = value | trim | replace('"', '') -%}
    {%- if not modules.re.fullmatch('[A-Za-z_][A-Za-z0-9_ ]*', plain) -%}
        {%- do exceptions.raise_compiler_error(
            'parse(' ~ value ~ '): an expression needs the name of its column: parse(…, name=\'amount\')'
        ) -%}
    {%- endif -%}
    {%- set parted = modules.re.sub('([a-z0-9])([A-Z])', '\\1_\\2', plain) -%}
    {{ return(parted | replace(' ', '_') | lower) }}
{%- endmacro %}

{#- What parse, carry and reject know of each other inside one model; the same after each rendering. -#}
{% macro staged_state() -%}
    {%- if '_staged' not in model -%}
        {%- do model.update({'_staged': {'parsed': {}, 'key': [], 'unreadable': false}}) -%}
    {%- endif -%}
    {{ return(model['_staged']) }}
{%- endmacro %}

{#- A plain name of a column, quoted: bare, PostgreSQL reads `user` or `current_date` as functions of its own and
    `order` as a fault. Whatever else stands there (an expression, a name in quotes) stays as it is. -#}
{% macro quoted_column(value) -%}
    {%- set plain = value | trim -%}
    {%- if modules.re.fullmatch('[a-z_][a-z0-9_]*', plain) and plain not in ['null', 'true', 'false'] -%}
        {{ return(adapter.quote(plain)) }}
    {%- endif -%}
    {{ return(value) }}
{%- endmacro %}
