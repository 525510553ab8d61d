-- Grain: one row per day on which the disk was measured.
{%- set days_seen, days_needed, years_ahead = 28, 3, 10 %}

with disks as (
    select * from {{ source('ops', 'disks') }}
),

before as (
    select
        disks.day,
        earlier.day as earlier_day,
        earlier.free_bytes,
        earlier.database_bytes,
        row_number() over (partition by disks.day order by earlier.day asc nulls last) as oldest_first
    from disks
    inner join disks as earlier
        on {{ days_between('earlier.day', 'disks.day') }} between {{ days_needed }} and {{ days_seen }}
),

slopes as (
    select
        disks.*,
        cast(
            (disks.database_bytes - before.database_bytes)
            / cast({{ days_between('before.earlier_day', 'disks.day') }} as numeric(10, 0)) as bigint
        ) as database_bytes_per_day,
        -- what else lies on the disk fills it, too
        cast(
            (before.free_bytes - disks.free_bytes)
            / cast({{ days_between('before.earlier_day', 'disks.day') }} as numeric(10, 0)) as bigint
        ) as used_per_day
    from disks
    left join before on disks.day = before.day and before.oldest_first = 1
),

final as (
    select
        day,
        database_bytes,
        database_bytes_per_day,
        free_bytes,
        total_bytes,
        used_per_day,
        case
            when used_per_day > 0 and free_bytes / used_per_day < {{ years_ahead * 365 }}
                then {{ add_days('day', 'cast(floor(free_bytes / used_per_day) as integer)') }}
        end as full_on
    from slopes
)

select * from final
