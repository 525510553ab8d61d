{#- A format in its words, in order: what is no word of a format is a separator, one sign each. Behind SS at the end a
    fraction may stand, which SS.US, SS.MS and SS.NS say too. -#}
{% macro format_words(format) -%}
    {{ return(modules.re.findall(format_pieces() | join('|') ~ '|.', modules.re.sub('SS[.](US|MS|NS)$', 'SS', format))) }}
{%- endmacro %}

{% macro format_pieces() -%}
    {{ return(['YYYY', 'FMMM', 'FMDD', 'FMHH24', 'FMHH12', 'MM', 'DD', 'HH24', 'HH12', 'MI', 'SS', 'AM', 'PM', 'Month', 'Mon']) }}
{%- endmacro %}

{#- What a word says: a day, a month, an hour … -#}
{% macro format_meaning(word) -%}
    {{ return({'PM': 'AM', 'Mon': 'MM', 'Month': 'MM'}.get(word, word | replace('FM', ''))) }}
{%- endmacro %}

{#- Refuses a format that can't be one of the type; `value` is what parse was asked for. -#}
{% macro check_format(value, word, format) -%}
    {%- set says = 'parse(' ~ value ~ '): format ' ~ format -%}
    {%- if word not in ['date', 'timestamp', 'time'] -%}
        {%- do exceptions.raise_compiler_error(says ~ ' stands with the type ' ~ word ~ ': only date, timestamp and time have one') -%}
    {%- endif -%}
    {%- set found = [] -%}
    {%- set last = namespace(word='') -%}
    {%- for piece in format_words(format) -%}
        {%- set means = format_meaning(piece) -%}
        {%- if piece not in format_pieces() and modules.re.fullmatch('[A-Za-z0-9\\[\\]\\\\^\']', piece) -%}
            {%- do exceptions.raise_compiler_error(
                says ~ ' holds ' ~ piece ~ ', which is no part of a date: take ' ~ format_pieces() | join(', ') ~ ' and signs between them'
            ) -%}
        {%- elif piece in format_pieces() and means in found -%}
            {%- do exceptions.raise_compiler_error(says ~ ' says ' ~ means ~ ' twice') -%}
        {%- elif piece in format_pieces() and (last.word.startswith('FM') or last.word == 'Month') -%}
            {%- do exceptions.raise_compiler_error(
                says ~ ': put a sign between ' ~ last.word ~ ' and ' ~ piece ~ ', or nobody knows where ' ~ last.word ~ ' ends'
            ) -%}
        {%- endif -%}
        {%- do found.append(means) if piece in format_pieces() -%}
        {%- set last.word = piece -%}
    {%- endfor -%}
    {%- set day = 'YYYY' in found and 'MM' in found and 'DD' in found -%}
    {%- set clock = 'MI' in found and ('HH24' in found or 'HH12' in found) -%}
    {%- if 'HH12' in found and ('AM' not in found or 'HH24' in found) or 'AM' in found and 'HH12' not in found -%}
        {%- do exceptions.raise_compiler_error(says ~ ': HH12 takes AM beside it, and AM takes HH12; HH24 stands alone') -%}
    {%- elif word == 'date' and not day or word == 'timestamp' and not (day and clock) or word == 'time' and not clock -%}
        {%- set needs = {'date': 'YYYY, MM, DD', 'timestamp': 'YYYY, MM, DD, HH24 and MI', 'time': 'HH24 and MI'}[word] -%}
        {%- do exceptions.raise_compiler_error(says ~ ' is not enough for a ' ~ word ~ ': it takes ' ~ needs) -%}
    {%- elif word == 'time' and ('YYYY' in found or 'MM' in found or 'DD' in found) -%}
        {%- do exceptions.raise_compiler_error(says ~ ' has a day, for which a time has no room: parse it as a timestamp') -%}
    {%- endif -%}
{%- endmacro %}
