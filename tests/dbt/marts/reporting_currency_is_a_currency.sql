-- The variable reporting_currency names a currency of the seed: nothing could be converted into another.
select {{ reporting_currency() }} as reporting_currency
where not exists (select 1 from {{ ref('currencies') }} where code = {{ reporting_currency() }})
