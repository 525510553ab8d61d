{#- Decides what this step does, by the rules of staged_plan: it stages the loads that have receipts and are not in the
    ledger; where the table must be made anew it stages all of them, and says why. A row that a person has accepted, or
    taken back, makes the table anew too. -#}
{% macro spark_staged_plan(names) -%}
    {%- set step = namespace(full=false, exists=false, loads=[], counts=[], landed=0, main='', marked=false, hand=false,
        columns=[], ledger=[]) -%}
    {%- if not raw_types() -%}
        {%- do exceptions.raise_compiler_error(
            'nothing landed yet for ' ~ names.source ~ '.' ~ names.source_table ~ ': run `weir land`'
        ) -%}
    {%- endif -%}
    {%- set code = staged_code() -%}
    {%- if '_file' in raw_types() and '_unreadable' not in code -%}
        {%- do exceptions.raise_compiler_error(
            names.source ~ '.' ~ names.source_table ~ ' is read from files, whose unreadable lines must not be lost: '
            ~ 'write carry(key=[…], unreadable=true)'
        ) -%}
    {%- endif -%}
    {%- set step.marked = '_error' in raw_types() and '_file' not in raw_types() -%}
    {%- set step.code = local_md5(code) -%}

    {%- set found, reasons, newest = spark_staged_known(names), [], namespace(built=0) -%}
    {%- set receipts, step.hand = found.receipts, found.given > 0 -%}
    {%- for row in receipts if row.staged is not none -%}{%- set newest.built = row.position -%}{%- endfor -%}
    {%- set step.exists = found.code is not none and adapter.get_relation(this.database, this.schema, this.identifier) is not none -%}
    {%- if should_full_refresh() -%}{%- do reasons.append('asked for') -%}{%- endif -%}
    {%- if not step.exists -%}{%- do reasons.append('the table is not there') -%}
    {%- elif found.code != step.code -%}{%- do reasons.append('its code changed') -%}{%- endif -%}
    {%- for row in receipts -%}
        {%- if row.staged is none and row.position < newest.built -%}
            {%- do reasons.append('load ' ~ row.load_id ~ ' arrived late') -%}
        {%- elif row.staged is not none and row.staged != row.landed -%}
            {%- do reasons.append('the receipts of load ' ~ row.load_id ~ ' changed since it was staged') -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if step.exists and (found.given or found.by_hand) and spark_staged_differs(names) -%}
        {%- do reasons.append('rows were accepted by hand, or taken back') -%}
    {%- endif -%}
    {%- set step.full = reasons | length > 0 -%}
    {%- if step.full and step.exists -%}
        {%- do log(names.model ~ ': full refresh, for ' ~ reasons[0], info=true) -%}
    {%- endif -%}
    {%- for row in receipts if not flags.EMPTY and row.landed is not none and (step.full or row.staged is none) -%}
        {%- do step.loads.append(row) -%}
    {%- endfor -%}
    {{ return(step) }}
{%- endmacro %}

{#- What is known before the step: `receipts`, every load of the table in order of arrival, with its rows by receipt
    (`landed`) and in the ledger (`staged`), either none where it has none; `code`, the digest of the code that made the table;
    `given` and `by_hand`, how many rows people have accepted, and how many of them the table shows. -#}
{% macro spark_staged_known(names) -%}
    {%- call statement('known', fetch_result=true) -%}
        select 'receipt' as what, load_id, cast(max(as_of) as string) as as_of, sum(landed) as landed, max(landed_at) as at
        from {{ names.landings }}
        where source = {{ spark_literal(names.source) }} and table_name = {{ spark_literal(names.source_table) }}
        group by load_id
        union all
        select _kind, coalesce(_load_id, _code), null, _landed, _built_at
        from {{ names.all }}
        where _kind in ('step', 'code') or (_kind = 'rejected' and _how = 'accepted')
        union all
        select 'given', null, null, seq, null
        from {{ names.acceptances }}
        where model = {{ spark_literal(names.model) }} and undone_at is null
    {%- endcall -%}
    {%- set known, receipts, steps, loads = namespace(receipts=[], code=none, given=0, by_hand=0), [], [], {} -%}
    {%- for row in load_result('known').table.rows -%}
        {%- if row[0] == 'code' -%}{%- set known.code = row[1] -%}
        {%- elif row[0] == 'given' -%}{%- set known.given = known.given + 1 -%}
        {%- elif row[0] == 'rejected' -%}{%- set known.by_hand = known.by_hand + 1 -%}
        {%- else -%}
            {%- do (receipts if row[0] == 'receipt' else steps).append({'load_id': row[1], 'as_of': row[2], 'rows': row[3], 'at': row[4]}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for row in receipts | sort(attribute='at,load_id') -%}
        {%- do loads.update({row.load_id: {'load_id': row.load_id, 'as_of': row.as_of, 'position': loop.index, 'landed': row.rows, 'staged': none}}) -%}
    {%- endfor -%}
    {#- the newest step of a load counts; one whose receipt is gone stands last -#}
    {%- for row in steps | sort(attribute='at,load_id') -%}
        {%- if row.load_id not in loads -%}
            {%- do loads.update({row.load_id: {'load_id': row.load_id, 'as_of': none, 'position': loads | length + 1, 'landed': none}}) -%}
        {%- endif -%}
        {%- do loads[row.load_id].update({'staged': row.rows}) -%}
    {%- endfor -%}
    {%- set known.receipts = loads.values() | list -%}
    {{ return(known) }}
{%- endmacro %}

{#- Whether rows that a person has accepted, or taken back, do not show so in the table. -#}
{% macro spark_staged_differs(names) -%}
    {%- call statement('differ', fetch_result=true) -%}
        select count(*)
        from {{ names.all }} as q
        left join {{ names.acceptances }} as a
            on a.model = {{ spark_literal(names.model) }} and a.undone_at is null
            and q._key = a.key and q._load_id = a.load_id and q._seq = a.seq and size(array_except(q._reasons, a.reasons)) = 0
        where q._kind = 'rejected' and (a.seq is not null) <> (coalesce(q._how, '') = 'accepted')
    {%- endcall -%}
    {{ return(load_result('differ').table.rows[0][0] > 0) }}
{%- endmacro %}
