{#- What sqlfluff puts in the place of dbt and of the macros: SQL of the same form, so that models lint without a
    warehouse. A macro that a model calls and that is missing here makes the linter fail. -#}
{% macro source(source_name, table_name) %}raw_{{ source_name }}.{{ table_name }}{% endmacro %}
{% macro parse(value, type, format=none, name=none) %}cast({{ value }} as {{ type }}){% endmacro %}
{% macro parsed_value(text, word, type, format=none) %}cast({{ text }} as {{ type }}){% endmacro %}
{% macro carry(key, unreadable=false) %}_dlt_load_id as _load_id{% endmacro %}
{% macro reject(rules={}) %}cast(null as text) as _reasons{% endmacro %}
{% macro json_text(document, path) %}{{ document }} ->> 'field'{% endmacro %}
{% macro json_number(document, path, type='numeric', name=none) %}cast({{ document }} as {{ type }}){% endmacro %}
{% macro json_timestamp(document, path, name=none) %}cast({{ document }} as timestamp){% endmacro %}
{% macro json_date(document, path, name=none) %}cast({{ document }} as date){% endmacro %}
{% macro json_boolean(document, path, name=none) %}cast({{ document }} as boolean){% endmacro %}
{% macro renamed(relation, names) %}coalesce({{ names | join(', ') }}){% endmacro %}
{% macro known_at(event_time, known_from='_known_from') %}greatest({{ event_time }}, {{ known_from }}){% endmacro %}
{% macro learned(relation, source_name, table_name, key, predicate) %}(
    select
        {{ key }} as key,
        min(_known_from) as known_from
    from {{ relation }}
    where {{ predicate }}
    group by {{ key }}
){% endmacro %}
{% macro orphans(model, key, on, called, parent, accepted=none, held_back=none, found=false) %}(
    select
        {{ key }},
        _key as key,
        '{{ called }}' as reason,
        {{ on }} as parent_key
    from {{ model }}
){% endmacro %}
{% macro mis_decoded(text) %}{{ text }} = ''{% endmacro %}
{% macro array_text(elements, separator='; ') %}array_to_string({{ elements }}, '{{ separator }}'){% endmacro %}
{% macro analyze_this() %}{% endmacro %}
{% macro ratio(part, whole) %}cast({{ part }} / nullif({{ whole }}, 0) as numeric(14, 4)){% endmacro %}
{% macro as_of() %}cast('2026-01-01' as timestamp with time zone){% endmacro %}
{% macro as_of_date() %}cast('2026-01-01' as date){% endmacro %}
{% macro utc_date(moment) %}cast({{ moment }} as date){% endmacro %}
{% macro day_start(date) %}cast({{ date }} as timestamp){% endmacro %}
{% macro month_start(date) %}date_trunc('month', {{ date }}){% endmacro %}
{% macro month_end(date) %}date_trunc('month', {{ date }}){% endmacro %}
{% macro add_days(date, days) %}({{ date }} + {{ days }}){% endmacro %}
{% macro add_months(date, months) %}({{ date }} + {{ months }}){% endmacro %}
{% macro moment_plus_days(moment, days) %}({{ moment }} + {{ days }}){% endmacro %}
{% macro days_between(first, second) %}({{ second }} - {{ first }}){% endmacro %}
{% macro months_between(first, second) %}({{ second }} - {{ first }}){% endmacro %}
{% macro seconds_between(first, second) %}({{ second }} - {{ first }}){% endmacro %}
{% macro hours_between(first, second) %}({{ second }} - {{ first }}){% endmacro %}
{% macro date_spine(first, last) %}(select {{ first }} as date_day){% endmacro %}
{% macro window_days(months, days) %}(select month, as_of_date as date_day, {{ days }} as age from {{ months }}){% endmacro %}
{% macro month_spine(first, last) %}(select {{ first }} as date_month){% endmacro %}
{% macro byte_order(text) %}{{ text }} collate "C"{% endmacro %}
{% macro reporting_currency() %}'EUR'{% endmacro %}
{% macro in_reporting_currency(amount, currency, rates='rates') %}cast({{ amount }} / {{ rates }}.units_per_eur as numeric(18, 3)){% endmacro %}
{% macro rate_used(currency, column, rates='rates') %}case when {{ currency }} <> 'EUR' then {{ rates }}.{{ column }} end{% endmacro %}
{% macro why_not_converted(currency, known, rated) %}case when {{ known }} is null and {{ rated }} is null then {{ currency }} end{% endmacro %}
