{#- The rows of a staging model whose parent is not there: one row each with its key, why, and the parent's key. `on` is
    the column by which both know the parent, `called` the parent's name in words, `parent` its staging model.
    `accepted` is where the parents stand that reach the marts, `held_back` those that do not; both only where parents
    are themselves held back. `found`: the model holds nothing but the orphans, found by a batched model. Stateless, so that it heals as soon as the parent comes. -#}
{% macro orphans(model, key, on, called, parent, accepted=none, held_back=none, found=false) -%}
    {%- set text = dbt.type_string() -%}
    (
        with orphaned as (
            select
                children.{{ key }},
                children._key as key,
                cast(children.{{ on }} as {{ text }}) as parent_key
            from {{ ref(model) }} as children
            {%- if not found %}
            left join {{ ref(accepted or parent) }} as parents on children.{{ on }} = parents.{{ on }}
            where parents.{{ on }} is null
            {%- endif %}
        ),

        quarantined as (
            {{ quarantined_keys(parent, ref('open_quarantine')) }}
        )
        {%- if held_back %},

        held as (
            select distinct key from {{ ref(held_back) }}
        )
        {%- endif %}

        select
            orphaned.{{ key }},
            orphaned.key,
            case
                when orphaned.parent_key is null then '{{ called }} is missing'
                {%- if held_back %}
                when held.key is not null then 'parent is held back'
                {%- endif %}
                when quarantined.key is not null then 'parent is in quarantine'
                else '{{ called }} is unknown'
            end as reason,
            orphaned.parent_key
        from orphaned
        left join quarantined on orphaned.parent_key = quarantined.key
        {%- if held_back %}
        left join held on orphaned.parent_key = held.key
        {%- endif %}
    )
{%- endmacro %}

{#- The keys of a staging model whose last version waits in quarantine. On Spark they are read where the model keeps them:
    the view over all models costs a look at each model's table. -#}
{% macro quarantined_keys(parent, quarantine) -%}{{ return(adapter.dispatch('quarantined_keys', 'weir')(parent, quarantine)) }}{%- endmacro %}
{% macro default__quarantined_keys(parent, quarantine) -%}
    select distinct key from {{ quarantine }}
            where model = '{{ parent }}'
{%- endmacro %}
{% macro spark__quarantined_keys(parent, quarantine) -%}
    {%- if model.resource_type == 'unit_test' -%}{{ return(default__quarantined_keys(parent, quarantine)) }}{%- endif -%}
    select distinct _key as key from {{ ref(parent) }}__all where _kind = 'rejected' and _resolved_at is null
{%- endmacro %}
