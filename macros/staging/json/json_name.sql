{#- The alias behind the call, else the path's last name that is not MongoDB's ($date, $numberDecimal). -#}
{% macro json_name(path, word) -%}
    {%- set names = path.split('.') if path is string else path -%}
    {%- set last = (names | reject('in', ['$date', '$numberDecimal', '$numberLong', '$numberDouble']) | list or names)[-1] -%}
    {%- set call = 'json_' ~ word ~ '\\([^{}()]*[\'"]' ~ modules.re.escape(path if path is string else last) ~ '[\'"]' -%}
    {{ return(column_alias(last, '', call)) }}
{%- endmacro %}
