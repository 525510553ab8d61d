{#- Why an amount can't be converted into the reporting currency, in words; NULL where it can. -#}
{% macro why_not_converted(currency, known, rated) -%}
    case
        when {{ currency }} is null then 'currency is missing'
        when {{ known }} is null then 'currency is unknown'
        when {{ rated }} is null and {{ currency }} <> {{ reporting_currency() }}
            then 'no exchange rate for its month or the three before'
    end
{%- endmacro %}
