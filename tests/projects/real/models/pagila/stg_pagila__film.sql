-- Grain: one row per film_id.
with typed as (
    select
        film_id,
        title,
        description,
        release_year,
        language_id,
        original_language_id,
        rental_duration,
        rental_rate,
        length,
        replacement_cost,
        rating,
        last_update,
        special_features,
        fulltext,
        {{ carry(key=['film_id']) }}
    from {{ source('pagila', 'film') }}
)

select *, {{ reject({}) }} from typed
