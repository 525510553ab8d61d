{#- Text in a stated format (of YYYY, MM, DD, HH24, MI, SS, each with all its digits) as ISO text, where it is a date or a
    moment; else NULL. Behind SS at the end a fraction of one to nine digits may stand, of which six are kept; SS.US,
    SS.MS and SS.NS mean the same. -#}
{% macro text_in_format(text, format, word, type) -%}
    {%- set wide = {'YYYY': '(?!0000)[0-9]{4}', 'MM': '[0-9]{2}', 'DD': '[0-9]{2}', 'HH24': '([01][0-9]|2[0-3])',
        'MI': '[0-5][0-9]', 'SS': '[0-5][0-9]'} -%}
    {%- set parts = {} -%}
    {%- set at = namespace(position=1, pattern='', fraction='') -%}
    {%- set plain = modules.re.sub('SS[.](US|MS|NS)$', 'SS', format) -%}
    {%- for piece in modules.re.findall('YYYY|MM|DD|HH24|MI|SS|.', plain) -%}
        {%- if piece in wide -%}
            {%- set width = 4 if piece == 'YYYY' else 2 -%}
            {%- do parts.update({piece: 'substring(' ~ text ~ ', ' ~ at.position ~ ', ' ~ width ~ ')'}) -%}
            {#- A date has room for a midnight alone. -#}
            {%- set at.pattern = at.pattern ~ ('00' if word == 'date' and piece in ['HH24', 'MI', 'SS'] else wide[piece]) -%}
            {%- set at.position = at.position + width -%}
        {%- elif modules.re.fullmatch('[A-Za-z0-9\\[\\]\\\\^\']', piece) -%}
            {%- do exceptions.raise_compiler_error('parse: format ' ~ format ~ ' holds ' ~ piece ~ ', which is no part of a date') -%}
        {%- else -%}
            {%- set at.pattern = at.pattern ~ '[' ~ piece ~ ']' -%}
            {%- set at.position = at.position + 1 -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if plain.endswith('SS') -%}
        {%- set at.pattern = at.pattern ~ '([.]' ~ ('0' if word == 'date' else '[0-9]') ~ '{1,9})?' -%}
        {%- set at.fraction = ', substring(' ~ text ~ ', ' ~ at.position ~ ', 7)' -%}
    {%- endif -%}
    {%- if not ('YYYY' in parts and 'MM' in parts and 'DD' in parts) or word == 'timestamp' and not ('HH24' in parts and 'MI' in parts) -%}
        {%- do exceptions.raise_compiler_error(
            'parse: format ' ~ format ~ ' is not enough for a ' ~ word ~ ': it takes YYYY, MM, DD' ~ (', HH24 and MI' if word == 'timestamp' else '')
        ) -%}
    {%- endif -%}
    {%- set day = "concat(" ~ parts['YYYY'] ~ ", '-', " ~ parts['MM'] ~ ", '-', " ~ parts['DD'] -%}
    {%- set clock = ", 'T', " ~ parts['HH24'] ~ ", ':', " ~ parts['MI'] ~ ", ':', " ~ (parts['SS'] or "'00'") ~ at.fraction ~ ", 'Z'" -%}
    {%- set iso = day ~ (clock if word == 'timestamp' else '') ~ ')' -%}
    case when {{ matches(text, at.pattern) }} and {{ can_cast(iso, type) }} then {{ iso }} end
{%- endmacro %}
