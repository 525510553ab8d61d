{#- A field of a document as text, by its path: json_text('document', 'account.id'). NULL where it is absent or null.
    A name that holds a dot itself: a list, ['account', 'a.b']. -#}
{% macro json_text(document, path) -%}
    {{ return(adapter.dispatch('json_text', 'weir')(document, path.split('.') if path is string else path)) }}
{%- endmacro %}

{% macro default__json_text(document, path) -%}
    get_json_object({{ document }}, '$.{{ path | join(".") }}')
{%- endmacro %}

{% macro postgres__json_text(document, path) -%}
    {%- if path | length == 1 -%}
        {{ document }} ->> {{ staged_literal(path[0]) }}
    {%- else -%}
        {%- set names = [] -%}
        {%- for name in path -%}{%- do names.append(name | replace('\\', '\\\\') | replace('"', '\\"')) -%}{%- endfor -%}
        {{ document }} #>> {{ staged_literal('{"' ~ names | join('","') ~ '"}') }}
    {%- endif -%}
{%- endmacro %}

{#- A field of a document as a number, a moment, a date or a boolean. Read as text and parsed, so that no decimal goes
    through a double; what doesn't parse is a reason for reject(). name: the alias that stands behind it,
    where that can't be read in the model. -#}
{% macro json_number(document, path, type='numeric', name=none) -%}
    {{ parse(json_text(document, path), type, name=name or json_name(path, 'number')) }}
{%- endmacro %}

{% macro json_timestamp(document, path, name=none) -%}
    {{ parse(json_text(document, path), 'timestamp', name=name or json_name(path, 'timestamp')) }}
{%- endmacro %}

{% macro json_date(document, path, name=none) -%}
    {{ parse(json_text(document, path), 'date', name=name or json_name(path, 'date')) }}
{%- endmacro %}

{% macro json_boolean(document, path, name=none) -%}
    {{ parse(json_text(document, path), 'boolean', name=name or json_name(path, 'boolean')) }}
{%- endmacro %}

{#- The alias behind the call, else the path's last name that is not MongoDB's ($date, $numberDecimal). -#}
{% macro json_name(path, word) -%}
    {%- set names = path.split('.') if path is string else path -%}
    {%- set last = (names | reject('in', ['$date', '$numberDecimal', '$numberLong', '$numberDouble']) | list or names)[-1] -%}
    {%- set call = 'json_' ~ word ~ '\\([^{}()]*[\'"]' ~ modules.re.escape(path if path is string else last) ~ '[\'"]' -%}
    {{ return(column_alias(last, '', call)) }}
{%- endmacro %}
