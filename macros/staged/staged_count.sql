{#- Counts what became of the rows of each load. Stops the step where raw holds another number of rows than the receipts
    say. -#}
{% macro staged_count(names, step) -%}
    {%- set kept = staged_version(step, 'is_first is not null', 'true') -%}
    {%- call statement('counts', fetch_result=true) -%}
        create temporary table _counts on commit drop as
        with became as (
            select b._load_id, b._class, {{ kept }} as is_last
            {{ staged_join(step) }}
        ),

        counted as (
            select
                _load_id,
                count(*) as landed,
                count(*) filter (where is_last and _class = 'a') as accepted,
                count(*) filter (where is_last and _class = 'h') as accepted_by_hand,
                count(*) filter (where is_last and _class = 'r') as rejected,
                count(*) filter (where is_last and _class = 'd') as deleted,
                count(*) filter (where not is_last and _class <> 'e') as superseded,
                count(*) filter (where _class = 'e') as erased
            from became
            group by _load_id
        )

        select
            l.load_id, l.as_of, l.landed as receipts,
            coalesce(c.landed, 0) as landed,
            coalesce(c.accepted, 0) as accepted,
            coalesce(c.accepted_by_hand, 0) as accepted_by_hand,
            coalesce(c.rejected, 0) as rejected,
            coalesce(c.superseded, 0) as superseded,
            coalesce(c.deleted, 0) as deleted,
            coalesce(c.erased, 0) as erased
        from _loads as l left join counted as c on l.load_id = c._load_id;

        select
            coalesce(sum(landed), 0)::bigint, coalesce(sum(accepted), 0)::bigint,
            coalesce(sum(accepted_by_hand), 0)::bigint, coalesce(sum(rejected), 0)::bigint, coalesce(sum(superseded), 0)::bigint,
            coalesce(sum(deleted), 0)::bigint, coalesce(sum(erased), 0)::bigint,
            min(format('load %s holds %s rows in raw, its receipts say %s', load_id, landed, receipts))
                filter (where landed <> receipts),
            count(*)
        from _counts
    {%- endcall -%}
    {%- set row = load_result('counts').table.rows[0] -%}
    {%- if row[7] -%}
        {%- do exceptions.raise_compiler_error(
            names.source ~ '.' ~ names.source_table ~ ' does not balance: ' ~ row[7] ~ '; nothing was staged. '
            ~ 'Rows of raw were removed or added by hand: restore raw, or correct the receipts '
            ~ '(docs/operations/growth-of-raw-and-retention.md)'
        ) -%}
    {%- endif -%}
    {%- set step.landed = row[0] -%}
    {%- set step.given = row[2] -%}
    {%- set step.rejected = row[3] -%}
    {%- do step.counts.append(row[0] ~ ' landed') -%}
    {%- for word in ['accepted', 'accepted by hand', 'rejected', 'superseded', 'deleted', 'erased'] -%}
        {%- if row[loop.index] -%}{%- do step.counts.append(row[loop.index] ~ ' ' ~ word) -%}{%- endif -%}
    {%- endfor -%}
{%- endmacro %}
