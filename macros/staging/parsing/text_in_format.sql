{#- Text in a stated format as ISO text, where it is a date, a moment or a time; else NULL. check_format has seen the format.

    YYYY MM DD HH24 HH12 MI SS            with all their digits
    FMMM FMDD FMHH24 FMHH12               with one or two
    Mon, Month                            Jan, January; in any case
    AM or PM                              AM or PM, in any case

    Behind SS at the end a fraction of one to nine digits may stand, of which six are kept. -#}
{% macro text_in_format(text, format, word, type) -%}
    {%- set wide = word_patterns(word) -%}
    {%- set words = format_words(format) -%}
    {%- set signs = words | reject('in', wide) | unique | list -%}
    {%- set is_fixed = not (words | select('in', ['FMMM', 'FMDD', 'FMHH24', 'FMHH12', 'Month']) | list) -%}
    {#- Where widths vary, the parts are counted by the signs between them, as one sign: "Jan 5, 2024" as "Jan/5//2024". -#}
    {%- set parted = "translate(" ~ text ~ ", '" ~ signs | join | replace("'", "''") ~ "', '" ~ '/' * signs | length ~ "')" -%}
    {%- set at = namespace(pattern='', position=1, field=1) -%}
    {%- set parts = {'SS': "'00'"} -%}
    {%- for piece in words -%}
        {%- if piece in wide -%}
            {%- set width = {'YYYY': 4, 'Mon': 3, 'Month': 3}.get(piece, 2) -%}
            {%- set whole = text if is_fixed else 'split_part(' ~ parted ~ ", '/', " ~ at.field ~ ')' -%}
            {%- set part = 'substring(' ~ whole ~ ', ' ~ at.position ~ ', ' ~ width ~ ')' -%}
            {%- if piece in ['Mon', 'Month'] -%}
                {%- set part -%}case lower({{ part }}) {% for month in months() %}when '{{ month[:3] }}' then '{{ '%02d' % loop.index }}' {% endfor %}end{%- endset -%}
            {%- elif piece.startswith('FM') -%}
                {%- set part = 'lpad(' ~ part ~ ", 2, '0')" -%}
            {%- endif -%}
            {%- do parts.update({format_meaning(piece): part}) -%}
            {%- set at.pattern = at.pattern ~ wide[piece] -%}
            {%- set at.position = at.position + width -%}
        {%- else -%}
            {%- set at.pattern = at.pattern ~ '[' ~ piece ~ ']' -%}
            {%- set at.position = at.position + 1 if is_fixed else 1 -%}
            {%- set at.field = at.field + 1 -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if words[-1] == 'SS' -%}
        {%- set at.pattern = at.pattern ~ '([.]' ~ ('0' if word == 'date' else '[0-9]') ~ '{1,9})?' -%}
        {%- set field = 'split_part(' ~ parted ~ ", '/', " ~ (at.field + ('.' in signs) | int) ~ ')' -%}
        {%- if is_fixed -%}
            {%- set fraction = 'substring(' ~ text ~ ', ' ~ at.position ~ ', 7)' -%}
        {%- elif '.' in signs -%}
            {%- set fraction = "case when " ~ field ~ " <> '' then concat('.', substring(" ~ field ~ ", 1, 6)) else '' end" -%}
        {%- else -%}
            {%- set fraction = 'substring(' ~ field ~ ', ' ~ at.position ~ ', 7)' -%}
        {%- endif -%}
        {%- do parts.update({'SS': parts['SS'] ~ ', ' ~ fraction}) -%}
    {%- endif -%}
    {%- set hour = hour_of_half(parts['HH12'], parts['AM']) if 'HH12' in parts else parts['HH24'] -%}
    {%- set day = parts['YYYY'] ~ ", '-', " ~ parts['MM'] ~ ", '-', " ~ parts['DD'] -%}
    {%- set clock = hour ~ ", ':', " ~ parts['MI'] ~ ", ':', " ~ parts['SS'] -%}
    {%- set iso = 'concat(' ~ {'date': day, 'timestamp': day ~ ", 'T', " ~ clock ~ ", 'Z'", 'time': clock}[word] ~ ')' -%}
    case when {{ matches(text, at.pattern) }} and {{ can_cast(iso, type) }} then {{ iso }} end
{%- endmacro %}

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
