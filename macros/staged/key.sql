{#- The key as text. It is made of the parsed values, so that 01 is 1, and of the text as received where that does not
    parse. Several columns are joined by a bar. A row without a key is known by its place in the file, or by its order of
    arrival. So are rows of one file that claim the same key: the reader has marked them as unreadable. -#}
{% macro staged_key(state) -%}
    {%- if state['unreadable'] -%}
        case when _unreadable is not null then {{ key_of_keyless(state) }} else {{ staged_key_of(state) }} end
    {%- else -%}
        {{ staged_key_of(state) }}
    {%- endif -%}
{%- endmacro %}

{% macro staged_key_of(state) -%}
    {%- set parts = [] -%}
    {%- for column in state['key'] -%}
        {%- set received = '_raw_key_' ~ loop.index -%}
        {%- set found = [] -%}
        {%- for name, parsed in state['parsed'].items() if parsed['value'] == column and parsed['word'] != 'text' -%}
            {%- do found.append('coalesce(cast(' ~ adapter.quote(name) ~ ' as ' ~ sql_type('text') ~ '), ' ~ received ~ ')') -%}
        {%- endfor -%}
        {%- do parts.append(found[0] if found else received) -%}
    {%- endfor -%}
    {%- if parts | length == 1 -%}
        coalesce({{ short_text(parts[0], 600) }}, {{ key_of_keyless(state) }})
    {%- else -%}
        case
            when {% for part in parts %}_raw_key_{{ loop.index }} is null{{ ' or ' if not loop.last }}{% endfor %}
            then {{ key_of_keyless(state) }}
            else concat_ws(
                '|'
                {%- for part in parts %},
                replace(replace({{ short_text(part, 600 // parts | length) }}, '~', '~0'), '|', '~1')
                {%- endfor %}
            )
        end
    {%- endif -%}
{%- endmacro %}

{% macro key_of_keyless(state) -%}
    {%- if state['unreadable'] -%}
        case when _place = ':' then concat('row ', _seq) else _place end
    {%- else -%}
        concat('row ', _seq)
    {%- endif -%}
{%- endmacro %}

{#- A text that fits into an index: a longer one is cut, and its digest added. -#}
{% macro short_text(text, size) -%}
    case
            when length({{ text }}) > {{ size }} then concat(left({{ text }}, {{ size - 40 }}), ' ', md5({{ text }}))
            else {{ text }}
        end
{%- endmacro %}
