-- Grain: one row per account that has a setting, with the settings that are used as columns.
with final as (
    select
        account_id
        {%- for name in ['timezone', 'sso_enabled', 'seats_limit', 'newsletter'] %},
        max(case when name = '{{ name }}' then value end) as {{ name }}
        {%- endfor %}
    from {{ ref('stg_app__account_settings') }}
    group by account_id
)

select * from final
