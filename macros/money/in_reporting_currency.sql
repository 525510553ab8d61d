{#- An amount in the reporting currency, rounded to that currency's own digits (2 for EUR, 0 for JPY, 3 for KWD). `rates`
    is the alias of a row of int_exchange_rates for the amount's currency and month. -#}
{% macro in_reporting_currency(amount, currency, rates='rates') -%}
    {%- set converted -%}
        cast(
            cast({{ amount }} as numeric(14, 2)) * {{ rates }}.reporting_units_per_eur / {{ rates }}.units_per_eur
            as numeric(28, 10)
        )
    {%- endset -%}
    case
        when {{ currency }} = {{ reporting_currency() }} then cast({{ amount }} as numeric(18, 3))
        else cast({{ rounded(converted, rates ~ '.minor_units') }} as numeric(18, 3))
    end
{%- endmacro %}
