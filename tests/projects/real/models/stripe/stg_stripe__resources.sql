-- Grain: one row per resource of the API.
with typed as (
    select
        name,
        {{ json_text('document', 'resource.object') }} as object_type,
        document,
        {{ carry(key=['name']) }}
    from {{ source('stripe', 'resources') }}
)

select *, {{ reject({}) }} from typed
