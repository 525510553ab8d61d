{#- The compiled code without comments, spaces and the moment of the run: its digest tells whether the code has changed. -#}
{% macro staged_code() -%}
    {%- set code = modules.re.sub('(?m)^[ ]*--.*$', '', sql | replace(as_of(), '_landed_as_of')) -%}
    {#- what a table was made without comes with the next full refresh -#}
    {%- set made_with = [config.get('event_time'), config.get('indexes', [])] -%}
    {%- if staged_batch_size() != 'day' -%}{%- do made_with.append(staged_batch_size()) -%}{%- endif -%}
    {%- set made_with = tojson(made_with) if config.get('event_time') else '' -%}
    {{ return('1 ' ~ made_with ~ modules.re.sub('[ \n\t]+', ' ', code) | trim) }}
{%- endmacro %}
