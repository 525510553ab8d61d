{#- The name of a parsed column: the alias behind the call, as the model's file has it; else the column's own name in
    snake_case. `call` is a pattern of how the call begins; parse's unless given. -#}
{% macro column_alias(value, type, call=none) -%}
    {%- set escape = modules.re.escape -%}
    {%- set call = call or 'parse\\(\\s*(?:value\\s*=\\s*)?[\'"]' ~ escape(value) ~ '[\'"]\\s*,\\s*(?:type\\s*=\\s*)?[\'"]' ~ escape(type) ~ '[\'"]' -%}
    {%- set found = [] -%}
    {%- for rest, quoted, plain in modules.re.findall(
        '\\b' ~ call ~ '([^{}]*)\\)\\s*-?\\}\\}\\s*[aA][sS]\\s+(?:"([^"]+)"|([A-Za-z_][A-Za-z0-9_]*))(?=\\s*,|\\s*--|\\s+from\\b|\\s*$)',
        model.get('raw_code') or ''
    ) -%}
        {%- set alias = quoted or plain | lower -%}
        {%- if alias not in found and not modules.re.search('\\bname\\s*=', rest) -%}{%- do found.append(alias) -%}{%- endif -%}
    {%- endfor -%}
    {%- if found | length > 1 -%}
        {%- do exceptions.raise_compiler_error(
            'parse(' ~ value ~ ') stands there as ' ~ found | join(' and as ') ~ ': say which by name=\'' ~ found[0] ~ '\' and so on'
        ) -%}
    {%- endif -%}
    {{ return(found[0] if found else snake_case(value)) }}
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
