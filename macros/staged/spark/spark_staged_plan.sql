{#- Decides what this step does, by the rules of staged_plan: it stages the loads that have receipts and are not in the
    ledger; where the table must be made anew it stages all of them, and says why. A row that a person has accepted, or
    taken back, makes the table anew too. -#}
{% macro spark_staged_plan(names) -%}
    {%- set step = namespace(full=false, exists=false, loads=[], counts=[], landed=0, main='', marked=false, hand=false,
        columns=[], types=[], ledger=[]) -%}
    {%- set code = staged_code() -%}
    {%- if '_file' in raw_types() and '_unreadable' not in code -%}
        {%- do exceptions.raise_compiler_error(
            names.source ~ '.' ~ names.source_table ~ ' is read from files, whose unreadable lines must not be lost: '
            ~ 'write carry(key=[…], unreadable=true)'
        ) -%}
    {%- endif -%}
    {%- set step.marked = '_error' in raw_types() and '_file' not in raw_types() -%}
    {%- set step.code = local_md5(code) -%}

    {%- set receipts, reasons, newest = spark_staged_receipts(names), [], namespace(built=0, code=none) -%}
    {%- for row in receipts -%}
        {%- set newest.code = row[5] -%}
        {%- set step.hand = row[6] > 0 -%}
        {%- if row[4] is not none -%}{%- set newest.built = row[2] -%}{%- endif -%}
    {%- endfor -%}
    {%- set step.exists = newest.code is not none -%}
    {%- if should_full_refresh() -%}{%- do reasons.append('asked for') -%}{%- endif -%}
    {%- if not step.exists -%}{%- do reasons.append('the table is not there') -%}
    {%- elif newest.code != step.code -%}{%- do reasons.append('its code changed') -%}{%- endif -%}
    {%- for row in receipts if row[0] is not none -%}
        {%- if row[4] is none and row[2] < newest.built -%}
            {%- do reasons.append('load ' ~ row[0] ~ ' arrived late') -%}
        {%- elif row[4] is not none and row[4] != row[3] -%}
            {%- do reasons.append('the receipts of load ' ~ row[0] ~ ' changed since it was staged') -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if step.exists and receipts[0][7] -%}
        {%- do reasons.append('rows were accepted by hand, or taken back') -%}
    {%- endif -%}
    {%- set step.full = reasons | length > 0 -%}
    {%- if step.full and step.exists -%}
        {%- do log(names.model ~ ': full refresh, for ' ~ reasons[0], info=true) -%}
    {%- endif -%}
    {%- for row in receipts if not flags.EMPTY and row[3] is not none and (step.full or row[4] is none) -%}
        {%- do step.loads.append({'load_id': row[0], 'as_of': row[1], 'position': row[2], 'landed': row[3]}) -%}
    {%- endfor -%}
    {{ return(step) }}
{%- endmacro %}

{#- Every load of the table with its place in the order of arrival, its rows by receipt and in the ledger; in each row the
    digest of the code by which the table was made, how many acceptances the model has, and how many of them the table
    does not show. -#}
{% macro spark_staged_receipts(names) -%}
    {%- set model = spark_literal(names.model) -%}
    {%- call statement('receipts', fetch_result=true) -%}
        with receipts as (
            select load_id, max(as_of) as as_of, sum(landed) as landed, max(landed_at) as landed_at
            from {{ names.landings }}
            where source = {{ spark_literal(names.source) }} and table_name = {{ spark_literal(names.source_table) }}
            group by load_id
        ),

        staged as (
            select _load_id as load_id, max_by(_landed, _built_at) as landed
            from {{ names.all }}
            where _kind = 'step'
            group by _load_id
        ),

        given as (
            select key, load_id, seq, reasons from {{ names.acceptances }} where model = {{ model }} and undone_at is null
        ),

        rejected as (
            select _key, _load_id, _seq, _reasons, _how from {{ names.all }} where _kind = 'rejected'
        ),

        differ as (
            select count(*) as rows
            from rejected as q
            left join given as a
                on q._key = a.key and q._load_id = a.load_id and q._seq = a.seq and size(array_except(q._reasons, a.reasons)) = 0
            where (a.seq is not null) <> (coalesce(q._how, '') = 'accepted')
        ),

        found as (
            select
                coalesce(r.load_id, s.load_id) as load_id,
                cast(r.as_of as string) as as_of,
                row_number() over (order by r.landed_at nulls last, coalesce(r.load_id, s.load_id)) as place,
                r.landed,
                s.landed as staged
            from receipts as r full join staged as s on r.load_id = s.load_id
        )

        select f.load_id, f.as_of, f.place, f.landed, f.staged,
            (select max(_code) from {{ names.all }} where _kind = 'code'),
            (select count(*) from given),
            (select rows from differ)
        from (select 1 as one) as o left join found as f on true
        order by f.place
    {%- endcall -%}
    {{ return(load_result('receipts').table.rows) }}
{%- endmacro %}
