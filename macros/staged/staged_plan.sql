{#- Decides what this step does: it stages the loads that have receipts and are not in the ledger. Where the table must be
    made anew it stages all of them, and says why. -#}
{% macro staged_plan(names) -%}
    {%- set step = namespace(full=false, exists=false, loads=[], why='', docs_changed=false, counts=[], landed=0, main='', marked=false,
        hand=false, by_hand=[], seqs=[], given=0) -%}
    {%- set digest = local_md5(staged_code()) -%}
    {%- set docs = local_md5(tojson([model.description, model.columns], sort_keys=true)) -%}
    {%- call statement('known', fetch_result=true) -%}
        select
            to_regclass('ops.landings') is not null and to_regclass({{ staged_literal(names.raw) }}) is not null as landed,
            (select relkind::text from pg_class where oid = to_regclass('{{ names.table }}')) as kind,
            (select max(concat(c.digest, ' ', c.docs)) from {{ names.code }} as c where c.model = '{{ names.model }}'),
            exists (
                select from pg_attribute
                where attrelid = to_regclass({{ staged_literal(names.raw) }}) and attname = '_file' and not attisdropped
            ) as of_files,
            exists (
                select from pg_attribute
                where attrelid = to_regclass({{ staged_literal(names.raw) }}) and attname = '_error' and not attisdropped
            ) as marked,
            to_regclass('quality.accepted') is not null as by_hand
    {%- endcall -%}
    {%- set known = load_result('known').table.rows[0] -%}
    {%- if not known[0] -%}
        {%- do exceptions.raise_compiler_error(
            'nothing landed yet for ' ~ names.source ~ '.' ~ names.source_table ~ ': run `weir land`'
        ) -%}
    {%- endif -%}
    {%- if known[3] and '_unreadable' not in staged_code() -%}
        {%- do exceptions.raise_compiler_error(
            names.source ~ '.' ~ names.source_table ~ ' is read from files, whose unreadable lines must not be lost: '
            ~ 'write carry(key=[…], unreadable=true)'
        ) -%}
    {%- endif -%}
    {%- if known[1] == 'v' -%}
        {%- call statement('drop_view') -%} drop view {{ names.table }} {%- endcall -%}
    {%- endif -%}
    {%- set step.marked = known[4] and not known[3] -%}
    {%- set built = (known[2] or ' ').split(' ') -%}
    {%- set step.exists = known[1] == 'r' -%}
    {%- set step.docs_changed = built[1:] != [docs] or not step.exists -%}
    {%- set step.code = digest -%}
    {%- set step.docs = docs -%}

    {%- set receipts = staged_receipts(names) -%}
    {%- if receipts | selectattr(5) | list -%}
        {%- do exceptions.raise_compiler_error(
            names.source ~ '.' ~ names.source_table ~ ' lands in the lake, where only Spark reads its rows: set WEIR_SPARK_URL, '
            ~ 'or leave the models that need it out'
        ) -%}
    {%- endif -%}
    {%- set newest = namespace(built=0) -%}
    {%- for row in receipts if row[4] is not none -%}{%- set newest.built = row[2] -%}{%- endfor -%}
    {%- set reasons = [] -%}
    {%- if should_full_refresh() -%}{%- do reasons.append('asked for') -%}{%- endif -%}
    {%- if not step.exists -%}{%- do reasons.append('the table is not there') -%}{%- endif -%}
    {%- if built[0] and built[0] != digest -%}
        {%- do reasons.append('Spark staged it last' if built[0] == 'spark' else 'its code changed') -%}
    {%- endif -%}
    {%- for row in receipts -%}
        {%- if row[4] is none and row[2] < newest.built -%}
            {%- do reasons.append('load ' ~ row[0] ~ ' arrived late') -%}
        {%- elif row[4] is not none and row[4] != row[3] -%}
            {%- do reasons.append('the receipts of load ' ~ row[0] ~ ' changed since it was staged') -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set found = staged_acceptances(names, step) if known[5] else [] -%}
    {%- for row in found -%}
        {%- set step.hand = row[0] -%}
        {%- if row[4] == false -%}
            {%- do reasons.append('a row that was accepted, or taken back, has a newer version by now') -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set step.full = reasons | length > 0 -%}
    {%- if step.full and step.exists -%}
        {%- do log(names.model ~ ': full refresh, for ' ~ reasons[0], info=true) -%}
    {%- endif -%}
    {%- for row in receipts if not flags.EMPTY and row[3] is not none and (step.full or row[4] is none) -%}
        {%- do step.loads.append({'load_id': row[0], 'as_of': row[1], 'position': row[2], 'landed': row[3]}) -%}
    {%- endfor -%}
    {%- for row in found if row[1] is not none and not step.full and not flags.EMPTY -%}
        {%- for load in receipts if load[0] == row[2] -%}
            {%- set at = {'load_id': load[0], 'as_of': load[1], 'position': load[2], 'landed': load[3]} -%}
            {%- do step.by_hand.append({'seq': row[1], 'comes': row[3], 'load': at}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(step) }}
{%- endmacro %}
