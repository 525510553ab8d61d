{#- Calendar months from the first date's month to the second's: 1 from 31 January to 1 February. -#}
{% macro months_between(first, second) -%}
    cast(
        (extract(year from {{ second }}) - extract(year from {{ first }})) * 12
        + extract(month from {{ second }}) - extract(month from {{ first }}) as integer
    )
{%- endmacro %}
