{#- A value as received, as a type: parse('amount', 'numeric(12, 2)') as amount. What does not parse becomes NULL here
    and a reason in reject(): "amount is not a numeric". NULL stays NULL and is no fault. What raw holds as the type
    already is taken as it is; what it holds as another is taken where no digit is lost (macro typed_value).

    value   a column of raw by its plain name ('Customer ID' too), or an expression over one
    type    integer, bigint, numeric(p, s), date, timestamp (with zone), time (without), boolean, double, text
    format  for dates and times in text that are no ISO 8601: 'MM/DD/YYYY', 'DD.MM.YYYY HH24:MI:SS', 'FMHH12:MI AM'
            (words: macro text_in_format)
    name    the alias that stands behind it, where that can't be read in the model: behind an expression that is made by
            another macro, or in a loop

    A time without a zone is UTC. A second may have a fraction of up to nine digits, of which six are kept and the others
    cut, never rounded. -#}
{% macro parse(value, type, format=none, name=none) -%}
    {%- if value is not string or type is not string -%}
        {%- do exceptions.raise_compiler_error(
            'parse(' ~ value ~ ', ' ~ type ~ ') in ' ~ model.name ~ ': value and type are texts, such as parse(\'amount\', \'numeric(12, 2)\')'
        ) -%}
    {%- endif -%}
    {%- set name = name | lower if name else column_alias(value, type) -%}
    {%- set word = type.split('(')[0] | trim | lower -%}
    {%- set state = staged_state() -%}
    {%- if word not in parse_types() -%}
        {%- do exceptions.raise_compiler_error(
            'parse(' ~ value ~ '): unknown type ' ~ type ~ '; take one of ' ~ parse_types() | join(', ')
        ) -%}
    {%- elif word == 'numeric' and not modules.re.fullmatch('numeric *([(] *[0-9]+ *(, *[0-9]+ *)?[)])?', type | lower | trim) -%}
        {%- do exceptions.raise_compiler_error(
            'parse(' ~ value ~ '): ' ~ type ~ ' is no numeric: write numeric(12, 2), which has 12 digits, 2 of them behind the point'
        ) -%}
    {%- elif format -%}
        {%- do check_format(value, word, format) -%}
    {%- endif -%}
    {%- set column = quoted_column(value) -%}
    {%- set typed = typed_value(column, raw_type(value), word, type) -%}
    {%- do state['parsed'].update({name: {'value': value, 'word': word, 'sure': typed.sure or word == 'text'}}) -%}
    {%- set sheet = "lower(_file) like '%.xls_'" if '_file' in raw_types() else none -%}
    {{ typed.sql or parsed_value('cast(' ~ column ~ ' as ' ~ sql_type('text') ~ ')', word, type | lower, format, sheet) }}
{%- endmacro %}

{% macro parse_types() -%}
    {{ return(['integer', 'bigint', 'numeric', 'date', 'timestamp', 'time', 'boolean', 'double', 'text']) }}
{%- endmacro %}
