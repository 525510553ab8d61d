{#- The pattern of each word; a date has room for a midnight alone. -#}
{% macro word_patterns(word) -%}
    {%- set wide = {'YYYY': '(?!0000)[0-9]{4}', 'MM': '[0-9]{2}', 'DD': '[0-9]{2}', 'FMMM': '[0-9]{1,2}', 'FMDD': '[0-9]{1,2}',
        'HH24': '([01][0-9]|2[0-3])', 'FMHH24': '([01]?[0-9]|2[0-3])', 'HH12': '(0[1-9]|1[0-2])', 'FMHH12': '(0?[1-9]|1[0-2])',
        'MI': '[0-5][0-9]', 'SS': '[0-5][0-9]', 'AM': '[AaPp][Mm]', 'PM': '[AaPp][Mm]',
        'Mon': any_case(months() | map('truncate', 3, true, '', 0)), 'Month': any_case(months())} -%}
    {%- do wide.update({'HH24': '00', 'FMHH24': '00?', 'HH12': '12', 'FMHH12': '12', 'MI': '00', 'SS': '00', 'AM': '[Aa][Mm]',
        'PM': '[Aa][Mm]'} if word == 'date' else {}) -%}
    {{ return(wide) }}
{%- endmacro %}

{% macro months() -%}
    {{ return(['january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october', 'november', 'december']) }}
{%- endmacro %}

{#- A pattern that takes words in any case. -#}
{% macro any_case(words) -%}
    {%- set found = [] -%}
    {%- for word in words -%}
        {%- set letters = [] -%}
        {%- for letter in word -%}{%- do letters.append('[' ~ letter | upper ~ letter ~ ']') -%}{%- endfor -%}
        {%- do found.append(letters | join) -%}
    {%- endfor -%}
    {{ return('(' ~ found | join('|') ~ ')') }}
{%- endmacro %}

{#- The hour of the day, 00 to 23, of an hour 01 to 12 and AM or PM. -#}
{% macro hour_of_half(hour, half) -%}
    case lower({{ half }})
        when 'am' then case {{ hour }} when '12' then '00' else {{ hour }} end
        when 'pm' then case {{ hour }}
            {%- for number in range(1, 12) %} when '{{ '%02d' % number }}' then '{{ number + 12 }}'{% endfor %} else {{ hour }} end
    end
{%- endmacro %}
