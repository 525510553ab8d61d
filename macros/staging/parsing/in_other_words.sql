{#- Values written in another way than the type's own. A list of SQL, each the value or NULL:

    1E+3                                    as numeric: exactly 1000
    {"$numberLong": "-86400000"}            as a date or timestamp: MongoDB's milliseconds, of the years 1 to 9999
    462.29999999999995 in a spreadsheet     as a number that has no room for all of it: at the 15 digits that Excel shows
    2024-01-31 in a spreadsheet             as a timestamp: its midnight

    sheet   a condition that says which rows come from a spreadsheet; none where no row can -#}
{% macro in_other_words(text, word, type, sheet=none) -%}
    {%- set found = [] -%}
    {%- if word == 'numeric' -%}
        {%- set number = decimal_of(text_where(matches(text, valid_pattern('power', type)), text), type) -%}
        {%- do found.append(typed_value(number, 'numeric', word, type).sql) -%}
    {%- elif word in ['date', 'timestamp'] and '$date' in (model.get('raw_code') or '') -%}
        {%- do found.append(typed_value(moment_of_mongodb(text), 'timestamp with time zone', word, type).sql) -%}
    {%- endif -%}
    {%- if sheet and word in ['integer', 'bigint', 'numeric'] -%}
        {%- set shown = shown_number(text_where(sheet ~ ' and ' ~ matches(text, valid_pattern('double', type)), text)) -%}
        {%- do found.append(typed_value(shown, 'numeric', word, type).sql) -%}
    {%- elif sheet and word == 'timestamp' -%}
        {%- set day = text_where(sheet ~ ' and ' ~ is_valid(text, 'date', 'date'), text) -%}
        {%- do found.append(day_start('cast(' ~ day ~ ' as date)')) -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro %}

{% macro text_where(condition, text) -%}case when {{ condition }} then {{ text }} end{%- endmacro %}

{#- A number written with an exponent, exactly. -#}
{% macro decimal_of(text, type) -%}{{ return(adapter.dispatch('decimal_of', 'weir')(text, type)) }}{%- endmacro %}
{% macro default__decimal_of(text, type) -%}
    {%- set size = modules.re.findall('[0-9]+', type) | map('int') | list + [38, 0] -%}
    {{ zero_or_more('try_cast(' ~ text ~ ' as decimal(38, ' ~ (38 - size[0] + size[1]) ~ '))', text) }}
{%- endmacro %}
{% macro postgres__decimal_of(text, type) -%}cast({{ text }} as numeric){%- endmacro %}

{#- A number, but NULL where it came out as 0 though its text is not 0. -#}
{% macro zero_or_more(number, text) -%}
    case when {{ number }} <> 0 or {{ matches(text, '[+-]?[0.]+([eE].*)?') }} then {{ number }} end
{%- endmacro %}

{#- A binary number's text as the decimal of its first 15 digits. -#}
{% macro shown_number(text) -%}{{ return(adapter.dispatch('shown_number', 'weir')(text)) }}{%- endmacro %}
{% macro default__shown_number(text) -%}
    {{ zero_or_more("try_cast(format_string('%.14e', try_cast(" ~ text ~ " as double)) as decimal(38, 18))", text) }}
{%- endmacro %}
{% macro postgres__shown_number(text) -%}
    {%- set sure = text_where("pg_input_is_valid(" ~ text ~ ", 'double precision')", text) -%}
    cast(cast({{ sure }} as double precision) as numeric)
{%- endmacro %}

{#- Extended JSON's milliseconds, as MongoDB writes dates before 1970 and after 9999; NULL beyond the years 1 to 9999. -#}
{% macro moment_of_mongodb(text) -%}
    {%- set long = matches(text, '[{]"[$]numberLong": ?"-?[0-9]{1,15}"[}]') -%}
    {%- set millis = 'cast(replace(replace(' ~ text_where(long, "substring(replace(" ~ text ~ ", ' ', ''), 16)") ~ ", '\"', ''), '}', '') as bigint)" -%}
    {{ return(adapter.dispatch('moment_of_millis', 'weir')(
        'case when ' ~ millis ~ ' between -62135596800000 and 253402300799999 then ' ~ millis ~ ' end'
    )) }}
{%- endmacro %}
{% macro default__moment_of_millis(millis) -%}timestamp_millis({{ millis }}){%- endmacro %}
{% macro postgres__moment_of_millis(millis) -%}
    (select (timestamp '1970-01-01' + make_interval(days => cast(m.n / 86400000 as integer), secs => m.n % 86400000 / 1000.0))
        at time zone 'UTC' from (select {{ millis }} as n) as m)
{%- endmacro %}
