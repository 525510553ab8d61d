{#- Text in a stated format (of YYYY, MM, DD, HH24, MI, SS, each with all its digits) as ISO text; else NULL. Behind SS at
    the end a fraction of one to nine digits may stand, of which six are kept; SS.US, SS.MS and SS.NS mean the same. -#}
{% macro iso_text(text, format) -%}
    {%- set parts = {'YYYY': '', 'MM': '', 'DD': '', 'HH24': '', 'MI': '', 'SS': ''} -%}
    {%- set at = namespace(position=1, pattern='', fraction='') -%}
    {%- set plain = modules.re.sub('SS[.](US|MS|NS)$', 'SS', format) -%}
    {%- for piece in modules.re.findall('YYYY|MM|DD|HH24|MI|SS|.', plain) -%}
        {%- if piece in parts -%}
            {%- set width = 4 if piece == 'YYYY' else 2 -%}
            {%- do parts.update({piece: 'substring(' ~ text ~ ', ' ~ at.position ~ ', ' ~ width ~ ')'}) -%}
            {%- set at.pattern = at.pattern ~ '[0-9]{' ~ width ~ '}' -%}
            {%- set at.position = at.position + width -%}
        {%- elif modules.re.fullmatch('[A-Za-z0-9\\[\\]\\\\^\']', piece) -%}
            {%- do exceptions.raise_compiler_error('parse: format ' ~ format ~ ' holds ' ~ piece ~ ', which is no part of a date') -%}
        {%- else -%}
            {%- set at.pattern = at.pattern ~ '[' ~ piece ~ ']' -%}
            {%- set at.position = at.position + 1 -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if plain.endswith('SS') -%}
        {%- set at.pattern = at.pattern ~ '([.][0-9]{1,9})?' -%}
        {%- set at.fraction = ', substring(' ~ text ~ ', ' ~ at.position ~ ', 7)' -%}
    {%- endif -%}
    {%- set day = "concat(" ~ parts['YYYY'] ~ ", '-', " ~ parts['MM'] ~ ", '-', " ~ parts['DD'] -%}
    {%- set clock = ", 'T', " ~ parts['HH24'] ~ ", ':', " ~ parts['MI'] ~ ", ':', " ~ (parts['SS'] or "'00'") ~ at.fraction ~ ", 'Z'" -%}
    case when {{ matches(text, at.pattern) }} then {{ day }}{{ clock if parts['HH24'] else '' }}) end
{%- endmacro %}
