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
