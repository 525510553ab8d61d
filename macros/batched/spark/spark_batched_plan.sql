{#- Decides what this step makes anew: the ranges of event time and the keys whose inputs changed, or the whole, and says why. -#}
{% macro spark_batched_plan(names) -%}
    {%- set old = adapter.get_relation(this.database, this.schema, this.identifier) -%}
    {%- set step = namespace(full=false, exists=old is not none, known=none, columns={}, inputs=[], ranges=[], keys=[], made_of={}) -%}
    {%- if flags.EMPTY and step.exists -%}{{ return(step) }}{%- endif -%}
    {%- set is_delta = step.exists and old.type == 'table' and old.is_delta -%}
    {%- if is_delta -%}
        {%- set step.known = spark_batched_known() -%}
        {%- set step.columns = spark_batched_columns(old) -%}
    {%- elif step.exists -%}
        {%- do adapter.drop_relation(old) -%}
    {%- endif -%}
    {%- set step.made_of = {'step': invocation_id, 'code': local_md5(batched_code(names, [])), 'as_of': as_of_text(), 'since': {},
        'look': 'b' if step.known and step.known.look == 'a' else 'a'} -%}

    {%- set why = namespace(whole=none) -%}
    {%- if flags.EMPTY or not step.exists -%}{%- set why.whole = 'the table is not there' -%}
    {%- elif should_full_refresh() -%}{%- set why.whole = 'a full refresh was asked for' -%}
    {%- elif dbt_metadata_envs.get('WEIR_PROVE') == '1' -%}{%- set why.whole = 'a proof was asked for' -%}
    {%- elif not is_delta -%}{%- set why.whole = 'it was no Delta table' -%}
    {%- elif not step.known or adapter.get_relation(this.database, this.schema, this.identifier ~ '__seen_' ~ step.known.look) is none -%}
        {%- set why.whole = 'it is not known what it was made of, or others than its builds changed it' -%}
    {%- elif step.known.code != step.made_of.code -%}{%- set why.whole = 'its code changed' -%}
    {%- elif not step.columns.get(names.event_time) or step.columns[names.event_time] == 'date' and names.size == 'hour' -%}
        {%- set why.whole = 'its event_time is no column that has such batches' -%}
    {%- endif -%}
    {%- if not flags.EMPTY -%}
        {%- set step.inputs = spark_batched_inputs(names, step) -%}
        {%- for input in step.inputs if input.near -%}
            {%- set since = (step.known.since or {}).get(input.name) or step.known.as_of if step.known else as_of_text() -%}
            {%- do step.made_of.since.update({input.name: since}) -%}
        {%- endfor -%}
        {%- do spark_batched_look(names, step) -%}
        {%- if why.whole is none -%}{%- set why.whole = spark_batched_changed(names, step) -%}{%- endif -%}
    {%- endif -%}
    {%- set step.full, step.why = why.whole is not none, why.whole -%}
    {{ return(step) }}
{%- endmacro %}

{#- What the newest build wrote into its commit: its step, the code, the moment it took for the present, and since when
    an input that tells how far something is known has stood still. None where others have changed the rows since. -#}
{% macro spark_batched_known() -%}
    {%- call statement('history', fetch_result=true) -%} describe history {{ this }} limit 20 {%- endcall -%}
    {%- set of_rows = [] -%}
    {%- for row in load_result('history').table.rows
        if row['operation'] not in ['OPTIMIZE', 'REORG', 'VACUUM START', 'VACUUM END', 'SET TBLPROPERTIES'] -%}
        {%- do of_rows.append(row) -%}
    {%- endfor -%}
    {%- set said = of_rows[0]['userMetadata'] if of_rows else none -%}
    {%- set known = fromjson(said, none) if said else none -%}
    {{ return(known if known is mapping and known.step and known.code and known.as_of and known.look else none) }}
{%- endmacro %}

{#- What the model stands on, as batched_inputs says it, but that a view is compared by what it shows: how a change is
    known is by batch, by key or as a whole. -#}
{% macro spark_batched_inputs(names, step) -%}
    {%- set found = [] -%}
    {%- for input in batched_inputs(names, through_views=false) if input.how != 'time' -%}
        {%- set columns = {} if input.event_time else spark_batched_columns(input.relation) -%}
        {%- set how = 'batch' if input.event_time else 'key' if spark_batched_has_key(names, step, columns) else 'whole' -%}
        {%- do input.update({
            'how': how, 'columns': columns, 'label': input.name ~ ' ' ~ how ~ (' ' ~ input.size if how == 'batch' else ''),
            'near': how == 'whole' and input.tells_until,
        }) -%}
        {%- do found.append(input) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{#- The columns of a relation, each with its type without sizes. -#}
{% macro spark_batched_columns(relation) -%}
    {%- set found = {} -%}
    {%- if relation is string -%}
        {%- set parts = relation.replace('`', '').split('.') -%}
        {%- set relation = api.Relation.create(schema=parts[0], identifier=parts[1]) -%}
    {%- endif -%}
    {%- for column in adapter.get_columns_in_relation(relation) -%}
        {%- do found.update({column.name: column.dtype.split('(')[0] | lower}) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{#- Whether a relation has the column of `by`, of a kind whose values look alike in both and can stand in a condition. -#}
{% macro spark_batched_has_key(names, step, columns) -%}
    {%- set kinds = {'string': 'text', 'tinyint': 'integer', 'smallint': 'integer', 'int': 'integer', 'bigint': 'integer'} -%}
    {%- set kind = kinds.get(columns.get(names.by)) -%}
    {{ return(names.by and kind and (not step.columns or kinds.get(step.columns.get(names.by)) == kind)) }}
{%- endmacro %}
