-- Grain: one row per employee_id.
with typed as (
    select
        employee_id,
        last_name,
        first_name,
        title,
        title_of_courtesy,
        birth_date,
        hire_date,
        address,
        city,
        region,
        postal_code,
        country,
        home_phone,
        extension,
        photo,
        notes,
        reports_to,
        photo_path,
        {{ carry(key=['employee_id']) }}
    from {{ source('northwind', 'employees') }}
)

select *, {{ reject({}) }} from typed
